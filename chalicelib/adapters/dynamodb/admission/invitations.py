"""Invitations in DynamoDB: one item for each, one for each of its guests, and a list for each room.

An invitation's key is a part of the hash of its code, and a guest's key is the hash of theirs. So
one call reads what a code and a guest's key lead to. Neither secret is in the table.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamodb.admission.waiting_items import look_in, look_keys
from chalicelib.adapters.dynamodb.batches import get_all
from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import moment, room_from_item, room_key
from chalicelib.adapters.dynamodb.seats import claim_update
from chalicelib.adapters.dynamodb.table import (
    ConditionFailed,
    Item,
    Table,
    deserialize,
    serialize,
)
from chalicelib.adapters.dynamodb.transactions import in_transaction, unrevoked
from chalicelib.core.model.invitation import LONGEST_LIFETIME, Invitation, InvitationUse
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim
from chalicelib.core.model.user import Role
from chalicelib.core.ports.invitation_store import (
    FoundInvitation,
    HasComeBefore,
    InvitationEnded,
    RoomInvitations,
    StaleInvitations,
)
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.ports.waiting_store import WaitingEntry, WaitingLook
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

KEPT: Final = timedelta(days=2)
"""The time after its end for which an invitation is kept, since a callback may come a day late."""
_BATCH: Final = 100
"""The number of items that DynamoDB reads in one call."""
_INVITATION: Final = "invitation"
"""The sort key of an invitation."""
_GUEST_WRITE: Final = 0
_INVITATION_WRITE: Final = 1
"""The numbers of the writes of a use. The first condition that fails decides the error."""


class DynamoDBInvitations:
    """The invitation store."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def look_up(self, invitation_id: str, key_hash: str, deadline: Deadline) -> FoundInvitation:
        keys = [_key(invitation_id), _guest_key(invitation_id, key_hash)]
        return _found_in(get_all(self._table, keys, deadline), invitation_id)

    def look_up_waiting(
        self, invitation_id: str, key_hash: str, place: WaitingEntry, deadline: Deadline
    ) -> tuple[FoundInvitation, WaitingLook]:
        of_room = place.room_name, place.session_id, place.user
        own = [_key(invitation_id), _guest_key(invitation_id, key_hash)]
        items = get_all(self._table, [*own, *look_keys(*of_room)], deadline)
        return _found_in(items, invitation_id), look_in(items, *of_room)

    def of_room(self, room_id: str, deadline: Deadline) -> RoomInvitations:
        item = self._table.get(_list_key(room_id), deadline)
        values = {} if item is None else deserialize(item)
        invitations = self._all(values.get("ids", ()), deadline)
        return RoomInvitations(
            values.get("version", 0),
            tuple(invitations.values()),
            moment(values.get("revokedUntil")),
        )

    def put_new(
        self,
        invitation: Invitation,
        listed: RoomInvitations,
        dropped: Collection[str],
        deadline: Deadline,
    ) -> None:
        kept = [each for each in listed.invitations if each.id not in dropped]
        every = [*kept, invitation]
        write = UpdateBuilder().set(frozenset(each.id for each in every), "ids")
        write.set(listed.version + 1, "version")
        ends = [each.expires_at for each in every]
        if listed.revoked_until is not None:
            ends.append(listed.revoked_until)
        write.set(_expiry(max(ends)), "expiresAt")
        write.only_if_unchanged(listed.version or None, "version")
        writes: list[TransactWriteItemTypeDef] = [
            self._update(_list_key(invitation.room_id), write),
            {"Put": {"TableName": self._table.name, "Item": _item(invitation)}},
        ]
        if invitation.made_by is not None:
            writes.append(unrevoked(self._table.name, _key(invitation.made_by)))
        try:
            self._table.transact(writes, deadline)
        except ConditionFailed as failure:
            if failure.write == len(writes) - 1 and invitation.made_by is not None:
                raise InvitationEnded from failure
            raise StaleInvitations from failure

    def revoke(self, invitation_id: str, room_id: str, at: datetime, deadline: Deadline) -> bool:
        write = UpdateBuilder().set_if_absent(epoch_milliseconds(at), "revokedAt")
        try:
            before = self._table.exchange(
                _key(invitation_id), write.only_if_equal(room_id, "roomId"), deadline
            )
        except ConditionFailed:
            return False
        # The list outlives every invitation that may be noted on it now or later.
        until = deserialize(before)["endsAt"]
        note = UpdateBuilder().set(until, "revokedUntil")
        note.set(_expiry(at + LONGEST_LIFETIME), "expiresAt")
        noted = note.path("revokedUntil")
        note.only_if(f"attribute_not_exists({noted}) OR {noted} < {note.value(until)}")
        with suppress(ConditionFailed):
            self._table.update(_list_key(room_id), note, deadline)
        return True

    def revoked_until(self, room_id: str, deadline: Deadline) -> datetime | None:
        item = self._table.get(_list_key(room_id), deadline)
        return None if item is None else moment(deserialize(item).get("revokedUntil"))

    def revoked(self, invitation_ids: Collection[str], deadline: Deadline) -> frozenset[str]:
        found = self._all(invitation_ids, deadline)
        good = {each.id for each in found.values() if each.revoked_at is None}
        return frozenset(invitation_ids) - good

    def take_use(
        self, use: InvitationUse, room: Room, claim: SeatClaim | None, deadline: Deadline
    ) -> None:
        invitation = use.invitation
        come = UpdateBuilder().set(_expiry(invitation.expires_at), "expiresAt").only_if_absent("pk")
        write = UpdateBuilder().add_one("uses").only_if_absent("revokedAt")
        most = write.path("maxUses")
        write.only_if(f"attribute_not_exists({most}) OR {write.path('uses')} < {most}")
        writes = [
            self._update(_guest_key(invitation.id, use.key_hash), come),
            self._update(_key(invitation.id), write.only_if_present("pk")),
        ]
        if claim is not None:
            writes.append(self._update(room_key(room.name), claim_update(room, claim)))
        try:
            self._table.transact(writes, deadline)
        except ConditionFailed as failure:
            if failure.write == _GUEST_WRITE:
                raise HasComeBefore from failure
            if failure.write == _INVITATION_WRITE:
                raise InvitationEnded from failure
            raise StaleRoom(room_from_item(failure.item) if failure.item else None) from failure

    def _all(self, invitation_ids: Collection[str], deadline: Deadline) -> dict[str, Invitation]:
        """Return the invitations that exist, by id."""
        found: dict[str, Invitation] = {}
        keys = [_key(each) for each in sorted(invitation_ids)]
        for start in range(0, len(keys), _BATCH):
            for item in get_all(self._table, keys[start : start + _BATCH], deadline):
                invitation = _invitation(item)
                found[invitation.id] = invitation
        return found

    def _update(self, key: Item, write: UpdateBuilder) -> "TransactWriteItemTypeDef":
        return in_transaction(self._table.name, key, write)


def _found_in(items: Sequence[Item], invitation_id: str) -> FoundInvitation:
    """Return what was found of an invitation and one of its guests, among other items."""
    partition = _key(invitation_id)["pk"]
    own = {item["sk"].get("S", ""): item for item in items if item["pk"] == partition}
    found = own.pop(_INVITATION, None)
    return FoundInvitation(None if found is None else _invitation(found), bool(own))


def _key(invitation_id: str) -> Item:
    return serialize({"pk": f"invitation#{invitation_id}", "sk": _INVITATION})


def _guest_key(invitation_id: str, key_hash: str) -> Item:
    return serialize({"pk": f"invitation#{invitation_id}", "sk": f"guest#{key_hash}"})


def _list_key(room_id: str) -> Item:
    return serialize({"pk": f"invitations#{room_id}", "sk": "list"})


def _expiry(end: datetime) -> int:
    return int((end + KEPT).timestamp())


def _item(invitation: Invitation) -> Item:
    return _key(invitation.id) | serialize(
        {
            "codeHash": invitation.code_hash,
            "room": invitation.room_name,
            "roomId": invitation.room_id,
            "role": invitation.role.value,
            "name": invitation.name,
            "maxUses": invitation.max_uses,
            "uses": invitation.uses,
            "skipsWaitingRoom": invitation.skips_waiting_room,
            "createdAt": epoch_milliseconds(invitation.created_at),
            "createdBy": invitation.created_by,
            "madeBy": invitation.made_by,
            "endsAt": epoch_milliseconds(invitation.expires_at),
            "expiresAt": _expiry(invitation.expires_at),
        }
    )


def _invitation(item: Mapping[str, Any]) -> Invitation:
    values = deserialize(item)
    return Invitation(
        id=values["pk"].partition("#")[2],
        code_hash=values["codeHash"],
        room_name=values["room"],
        room_id=values["roomId"],
        role=Role(values["role"]),
        name=values.get("name"),
        max_uses=values.get("maxUses"),
        uses=values["uses"],
        skips_waiting_room=values["skipsWaitingRoom"],
        created_at=from_epoch_milliseconds(values["createdAt"]),
        created_by=values["createdBy"],
        expires_at=from_epoch_milliseconds(values["endsAt"]),
        revoked_at=moment(values.get("revokedAt")),
        made_by=values.get("madeBy"),
    )
