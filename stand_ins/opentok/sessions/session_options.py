"""The form of a session creation, checked as OpenTok checks it."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

RESOLUTIONS = frozenset({"640x480", "480x640", "1280x720", "720x1280", "1920x1080", "1080x1920"})
_RELAYED = {"enabled": True, "always": True, "disabled": False}
_LONGEST_ARCHIVE_NAME = 80
# Vonage's Node SDK sends this text where a caller gives no location.
_NO_LOCATION = "null"


class BadOptionError(ValueError):
    """OpenTok answers 400 to this combination."""


@dataclass(frozen=True)
class SessionOptions:
    """The options of a session, with the name and resolution of its automatic archives."""

    relayed: bool
    location: str
    always_archived: bool = False
    archive_name: str | None = None
    archive_resolution: str | None = None


def parse_session_options(form: Mapping[str, str]) -> SessionOptions:
    """Return the options of a session; fields that OpenTok does not know are ignored.

    Raises:
        BadOptionError: OpenTok refuses a value, or two values together.
    """
    relayed = _RELAYED[_one_of(form, "p2p.preference", "disabled", _RELAYED)]
    always = _one_of(form, "archiveMode", "manual", ("manual", "always")) == "always"
    e2ee = _is_true(form, "e2ee")
    if relayed and (always or e2ee):
        raise BadOptionError("archiveMode always and e2ee need a routed session")
    if always and e2ee:
        raise BadOptionError("a session with e2ee cannot be archived")
    _check_archive_fields(form, always=always)
    return SessionOptions(
        relayed=relayed,
        location=_location(form),
        always_archived=always,
        archive_name=form.get("archiveName"),
        archive_resolution=form.get("archiveResolution"),
    )


def _one_of(
    form: Mapping[str, str], field: str, default: str, allowed: Mapping[str, bool] | tuple[str, ...]
) -> str:
    value = form.get(field, default)
    if value not in allowed:
        raise BadOptionError(f"Invalid {field}")
    return value


def _is_true(form: Mapping[str, str], field: str) -> bool:
    """Return a field's truth; Vonage's Python SDK sends `True` and `False` with a capital."""
    value = form.get(field, "false").lower()
    if value not in ("true", "false"):
        raise BadOptionError(f"Invalid {field}")
    return value == "true"


def _check_archive_fields(form: Mapping[str, str], *, always: bool) -> None:
    name, resolution = form.get("archiveName"), form.get("archiveResolution")
    if not always and (name is not None or resolution is not None):
        raise BadOptionError("archiveName and archiveResolution need archiveMode always")
    if name is not None and not 1 <= len(name) <= _LONGEST_ARCHIVE_NAME:
        raise BadOptionError("Invalid archiveName")
    if resolution is not None and resolution not in RESOLUTIONS:
        raise BadOptionError("Invalid archiveResolution")


def _location(form: Mapping[str, str]) -> str:
    location = form.get("location", _NO_LOCATION)
    if location == _NO_LOCATION:
        return ""
    try:
        return str(ipaddress.IPv4Address(location))
    except ValueError as error:
        raise BadOptionError("Invalid location") from error
