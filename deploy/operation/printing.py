"""The parts of what operators' commands print about rooms."""

from chalicelib.core.model.room import NAME_PATTERN, NAME_RULE
from deploy.errors import DeployError


def shown(text: str) -> str:
    """Return a text that users chose, without what could move the terminal's cursor."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def counted(number: int, noun: str) -> str:
    """Return `1 seat` or `2 seats`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def checked_name(name: str) -> str:
    """Return the name of a room.

    Raises:
        DeployError: It can be none.
    """
    if not NAME_PATTERN.fullmatch(name):
        raise DeployError(f"ROOM {NAME_RULE}.", "Give a room's name: ROOM=standup.")
    return name


def no_such_room(name: str, stage: str) -> DeployError:
    """Return the error for a room that does not exist."""
    return DeployError(f"Room {name} does not exist.", f"make rooms STAGE={stage} lists rooms.")
