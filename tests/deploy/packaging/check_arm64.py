"""The libraries for arm64, which no test can run: they are the twins of those for x86_64."""

import re
import subprocess
import sys
from pathlib import Path

from deploy.packaging.completeness import check_complete
from deploy.packaging.lambda_python import PINNED
from deploy.packaging.shipping import ships
from deploy.stage import PROJECT

PLATFORMS = {"x86_64": "x86_64-manylinux_2_34", "arm64": "aarch64-manylinux_2_34"}
"""Lambda's Linux has glibc 2.34: https://docs.aws.amazon.com/linux/al2023/ug/glibc-gcc-and-binutils.html"""
MACHINE = re.compile(r"x86_64|aarch64")


def libraries(folder: Path, architecture: str) -> dict[str, bytes]:
    """Return all files of the libraries that ship, without the machine in their names."""
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--only-binary=:all:"]
    options = [f"--python-version={PINNED}", f"--python-platform={PLATFORMS[architecture]}"]
    where = [f"--target={folder}", f"--requirement={PROJECT / 'requirements.txt'}"]
    subprocess.run([*command, *options, *where], check=True)
    check_complete(folder, PROJECT / "requirements.txt", architecture, PINNED)
    paths = [each for each in folder.rglob("*") if each.is_file()]
    names = {str(each.relative_to(folder)): each for each in paths}
    return {MACHINE.sub("machine", name): names[name].read_bytes() for name in names if ships(name)}


def is_native(name: str) -> bool:
    return ".so" in name


def test_each_file_for_x86_64_has_its_twin_for_arm64(tmp_path: Path) -> None:
    usual, twin = (libraries(tmp_path / each, each) for each in PLATFORMS)

    assert usual.keys() == twin.keys()
    assert len([name for name in usual if is_native(name)]) > 3
    differ = {name for name in usual if usual[name] != twin[name]}
    assert {name for name in differ if not is_native(name) and not name.endswith("/WHEEL")} == set()
    assert {name for name in usual if is_native(name)} <= differ
