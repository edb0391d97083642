import subprocess
import sys
from pathlib import Path

import pytest

from deploy.errors import DeployError
from deploy.packaging.precompiled import write_precompiled
from deploy.stage import PROJECT

MODULE = """
import re
from dataclasses import dataclass, field

WORDS = re.compile("(?P<word>[a-zé]+)-([0-9]{2,3})$", re.IGNORECASE)
BYTES = re.compile(b"[a-f]+|x")

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
import re, sys
executed, compiled = [], []

def note(event, given):
    if event == "exec" and given[0].co_filename == "<string>":
        executed.extend({{"__create_fn__"}} & set(given[0].co_names))

def note_program(*given):
    compiled.append(given)
    return to_code(*given)

to_code, re._compiler._code = re._compiler._code, note_program
sys.addaudithook(note)
import dataclasses, keyword, types, copy, inspect, functools  # they compile patterns of their own
from chalicelib.precompiled import use_precompiled
compiled.clear()
{use}
sys.path.insert(0, {project!r})
import sample
print(sample.Room(name="standup"), sample.Room(name="a") == sample.Room(name="a"))
print(hash(sample.Room(name="a", seats=())) != hash(sample.Room(name="b", seats=())))
print(sample.Seat(1) < sample.Seat(2), sample.Room.__init__.__qualname__)
try:
    sample.Room(name="a").name = "b"
except AttributeError as error:
    print(repr(error))
print(sample.WORDS, sample.WORDS.groupindex, sample.WORDS.fullmatch("ÉTÉ-123").groupdict())
print(sample.WORDS.match("a-1"), sample.BYTES, sample.BYTES.findall(b"fade x y"))
print(len(executed), len(compiled))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two dataclasses and two patterns."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("chalicelib", "deploy"):
        (folder / name).symlink_to(PROJECT / name)
    (folder / "sample.py").write_text(MODULE)
    return folder


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    folder = tmp_path_factory.mktemp("package")
    (folder / "chalicelib").symlink_to(PROJECT / "chalicelib")
    write_precompiled(folder, project, Path(sys.executable), "sample")
    return folder


def printed(package: Path, project: Path, use: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", USE.format(use=use, project=str(project))],
        cwd=package,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_what_the_package_has_compiled_works_as_usual(package: Path, project: Path) -> None:
    *ours, compiled = printed(package, project, "use_precompiled()")
    *usual, compiled_usually = printed(package, project, "")

    assert ours == usual
    # If this fails, Python compiles in another way: see `chalicelib.precompiled`.
    assert compiled == "0 0"
    # Python 3.13 compiles the methods of a class together, and earlier ones each by itself.
    together = sys.version_info >= (3, 13)
    assert compiled_usually == ("2 2" if together else "13 2")


def test_programs_for_another_engine_are_not_used(package: Path, project: Path) -> None:
    other = "import regex_programs; regex_programs.MAGIC = (1, 4, 2147483647); use_precompiled()"

    *ours, compiled = printed(package, project, other)

    assert compiled == "0 2"
    assert ours == printed(package, project, "")[:-1]


def test_a_project_that_cannot_be_imported_stops_the_packaging(
    tmp_path: Path, project: Path
) -> None:
    (project / "broken.py").write_text("import no_such_module")

    with pytest.raises(DeployError, match="No module named 'no_such_module'"):
        write_precompiled(tmp_path, project, Path(sys.executable), "broken")
