"""The selection of files for the Lambda package.

Chalice packs every file of every wheel and of chalicelib. Files that no code reads are left out,
because Lambda loads a smaller package faster at a cold start.
"""

from pathlib import PurePosixPath
from typing import Final

AWS_SERVICES: Final = frozenset({"cloudwatch", "dynamodb", "lambda", "s3", "secretsmanager"})
"""The services that the functions call. botocore has descriptions of 400 others."""

_SUFFIXES_LEFT_OUT: Final = frozenset(
    {".c", ".cfg", ".css", ".h", ".js", ".md", ".pxd", ".pyc", ".pyi", ".pyx", ".rst", ".typed"}
)
_FOLDERS_LEFT_OUT: Final = frozenset({"__pycache__", "examples", "test", "tests"})
_DISTRIBUTION_FILES: Final = frozenset({"METADATA", "WHEEL"})
_SERVICE_FILES: Final = ("service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2")


def ships(name: str) -> bool:
    """Return True if a Lambda needs the file of this name."""
    path = PurePosixPath(name)
    folders = path.parts[:-1]
    if folders[:1] == ("chalicelib",) and "static" in folders:
        return path.suffix != ".ts"  # the call page's files, which the function sends
    left_out = path.suffix in _SUFFIXES_LEFT_OUT or _FOLDERS_LEFT_OUT.intersection(folders)
    return not left_out and _is_read(path.name, folders)


def _is_read(name: str, folders: tuple[str, ...]) -> bool:
    match folders:
        case [top, *inner] if top.endswith(".dist-info"):
            return not inner and name in _DISTRIBUTION_FILES
        case [top, *_] if top.endswith(".data"):
            return False  # scripts, which a Lambda does not run
        case ["boto3", "data", *_]:
            return False  # boto3's resources, which our code does not use
        case ["botocore", "data", service, *_]:
            return service in AWS_SERVICES and name.startswith(_SERVICE_FILES)
        case ["pytz", "zoneinfo", *_]:
            return False  # the SDK uses only UTC, which needs no file
        case _:
            return True
