import ast
from pathlib import Path
from zipfile import ZipFile

import pytest

from deploy.errors import DeployError
from deploy.packaging.archive import pack, unpack
from deploy.packaging.aws_descriptions import OPERATIONS
from deploy.packaging.completeness import check_complete
from deploy.packaging.shipping import ships
from deploy.stage import PROJECT

X86_64 = b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little")
ARM64 = b"\x7fELF" + bytes(14) + (183).to_bytes(2, "little")


@pytest.mark.parametrize(
    "name",
    [
        "app.py",
        "chalicelib/core/model/room.py",
        "chalicelib/api/openapi.json",
        "chalice/app.py",
        "certifi/cacert.pem",
        "msgspec/_core.cpython-311-x86_64-linux-gnu.so",
        "botocore/data/endpoints.json",
        "botocore/data/partitions.json",
        "botocore/data/sdk-default-configuration.json",
        "botocore/data/_retry.json",
        "botocore/data/dynamodb/2012-08-10/service-2.json.gz",
        "botocore/data/s3/2006-03-01/service-2.json.gz",
        "botocore/data/secretsmanager/2017-10-17/endpoint-rule-set-1.json.gz",
        "requests-2.34.2.dist-info/METADATA",
    ],
)
def test_what_a_lambda_reads_ships(name: str) -> None:
    assert ships(name)


@pytest.mark.parametrize(
    "name",
    [
        "chalicelib/README.md",
        "chalicelib/__pycache__/errors.cpython-312.pyc",
        "certifi/tests/test_certify.py",
        "boto3/examples/s3.rst",
        "boto3/data/s3/2006-03-01/resources-1.json",
        "botocore/data/sqs/2012-11-05/service-2.json.gz",
        "botocore/data/dynamodb/2012-08-10/examples-1.json",
        "jmespath-1.1.0.data/scripts/jp.py",
        "requests-2.34.2.dist-info/RECORD",
        "cryptography-50.0.2.dist-info/sboms/sbom.json",
        "msgspec/__init__.pyi",
    ],
)
def test_what_nothing_reads_does_not_ship(name: str) -> None:
    assert not ships(name)


def test_the_services_whose_data_ship_are_those_that_the_code_calls() -> None:
    called = {
        str(node.args[0].value)
        for path in (PROJECT / "chalicelib").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"client", "create_client"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }

    assert called == OPERATIONS.keys()


def test_the_same_files_make_the_same_zip_byte_for_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "package").mkdir(parents=True)
        (tmp_path / name / "app.py").write_text("1")
        (tmp_path / name / "package" / "data.json").write_text("2")
    (tmp_path / "two" / "app.py").touch()

    for name in ("one", "two"):
        pack(tmp_path / name, tmp_path / f"{name}.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert not list(tmp_path.glob("*.unfinished"))


def test_unpacking_takes_only_what_is_wanted(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("app.py", "1")
        archive.writestr("README.md", "2")

    unpack(tmp_path / "all.zip", tmp_path / "folder", ships)

    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["app.py"]


def package_with(folder: Path, library: bytes = X86_64, version: str = "1.0") -> tuple[Path, Path]:
    """An unpacked package of one library, and requirements that name it."""
    (folder / f"some_library-{version}.dist-info").mkdir()
    (folder / "some_library.abi3.so").write_bytes(library)
    requirements = folder / "requirements.txt"
    requirements.write_text(
        "# pinned\nsome-library==1.0\nfor-windows==2.0 ; sys_platform == 'win32'\n"
    )
    return folder, requirements


def test_a_library_for_another_python_is_an_error(tmp_path: Path) -> None:
    folder, requirements = package_with(tmp_path)
    (folder / "core.cpython-311-x86_64-linux-gnu.so").write_bytes(X86_64)

    with pytest.raises(DeployError, match=r"core\.cpython-311\S+ is not for Python 3\.13"):
        check_complete(folder, requirements, "x86_64", "3.13")
    check_complete(folder, requirements, "x86_64", "3.11")


def test_a_package_with_all_that_is_required_is_complete(tmp_path: Path) -> None:
    check_complete(*package_with(tmp_path), "x86_64", "3.13")


def test_a_missing_wheel_is_an_error_though_chalice_only_prints_a_message(tmp_path: Path) -> None:
    folder, requirements = package_with(tmp_path)
    requirements.write_text("some-library==1.0\nanother==3.1\n")

    with pytest.raises(DeployError, match=r"another 3\.1 is missing"):
        check_complete(folder, requirements, "x86_64", "3.13")


def test_another_version_than_the_pinned_one_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match=r"some-library 1\.0 is missing"):
        check_complete(*package_with(tmp_path, version="1.1"), "x86_64", "3.13")


@pytest.mark.parametrize("library", [ARM64, b"MZ: a Windows library"])
def test_a_library_for_another_machine_is_an_error(tmp_path: Path, library: bytes) -> None:
    with pytest.raises(DeployError, match=r"some_library\.abi3\.so is not for"):
        check_complete(*package_with(tmp_path, library), "x86_64", "3.13")
