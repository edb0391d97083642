"""A process like a Lambda container, whose callers all ask for one room at once.

`python -m tests.support.servers.joining_process ROOM FIRST_CALLER CALLERS` prints a line when it is
ready, and waits for a line. It then prints the session id of each caller, one a line.
"""

import os
import sys
from functools import partial

from chalicelib.composition.services import Services
from chalicelib.core.model.user import User
from chalicelib.core.rooms.join_request import JoinRequest
from chalicelib.core.support.deadline import Deadline
from tests.support.at_once import all_at_once


def join_at_once(services: Services, room: str, users: list[User]) -> list[str]:
    """Return the session ids that these users get when all ask at the same moment."""

    def join(user: User) -> str:
        admission = services.use_cases().join_room.join(user, room, JoinRequest(), Deadline(8))
        return admission.room.session_id

    return all_at_once([partial(join, user) for user in users])


def main(room: str, first: int, callers: int) -> None:
    services = Services(os.environ)
    services.preload()
    print("ready", flush=True)  # noqa: T201  its parent reads it
    sys.stdin.readline()
    users = [User(f"user-{number}") for number in range(first, first + callers)]
    print("\n".join(join_at_once(services, room, users)))  # noqa: T201  as above


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
