"""A callback from OpenTok to an app's server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("session", "archive", "broadcast", "sip", "render", "captions")


@dataclass(frozen=True)
class Callback:
    """One piece of news.

    Args:
        kind: The callback setting of a project that applies.
        key: The API key or application id of the project.
        topic: The group and event under which REST registers it, as in "connection/created".
        content: The JSON object that is sent.
        url: An address for this one callback, in addition to the addresses of the kind.
    """

    kind: str
    key: str
    topic: str
    content: Mapping[str, Any]
    url: str | None = None
