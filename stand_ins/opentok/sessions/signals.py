"""Limits of a signal, from a server and from a client alike."""

from http import HTTPStatus

from stand_ins.opentok.rest_errors import RestError

_LONGEST_TYPE = 128
_LONGEST_DATA = 8 * 1024


class SignalTooLongError(RestError):
    """The type of a signal has more than 128 bytes, or its data more than 8 KiB."""

    def __init__(self, named: str) -> None:
        super().__init__(f"The {named} is too long", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def check_lengths(kind: str, data: str) -> None:
    """Raise SignalTooLongError if the type or the data is too long."""
    if len(kind.encode()) > _LONGEST_TYPE:
        raise SignalTooLongError("type")
    if len(data.encode()) > _LONGEST_DATA:
        raise SignalTooLongError("data")
