"""`make user-data`: what is held of a user, and its erasure, with AWS credentials alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO
from uuid import uuid4

import msgspec

from chalicelib.adapters.dynamodb.media import DynamoDBMedia
from chalicelib.adapters.dynamodb.quotas import DynamoDBQuotas
from chalicelib.adapters.dynamodb.rooms import DynamoDBRooms
from chalicelib.adapters.dynamodb.seats import DynamoDBSeats
from chalicelib.adapters.dynamodb.sessions import DynamoDBSessions
from chalicelib.adapters.dynamodb.user_data.erasures import DynamoDBErasures
from chalicelib.adapters.dynamodb.user_data.user_records import DynamoDBUserRecords
from chalicelib.api.user_data_routes import (
    REMAINS,
    ErasureAnswer,
    RecordingAnswer,
    UserDataAnswer,
    UserRecordAnswer,
)
from chalicelib.core.model.user import ERASED_PREFIX
from chalicelib.core.model.user_data.user_record import Erasure, hash_of_user
from chalicelib.core.rooms.user_data.erase_users import EraseUsers
from chalicelib.core.rooms.user_data.recordings import Around, RecordingFinder
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import is_user_id, utc_now
from chalicelib.core.support.metrics import audit
from chalicelib.settings import Settings
from deploy.errors import DeployError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SECONDS: Final = 3600.0
_OWNER_ONLY: Final = 0o600


class UserData:
    """The data that a stage holds of its users.

    Args:
        client: A client for DynamoDB.
        settings: The stage's settings.
    """

    def __init__(self, client: "DynamoDBClient", settings: Settings) -> None:
        table = settings.rooms_table
        sessions = DynamoDBSessions(client, table, settings.attendance)
        self._records = DynamoDBUserRecords(client, table)
        self._erasures = DynamoDBErasures(client, table)
        self._recordings = RecordingFinder(sessions, DynamoDBMedia(client, table))
        self._erase = EraseUsers(
            records=self._records,
            erasures=self._erasures,
            rooms=DynamoDBRooms(client, table, settings.longest_token, settings.attendance),
            seats=DynamoDBSeats(client, table),
            sessions=sessions,
            recordings=self._recordings,
            quotas=DynamoDBQuotas(client, table),
            clock=utc_now,
            new_id=lambda: uuid4().hex,
        )

    def show(self, user_id: str, file: Path | None, out: TextIO) -> None:
        """Write all that is held of a user as JSON: to a file that only its owner reads, or out.

        Raises:
            DeployError: The id is none.
        """
        _check(user_id)
        deadline = Deadline(_SECONDS)
        items: list[UserRecordAnswer] = []
        recordings: set[tuple[str, str]] = set()
        for answers, around in self._pages(user_id, deadline):
            items += answers
            recordings |= {(each.room, each.archive_id) for each in around.recordings}
        erasure = self._erasures.find_erasure(hash_of_user(user_id), deadline)
        audit(AuditEntry(action=AuditAction.USER_DATA_READ, subject=user_id))
        data = UserDataAnswer(
            user_id=user_id,
            items=items,
            recordings=[RecordingAnswer(*each) for each in sorted(recordings)],
            erasure=None if erasure is None else ErasureAnswer.of(erasure),
            cursor=None,
        )
        text = msgspec.json.format(msgspec.json.encode(data), indent=2).decode()
        if file is None:
            print(text, file=out)
            return
        file.touch(_OWNER_ONLY)
        file.chmod(_OWNER_ONLY)
        file.write_text(text + "\n", encoding="utf-8")
        print(f"{file}: {len(items)} records and {len(recordings)} recordings", file=out)

    def erase(self, user_id: str, out: TextIO) -> None:
        """Erase a user, and say what is left. Repeat it after an interruption.

        Raises:
            DeployError: The id is none, or that of an erased user.
        """
        _check(user_id)
        deadline = Deadline(_SECONDS)
        erasure = self._erase.work(self._erase.begin(user_id, deadline), deadline)
        for line in _outcome(erasure):
            print(line, file=out)

    def _pages(
        self, user_id: str, deadline: Deadline
    ) -> Iterator[tuple[list[UserRecordAnswer], Around]]:
        position: str | None = None
        while True:
            page = self._records.find_records(user_id, position, deadline)
            around = self._recordings.around(page.records, deadline)
            yield [UserRecordAnswer.of(each, around.rooms) for each in page.records], around
            position = page.next
            if position is None:
                return


def _check(user_id: str) -> None:
    if not is_user_id(user_id):
        raise DeployError(
            "ID is no user's id.", "Give the `sub` of the user's bearer token: ID='auth0|5f7c'."
        )
    if user_id.startswith(ERASED_PREFIX):
        raise DeployError("ID is that of an erased user.", "Nothing else is known of this user.")


def _outcome(erasure: Erasure) -> Iterator[str]:
    yield f"{erasure.erased} records were erased."
    if erasure.waits_for:
        rooms = ", ".join(sorted(erasure.waits_for))
        yield f"The user is connected to {rooms}, and is erased there once they have left."
    if erasure.finished_at is None:
        yield "The service goes on until a look finds nothing more. Or run this again."
    for each in sorted(erasure.recordings, key=lambda each: (each.room, each.archive_id)):
        yield f"  recording {each.archive_id} of room {each.room}"
    yield from REMAINS
