import subprocess
import sys
from pathlib import Path

import pytest

from deploy.errors import DeployError
from deploy.packaging.generated_methods import write_methods
from deploy.stage import PROJECT

MODULE = """
from dataclasses import dataclass, field

@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    name: str
    secret: str = field(default="none", repr=False)
    seats: list[int] = field(default_factory=list)

@dataclass(order=True)
class Seat:
    number: int
"""
USE = """
import sys
generated = []

def note(event, given):
    if event == "exec" and given[0].co_filename == "<string>":
        generated.extend({{"__create_fn__"}} & set(given[0].co_names))

sys.addaudithook(note)
from chalicelib.generated_methods import use_compiled
if {use}:
    use_compiled()
sys.path.insert(0, {project!r})
import sample
print(sample.Room(name="standup"), sample.Room(name="a") == sample.Room(name="a"))
print(hash(sample.Room(name="a", seats=())) != hash(sample.Room(name="b", seats=())))
print(sample.Seat(1) < sample.Seat(2), sample.Room.__init__.__qualname__)
try:
    sample.Room(name="a").name = "b"
except AttributeError as error:
    print(repr(error))
print(len(generated))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two dataclasses."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("chalicelib", "deploy"):
        (folder / name).symlink_to(PROJECT / name)
    (folder / "sample.py").write_text(MODULE)
    return folder


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    folder = tmp_path_factory.mktemp("package")
    (folder / "chalicelib").symlink_to(PROJECT / "chalicelib")
    write_methods(folder, project, "sample")
    return folder


def printed(package: Path, project: Path, *, use: bool) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", USE.format(use=use, project=str(project))],
        cwd=package,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_dataclasses_with_methods_of_the_package_are_as_without(
    package: Path, project: Path
) -> None:
    *ours, compiled = printed(package, project, use=True)
    *usual, compiled_usually = printed(package, project, use=False)

    assert ours == usual
    # If this fails, Python runs the texts in another way: see `chalicelib.generated_methods`.
    assert compiled == "0"
    assert int(compiled_usually) > 10


def test_a_project_that_cannot_be_imported_stops_the_packaging(
    tmp_path: Path, project: Path
) -> None:
    (project / "broken.py").write_text("import no_such_module")

    with pytest.raises(DeployError, match="No module named 'no_such_module'"):
        write_methods(tmp_path, project, "broken")
