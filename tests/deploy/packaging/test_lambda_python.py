"""The Python that Lambda runs, and that compiles the package, whatever Python deploys."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from chalice.deploy.packager import SubprocessPip
from chalice.utils import OSUtils

from deploy.aws.resources import TEMPLATE
from deploy.errors import DeployError
from deploy.packaging.configured_chalice import ConfiguredFactory
from deploy.packaging.lambda_python import (
    PINNED,
    POSSIBLE,
    find_interpreter,
    find_python,
    lambda_python,
    without_python,
)
from deploy.packaging.package import LambdasPip, Package
from deploy.stage import PROJECT, read_stage

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


def interpreter(folder: Path, version: str, script: str) -> Path:
    """Write a program that is named like an interpreter of this version."""
    folder.mkdir(parents=True)
    path = folder / f"python{version}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_lambdas_python_is_pinned_whatever_python_deploys() -> None:
    assert read_stage("prod").python == lambda_python({}) == PINNED
    assert lambda_python({"LAMBDA_PYTHON": "3.11"}) == "3.11"
    with pytest.raises(DeployError, match=r"LAMBDA_PYTHON is not one of 3\.11, 3\.12"):
        lambda_python({"LAMBDA_PYTHON": "3.9"})
    fault = "LAMBDA_PYTHON is not one of 3.11, 3.12, 3.13"
    assert fault in read_stage("dev").with_settings({"LAMBDA_PYTHON": "python3.13"}).faults()


def test_each_function_of_the_stack_runs_the_pinned_python_too() -> None:
    resources: dict[str, Any] = json.loads(TEMPLATE.read_text())["Resources"]
    functions = [each for each in resources.values() if each["Type"] == "AWS::Lambda::Function"]
    assert {each["Properties"]["Runtime"] for each in functions} == {f"python{PINNED}"}


@pytest.mark.parametrize("version", POSSIBLE)
def test_chalice_is_told_that_python(version: str) -> None:
    stage = read_stage("dev").with_settings({"LAMBDA_PYTHON": version})
    given = {
        "config": stage.chalice_config,
        "demands": stage.account_settings.demands,
        "python": stage.python,
    }
    config = ConfiguredFactory(PROJECT, given).create_config_obj("dev")

    assert config.lambda_python_version == f"python{version}"
    assert config.lambda_architecture == "x86_64"


def test_the_running_python_compiles_what_is_for_it(tmp_path: Path) -> None:
    assert find_python(RUNNING, tmp_path, {}) == Path(sys.executable)


def test_an_interpreter_is_taken_if_it_says_that_it_is_of_that_version(tmp_path: Path) -> None:
    shim = interpreter(tmp_path / "shims", "3.9", "echo 'pyenv: command not found' >&2; exit 127")
    other = interpreter(tmp_path / "other", "3.9", "echo cpython 3 10")
    right = interpreter(tmp_path / "home/.pyenv/versions/3.9.1/bin", "3.9", "echo cpython 3 9")
    path = f"{tmp_path}/nothing:{shim.parent}:{other.parent}"

    found = find_interpreter("3.9", {"PATH": path, "HOME": str(tmp_path / "home")})

    assert found == right


def test_where_there_is_no_such_python_nothing_is_compiled_and_the_cost_is_said(
    tmp_path: Path,
) -> None:
    absent = next(each for each in POSSIBLE if each != RUNNING)
    assert find_python(absent, tmp_path, {"PATH": "", "HOME": str(tmp_path)}) is None

    zip_file = tmp_path / "deployment.zip"
    zip_file.write_bytes(io.BytesIO().getvalue())
    silent = Package(zip_file, absent, "arm64").lines
    said = Package(zip_file, absent, "arm64", is_compiled=False)
    assert silent == [f"package deployment.zip: 0.0 MB, for Python {absent} on arm64"]
    assert said.lines == [*silent, without_python(absent)]
    assert "NO BYTECODE" in said.lines[1]
    assert (f'LAMBDA_PYTHON = "{RUNNING}"' in said.lines[1]) == (RUNNING in POSSIBLE)


class RecordedPip(SubprocessPip):
    """Pip, as far as Chalice's packager calls it."""

    def __init__(self) -> None:
        super().__init__(OSUtils())
        self.asked: list[list[str]] = []

    def main(
        self, args: list[str], env_vars: object = None, shim: object = None
    ) -> tuple[int, bytes, bytes]:
        assert env_vars is shim is None
        self.asked.append(args)
        return 0, b"", b""


def test_wheels_are_downloaded_for_lambdas_python_and_machine() -> None:
    pip = RecordedPip()

    runner = LambdasPip(pip, OSUtils(), "3.13")
    runner.download_manylinux_wheels("cp313", ["six==1.17.0"], "wheels", ["manylinux2014_x86_64"])

    (asked,) = pip.asked
    assert asked[0] == "download"
    assert {
        "--python-version=3.13",
        "--abi=cp313",
        "--abi=abi3",
        "--platform=manylinux2014_x86_64",
        "--only-binary=:all:",
    } <= set(asked)
    assert asked[-1] == "six==1.17.0"
