"""Audit entries about rooms, their sessions, their connections and their rules."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Final

from chalicelib.core.model.connection import Connection, Ending, Session
from chalicelib.core.model.room import Room, api_name
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.metrics import audit
from chalicelib.errors import ProviderUnavailable

_LISTS_OF_USERS: Final = ("members", "moderators")
_FREE_TEXT: Final = ("archive_name",)
"""The settings of which no log may have the text, since it may name somebody."""


def audit_room(
    action: AuditAction,
    room: Room,
    *,
    subject: str | None = None,
    connection_id: str | None = None,
    **details: object,
) -> None:
    """Record an entry about a room. Details that are None are left out."""
    audit(
        AuditEntry(
            action=action,
            subject=subject,
            room=room.name,
            session_id=room.session_id,
            connection_id=connection_id,
            details={name: each for name, each in details.items() if each is not None},
        )
    )


@contextmanager
def audited(
    action: AuditAction,
    room: Room,
    *,
    subject: str | None = None,
    connection_id: str | None = None,
    **details: object,
) -> Iterator[None]:
    """Record an entry about a room, if the `with` block does at OpenTok what it says.

    Where OpenTok's answer is lost, it may be done: the entry is `unconfirmed` then.
    """

    def record(*, unconfirmed: bool | None = None) -> None:
        audit_room(
            action,
            room,
            subject=subject,
            connection_id=connection_id,
            **details,
            unconfirmed=unconfirmed,
        )

    try:
        yield
    except ProviderUnavailable as failure:
        if not failure.not_performed:
            record(unconfirmed=True)
        raise
    record()


def audit_session(
    action: AuditAction,
    session: Session,
    *,
    subject: str | None = None,
    connection_id: str | None = None,
    **details: object,
) -> None:
    """Record an entry about a session. Details that are None are left out."""
    audit(
        AuditEntry(
            action=action,
            subject=subject,
            room=session.room_name,
            session_id=session.id,
            connection_id=connection_id,
            details={name: each for name, each in details.items() if each is not None},
        )
    )


def audit_connection(
    action: AuditAction, session: Session, connection: Connection, **details: object
) -> None:
    """Record an entry about a connection and its user."""
    user_id = connection.participant.user_id
    audit_session(action, session, subject=user_id, connection_id=connection.id, **details)


def audit_arrival(session: Session, connection: Connection, **details: object) -> None:
    """Record that a client has connected. The rules may reject it after that."""
    participant = connection.participant
    audit_connection(
        AuditAction.ARRIVAL,
        session,
        connection,
        since=connection.since.isoformat(),
        role=participant.role,
        connected_service=participant.service,
        invitation=participant.invitation_id,
        **details,
    )


def audit_departure(
    session: Session,
    connection: Connection,
    at: datetime,
    ending: Ending,
    user_id: str | None,
    **details: object,
) -> None:
    """Record that a user's connection has ended, with the seconds for which it lasted."""
    audit_session(
        AuditAction.DEPARTURE,
        session,
        subject=user_id,
        connection_id=connection.id,
        seconds=max(0, round((at - connection.since).total_seconds())),
        ending=ending,
        **details,
    )


def audit_creation(room: Room) -> None:
    """Record that a room was created, with the rules that are not those of every new room."""
    changes, users = _changes(RoomSettings(), room.settings)
    _audit_rules(AuditAction.ROOM_CREATED, room, changes, users)


def audit_rules(before: Room, after: Room) -> None:
    """Record the rules in which two states of a room differ, from what to what, if any does."""
    changes, users = _changes(before.settings, after.settings)
    if before.locked != after.locked:
        changes = {"locked": {"from": before.locked, "to": after.locked}, **changes}
    if changes:
        _audit_rules(AuditAction.RULE_CHANGE, after, changes, users)


def _audit_rules(
    action: AuditAction,
    room: Room,
    changes: Mapping[str, object],
    users: Mapping[str, tuple[str, ...]],
) -> None:
    audit(
        AuditEntry(
            action=action,
            room=room.name,
            session_id=room.session_id,
            details={"changes": changes} if changes else {},
            users=users,
        )
    )


def _changes(
    before: RoomSettings, after: RoomSettings
) -> tuple[dict[str, object], dict[str, tuple[str, ...]]]:
    """Return the settings that differ, and the users who came on a list or went off it."""
    changes: dict[str, object] = {}
    users: dict[str, tuple[str, ...]] = {}
    for each in fields(RoomSettings):
        was, is_now = getattr(before, each.name), getattr(after, each.name)
        if was == is_now:
            continue
        name = api_name(each.name)
        if each.name in _LISTS_OF_USERS:
            # The number, and who came and went: the list itself may have 500 user ids.
            users[f"{each.name}_added"] = _added(was, is_now)
            users[f"{each.name}_removed"] = _added(is_now, was)
            changes[name] = {"from": _size(was), "to": _size(is_now)}
        elif each.name in _FREE_TEXT:
            changes[name] = {"from": was is not None, "to": is_now is not None}
        else:
            changes[name] = {"from": _plain(was), "to": _plain(is_now)}
    return changes, users


def _size(user_ids: Collection[str] | None) -> int | None:
    return None if user_ids is None else len(user_ids)


def _added(before: frozenset[str] | None, after: frozenset[str] | None) -> tuple[str, ...]:
    return tuple(sorted((after or frozenset()) - (before or frozenset())))


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
