"""Names of the native SDKs that are known to exist, each with its source."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tree_sitter import Node

from tests.clients.parsed import names, names_declared, native_files, tree_of

_FOLDERS = {"kotlin": "android", "swift": "ios"}
LANGUAGES = tuple(_FOLDERS)


@dataclass(frozen=True)
class KnownNames:
    in_language: frozenset[str]
    in_package: frozenset[str]
    on_pages: frozenset[str]

    @classmethod
    def of(cls, language: str) -> Self:
        listed = tomllib.loads(Path(__file__).with_name("sdk_names.toml").read_text())[language]
        return cls(
            frozenset(listed["language"]),
            frozenset(listed["package"]),
            frozenset().union(*listed["pages"].values()),
        )

    @property
    def all(self) -> frozenset[str]:
        return self.in_language | self.in_package | self.on_pages


def sdk_files(language: str) -> list[Path]:
    """Return the guide's files that use the SDK."""
    return [path for path in _files(language) if path.stem == "Call"]


def names_in_call(language: str) -> set[str]:
    """Return all names in the guide's files that use the SDK."""
    return set[str]().union(*(names(_tree(path)) for path in sdk_files(language)))


def names_not_given(language: str) -> set[str]:
    """Return the names in those files that the guide itself does not declare."""
    own = set[str]().union(*(names_declared(_tree(path)) for path in _files(language)))
    return names_in_call(language) - own


def _tree(path: Path) -> Node:
    return tree_of(path.read_text(), path.suffix)


def _files(language: str) -> list[Path]:
    return [path for path in native_files() if path.parent.name == _FOLDERS[language]]
