"""Fake invitation store."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.invitation import LONGEST_LIFETIME, Invitation, InvitationUse
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim
from chalicelib.core.ports.invitation_store import (
    FoundInvitation,
    HasComeBefore,
    InvitationEnded,
    RoomInvitations,
    StaleInvitations,
)
from chalicelib.core.ports.waiting_store import WaitingEntry, WaitingLook
from chalicelib.core.support.deadline import Deadline
from tests.fakes.memory.records import InvitationListRecord, InvitationRecord
from tests.fakes.memory.seats import seats_after
from tests.fakes.memory.table import Table, whole_second
from tests.fakes.memory.waiting import FakeWaiting

_KEPT: Final = timedelta(days=2)


class FakeInvitations:
    """Invitations in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def look_up(self, invitation_id: str, key_hash: str, deadline: Deadline) -> FoundInvitation:
        with self._table.faults.call("look_up", deadline):
            return self._found(invitation_id, key_hash)

    def look_up_waiting(
        self, invitation_id: str, key_hash: str, place: WaitingEntry, deadline: Deadline
    ) -> tuple[FoundInvitation, WaitingLook]:
        with self._table.faults.call("look_up_waiting", deadline):
            waiting = FakeWaiting(self._table)
            look = waiting.found(place.room_name, place.session_id, place.user)
            return self._found(invitation_id, key_hash), look

    def _found(self, invitation_id: str, key_hash: str) -> FoundInvitation:
        found = self._table.invitations.get(invitation_id)
        if found is None:
            return FoundInvitation(None, has_come=False)
        return FoundInvitation(found.invitation, key_hash in found.guests)

    def of_room(self, room_id: str, deadline: Deadline) -> RoomInvitations:
        with self._table.faults.call("invitations_of_room", deadline):
            listed = self._table.invitation_lists.get(room_id)
            if listed is None:
                return RoomInvitations(0, ())
            found = (self._table.invitations.get(each) for each in sorted(listed.ids))
            kept = tuple(each.invitation for each in found if each is not None)
            return RoomInvitations(listed.version, kept, listed.revoked_until)

    def put_new(
        self,
        invitation: Invitation,
        listed: RoomInvitations,
        dropped: Collection[str],
        deadline: Deadline,
    ) -> None:
        with self._table.faults.call("put_new", deadline):
            found = self._table.invitation_lists.get(invitation.room_id)
            if (0 if found is None else found.version) != listed.version:
                raise StaleInvitations
            parent = invitation.made_by
            if parent is not None:
                maker = self._table.invitations.get(parent)
                if maker is None or maker.invitation.revoked_at is not None:
                    raise InvitationEnded
            kept = [each for each in listed.invitations if each.id not in dropped]
            every = [*kept, invitation]
            ends = [each.expires_at for each in every]
            until = listed.revoked_until
            self._table.invitation_lists[invitation.room_id] = InvitationListRecord(
                frozenset(each.id for each in every),
                listed.version + 1,
                _expiry(max([*ends, until] if until is not None else ends)),
                until,
            )
            self._table.invitations[invitation.id] = InvitationRecord(
                invitation, _expiry(invitation.expires_at)
            )

    def revoke(self, invitation_id: str, room_id: str, at: datetime, deadline: Deadline) -> bool:
        with self._table.faults.call("revoke", deadline):
            found = self._table.invitations.get(invitation_id)
            if found is None or found.invitation.room_id != room_id:
                return False
            if found.invitation.revoked_at is None:
                self._put(found, replace(found.invitation, revoked_at=at))
            until = found.invitation.expires_at
            empty = InvitationListRecord(frozenset(), 0, at)
            listed = self._table.invitation_lists.get(room_id, empty)
            if listed.revoked_until is None or listed.revoked_until < until:
                self._table.invitation_lists[room_id] = replace(
                    listed, revoked_until=until, expires=_expiry(at + LONGEST_LIFETIME)
                )
            return True

    def revoked_until(self, room_id: str, deadline: Deadline) -> datetime | None:
        with self._table.faults.call("revoked_until", deadline):
            listed = self._table.invitation_lists.get(room_id)
            return None if listed is None else listed.revoked_until

    def revoked(self, invitation_ids: Collection[str], deadline: Deadline) -> frozenset[str]:
        with self._table.faults.call("revoked", deadline):
            found = (self._table.invitations.get(each) for each in invitation_ids)
            known = [each.invitation for each in found if each is not None]
            good = {each.id for each in known if each.revoked_at is None}
            return frozenset(invitation_ids) - good

    def take_use(
        self, use: InvitationUse, room: Room, claim: SeatClaim | None, deadline: Deadline
    ) -> None:
        with self._table.faults.call("take_use", deadline):
            found = self._table.invitations.get(use.invitation.id)
            if found is not None and use.key_hash in found.guests:
                raise HasComeBefore
            if found is None or found.invitation.revoked_at or found.invitation.is_used_up:
                raise InvitationEnded
            if claim is not None:
                record = self._table.current(room)
                self._table.put_room(record, seats=seats_after(record.room, claim))
            used = replace(found.invitation, uses=found.invitation.uses + 1)
            self._put(replace(found, guests=found.guests | {use.key_hash}), used)

    def _put(self, record: InvitationRecord, invitation: Invitation) -> None:
        self._table.invitations[invitation.id] = replace(record, invitation=invitation)


def _expiry(end: datetime) -> datetime:
    return whole_second(end + _KEPT)
