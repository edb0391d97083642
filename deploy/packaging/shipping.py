"""Which files of Chalice's package go into a Lambda.

Chalice ships every file of every wheel, and all that lies in chalicelib. What no code reads is
left out: a smaller package is fetched and unpacked sooner at a cold start.
"""

from pathlib import PurePosixPath
from typing import Final

AWS_SERVICES: Final = frozenset({"dynamodb", "s3", "secretsmanager"})
"""The services that the function calls; botocore ships descriptions of 400 others."""

_SUFFIXES_LEFT_OUT: Final = frozenset(
    {".c", ".cfg", ".css", ".h", ".js", ".md", ".pxd", ".pyc", ".pyi", ".pyx", ".rst", ".typed"}
)
_FOLDERS_LEFT_OUT: Final = frozenset({"__pycache__", "examples", "test", "tests"})
_KEPT_OF_A_DISTRIBUTION: Final = frozenset({"METADATA", "WHEEL"})
_KEPT_OF_A_SERVICE: Final = ("service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2")


def ships(name: str) -> bool:
    """Whether the file of this name in the package is of use in a Lambda."""
    path = PurePosixPath(name)
    folders = path.parts[:-1]
    left_out = path.suffix in _SUFFIXES_LEFT_OUT or _FOLDERS_LEFT_OUT.intersection(folders)
    return not left_out and _is_read(path.name, folders)


def _is_read(name: str, folders: tuple[str, ...]) -> bool:
    match folders:
        case [top, *inner] if top.endswith(".dist-info"):
            return not inner and name in _KEPT_OF_A_DISTRIBUTION
        case [top, *_] if top.endswith(".data"):
            return False  # scripts: there is nobody to run them
        case ["boto3", "data", *_]:
            return False  # of boto3's resources, the layer above the clients
        case ["botocore", "data", service, *_]:
            return service in AWS_SERVICES and name.startswith(_KEPT_OF_A_SERVICE)
        case ["pytz", "zoneinfo", *_]:
            return False  # the SDK uses UTC alone, which pytz makes itself
        case _:
            return True
