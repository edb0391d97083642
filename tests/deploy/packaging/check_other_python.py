"""Bytecode and what else is compiled, made by the pinned Python where another one deploys."""

import subprocess
import sys
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from deploy.packaging.bytecode import compile_with
from deploy.packaging.lambda_python import PINNED, POSSIBLE, find_interpreter, find_python
from deploy.packaging.precompiled import write_precompiled
from deploy.stage import PROJECT

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHERS = [each for each in (PINNED, *POSSIBLE) if each != RUNNING]


def test_a_package_is_compiled_by_the_python_that_will_run_it(tmp_path: Path) -> None:
    version = next((each for each in OTHERS if find_interpreter(each)), None)
    if version is None:
        pytest.skip(f"this machine has no Python but {RUNNING}: looked for {', '.join(OTHERS)}")
    project, package = tmp_path / "project", tmp_path / "package"
    for folder in (project, package):
        folder.mkdir()
    for name in ("chalicelib", "deploy"):
        (project / name).symlink_to(PROJECT / name)
    (project / "requirements.txt").write_text("six==1.17.0\n")
    (project / "app.py").write_text(
        "import re\nimport six\nimport of_the_package\nPATTERN = re.compile('a+b')\n"
    )
    (package / "of_the_package.py").touch()

    python = find_python(version, project)
    assert python is not None
    write_precompiled(package, project, python)
    compile_with(python, package)

    (compiled,) = (package / "__pycache__").glob("regex_programs.*.pyc")
    assert compiled.suffixes[0] == f".cpython-{version.replace('.', '')}"
    assert compiled.read_bytes()[:4] != MAGIC_NUMBER
    code = "import regex_programs; print(('a+b', 0) in regex_programs.PROGRAMS)"
    ran = subprocess.run(
        [python, "-B", "-c", code], cwd=package, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "True\n"
