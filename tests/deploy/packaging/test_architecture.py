"""The architecture of Lambda's machines, from the setting to Chalice and to the zip."""

from pathlib import Path

import pytest

from deploy.errors import DeployError
from deploy.packaging.architecture import POSSIBLE, lambda_architecture
from deploy.packaging.completeness import check_complete
from deploy.packaging.configured_chalice import ConfiguredFactory
from deploy.stage import PROJECT, read_stage

ELF_OF_X86_64 = b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little")
ELF_OF_ARM64 = b"\x7fELF" + bytes(14) + (183).to_bytes(2, "little")


def test_lambdas_machines_are_x86_64_unless_the_operator_chooses_arm64() -> None:
    assert read_stage("prod").architecture == lambda_architecture({}) == "x86_64"
    assert lambda_architecture({"LAMBDA_ARCHITECTURE": "arm64"}) == "arm64"
    with pytest.raises(DeployError, match=r"LAMBDA_ARCHITECTURE is not one of x86_64, arm64\."):
        lambda_architecture({"LAMBDA_ARCHITECTURE": "aarch64"})
    fault = "LAMBDA_ARCHITECTURE is not one of x86_64, arm64"
    assert fault in read_stage("dev").with_settings({"LAMBDA_ARCHITECTURE": "arm"}).faults()


def test_the_projects_file_names_no_architecture_that_would_not_count() -> None:
    config = read_stage("dev").config
    assert [
        each for each in (config, *config["stages"].values()) if "lambda_architecture" in each
    ] == []


@pytest.mark.parametrize("architecture", POSSIBLE)
def test_chalice_is_told_that_architecture_and_the_functions_are_not(architecture: str) -> None:
    stage = read_stage("dev").with_settings({"LAMBDA_ARCHITECTURE": architecture})
    given = {
        "config": stage.chalice_config,
        "demands": stage.account_settings.demands,
        "python": stage.python,
    }
    config = ConfiguredFactory(PROJECT, given).create_config_obj("dev")

    assert config.lambda_architecture == architecture
    assert "LAMBDA_ARCHITECTURE" not in config.environment_variables


@pytest.mark.parametrize("native", [ELF_OF_X86_64, ELF_OF_ARM64])
def test_a_library_for_another_machine_is_refused(tmp_path: Path, native: bytes) -> None:
    package, requirements = tmp_path / "package", tmp_path / "requirements.txt"
    package.mkdir()
    requirements.write_text("")
    (package / "native.abi3.so").write_bytes(native)
    fits, other = POSSIBLE if native == ELF_OF_X86_64 else reversed(POSSIBLE)

    check_complete(package, requirements, fits, "3.13")
    with pytest.raises(DeployError, match=rf"native\.abi3\.so is not for Python 3\.13 on {other}"):
        check_complete(package, requirements, other, "3.13")
