"""The keys that let anybody stream to a broadcast's targets, left out of what is kept and shown."""

from typing import Any
from urllib.parse import urlsplit

_KEY = "streamName"
_ADDRESS = "serverUrl"


def redact_stream_keys(content: Any) -> Any:  # noqa: ANN401  JSON is anything
    """The same JSON without keys of streams, and without what logs in to their servers.

    Looked for at any depth: OpenTok has told targets as a list, and as an object by id.
    """
    if isinstance(content, list):
        return [redact_stream_keys(each) for each in content]
    if not isinstance(content, dict):
        return content
    return {
        name: _address(value) if name == _ADDRESS else redact_stream_keys(value)
        for name, value in content.items()
        if name != _KEY
    }


def _address(told: object) -> str | None:
    """Scheme, host, port and path alone; None where those are not what they seem."""
    try:
        parts = urlsplit(told if isinstance(told, str) else "")
        parts.port  # noqa: B018  raises where it is none
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    # Of a password that holds /, ? or #, what stands before passes for the host and its port.
    misread = "@" in parts.path + parts.query + parts.fragment
    return f"{parts.scheme}://{host}{parts.path}" if host and not misread else None
