"""Asks to be let into a room, with the client that openapi-python-client generates.

python join.py https://… BEARER ROOM
"""

import sys

from roomkey_client import AuthenticatedClient
from roomkey_client.api.tokens import join_room
from roomkey_client.models import Role, RoomFullProblem, TokenAnswer, TokenBody, WaitingAnswer
from roomkey_client.types import Unset


def join(url: str, bearer: str, room: str) -> str:
    """Return the token to connect with, or end with the reason why there is none."""
    with AuthenticatedClient(base_url=url, token=bearer) as roomkey:
        answer = join_room.sync(room, client=roomkey, body=TokenBody(role=Role.PUBLISHER))
    if isinstance(answer, TokenAnswer):
        return answer.token
    if isinstance(answer, WaitingAnswer):
        sys.exit(f"A moderator must admit you. {answer.waiting.ahead} came before you. Ask again.")
    if isinstance(answer, RoomFullProblem) and not isinstance(answer.max_participants, Unset):
        sys.exit(f"All {answer.max_participants} seats are taken.")
    sys.exit("no answer" if answer is None else answer.detail)


if __name__ == "__main__":
    print(join(*sys.argv[1:]))
