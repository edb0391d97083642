"""The storage of a project's archives: at OpenTok, or in a bucket of the project."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from stand_ins.opentok.rest_errors import AbsentError

_NEEDED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "s3": frozenset({"accessKey", "secretKey", "bucket"}),
        "azure": frozenset({"accountName", "accountKey", "container"}),
    }
)


class StorageTarget(msgspec.Struct, frozen=True):
    """A storage at S3 or Azure; it holds secret keys, so no answer may show it."""

    type: Literal["s3", "azure"]
    config: dict[str, Any]
    fallback: Literal["none", "opentok"] | None = None
    certificate: str | None = None
    sse: Literal["s3"] | None = None

    def __post_init__(self) -> None:
        present = {name for name, value in self.config.items() if isinstance(value, str) and value}
        if not present >= _NEEDED[self.type]:
            raise ValueError(f"config needs {', '.join(sorted(_NEEDED[self.type]))}")

    def __repr__(self) -> str:
        return f"StorageTarget({self.type})"


class ArchiveStorage:
    """The storage targets by project.

    Args:
        ready_after: Seconds from an archive's end to its file; infinite if a test decides when
            the file is there.
    """

    def __init__(self, ready_after: float) -> None:
        self.ready_after = ready_after
        self._targets: dict[str, StorageTarget] = {}

    def set_target(self, key: str, target: StorageTarget) -> None:
        self._targets[key] = target

    def remove_target(self, key: str) -> None:
        """Remove the project's target, or raise AbsentError if it has none."""
        if self._targets.pop(key, None) is None:
            raise AbsentError("No storage target is set")

    def final_status(self, key: str) -> str:
        """Return the final status of an archive: uploaded to the project's storage, or available.

        Nothing is sent to the storage.
        """
        return "uploaded" if key in self._targets else "available"
