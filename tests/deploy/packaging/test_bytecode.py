import marshal
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path
from types import CodeType

import pytest

from deploy.errors import DeployError
from deploy.packaging.bytecode import compile_with

PYTHON = Path(sys.executable)


def laid_out(folder: Path, **modules: str) -> Path:
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    return folder


def printed(folder: Path, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", code],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_new_source_of_ours_runs_in_place_of_stale_bytecode(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, app="WHAT = 'old'")
    compile_with(PYTHON, folder)
    laid_out(folder, app="WHAT = 'new'")

    assert printed(folder, "import app; print(app.WHAT)") == "new"


def test_a_pinned_librarys_bytecode_is_taken_without_looking_at_its_source(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, library="WHAT = 'compiled'")
    compile_with(PYTHON, folder)
    laid_out(folder, library="WHAT = 'not looked at'")

    assert printed(folder, "import library; print(library.WHAT)") == "compiled"


def test_tracebacks_name_the_files_as_lambda_has_them(tmp_path: Path) -> None:
    folder = laid_out(tmp_path, app="def fail(): pass")
    compile_with(PYTHON, folder)

    compiled = Path(cache_from_source(str(folder / "app.py"))).read_bytes()
    code = marshal.loads(compiled[16:])  # noqa: S302 - of our own making
    assert isinstance(code, CodeType)
    assert code.co_filename == "/var/task/app.py"


def test_a_module_that_does_not_compile_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match=r"broken\.py does not compile"):
        compile_with(PYTHON, laid_out(tmp_path, broken="def ("))


def test_what_this_process_has_met_makes_no_difference(tmp_path: Path) -> None:
    """A text of one character is written in another way where the process has interned it."""
    made = []
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
        compile_with(PYTHON, laid_out(tmp_path / name, app="SIGN = '\\x1d'"))
        made.append(Path(cache_from_source(str(tmp_path / name / "app.py"))).read_bytes())
        sys.intern("\x1d")

    assert made[0] == made[1]
