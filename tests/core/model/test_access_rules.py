from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core.model.access_rules import check_admission
from chalicelib.core.model.room import Room, State, check_name
from chalicelib.core.model.room_settings import ArchiveMode, MediaMode, Resolution, RoomSettings
from chalicelib.core.model.user import Invited, Role, User
from chalicelib.errors import InvalidField, NotAMember, RoomClosed, RoomNotOpen

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALICE, BOB, ADMIN = User("alice"), User("bob"), User("root", admin=True)


def room(settings: RoomSettings | None = None, closed_at: datetime | None = None) -> Room:
    return Room(
        name="Standup",
        room_id="r1",
        session_id="1_abc",
        created_at=NOW,
        created_by="alice",
        settings=settings or RoomSettings(moderators=frozenset({"alice"})),
        closed_at=closed_at,
    )


@pytest.mark.parametrize("name", ["a", "A-Z_09", "x" * 128, "constructor", "__proto__", "-", "_"])
def test_names_of_letters_digits_hyphens_and_underscores_are_fine(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "x" * 129, "a b", "a;b", "%2e%2e", "..", "a/b", "ä", "😀", "a\n", "\u0661"]
)
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        check_name(name)
    assert refusal.value.fields[0].field == "room"


@pytest.mark.parametrize(
    ("opens_in", "closes_in", "state"),
    [
        (None, None, State.OPEN),
        (MINUTE, None, State.SCHEDULED),
        (timedelta(), None, State.OPEN),
        (-MINUTE, MINUTE, State.OPEN),
        (None, timedelta(), State.CLOSED),
        (-2 * MINUTE, -MINUTE, State.CLOSED),
        (MINUTE, 2 * MINUTE, State.SCHEDULED),
    ],
)
def test_a_rooms_hours_decide_its_state(
    opens_in: timedelta | None, closes_in: timedelta | None, state: State
) -> None:
    hours = RoomSettings(
        opens_at=None if opens_in is None else NOW + opens_in,
        closes_at=None if closes_in is None else NOW + closes_in,
    )
    assert room(hours).state(NOW) is state


def test_a_deleted_room_is_closed_whatever_its_hours() -> None:
    assert room(closed_at=NOW).state(NOW) is State.CLOSED


def test_a_deleted_rooms_name_is_free_after_thirty_days_and_not_before() -> None:
    deleted = room(closed_at=NOW)
    assert not deleted.name_is_free(NOW + timedelta(days=30) - timedelta(milliseconds=1))
    assert deleted.name_is_free(NOW + timedelta(days=30))
    assert not room().name_is_free(NOW + timedelta(days=365))


def test_a_room_without_a_list_of_members_admits_any_user() -> None:
    check_admission(room(), BOB, NOW)


def test_a_room_with_an_empty_list_of_members_admits_only_moderators_and_admins() -> None:
    private = room(RoomSettings(moderators=frozenset({"alice"}), members=frozenset()))
    check_admission(private, ALICE, NOW)
    check_admission(private, ADMIN, NOW)
    with pytest.raises(NotAMember):
        check_admission(private, BOB, NOW)


def test_who_is_no_member_does_not_read_the_hours() -> None:
    private = room(RoomSettings(members=frozenset({"carol"}), opens_at=NOW + MINUTE))
    with pytest.raises(NotAMember):
        check_admission(private, BOB, NOW)


def test_a_room_that_opens_later_says_when_and_how_long_to_wait() -> None:
    opens_at = NOW + timedelta(seconds=89, milliseconds=500)
    with pytest.raises(RoomNotOpen) as refusal:
        check_admission(room(RoomSettings(opens_at=opens_at)), BOB, NOW)
    assert refusal.value.retry_after == 90
    assert refusal.value.extensions == {"opensAt": "2026-03-01T12:01:29.500Z"}


@pytest.mark.parametrize("user", [ALICE, BOB, ADMIN])
def test_nobody_comes_into_a_closed_room(user: User) -> None:
    with pytest.raises(RoomClosed):
        check_admission(room(closed_at=NOW), user, NOW)
    with pytest.raises(RoomClosed):
        check_admission(room(RoomSettings(closes_at=NOW)), user, NOW)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (
            RoomSettings(archive_mode=ArchiveMode.ALWAYS, media_mode=MediaMode.RELAYED),
            "archiveMode",
        ),
        (RoomSettings(archive_mode=ArchiveMode.ALWAYS, e2ee=True), "archiveMode"),
        (RoomSettings(e2ee=True, media_mode=MediaMode.RELAYED), "e2ee"),
        (RoomSettings(archive_name="take 1"), "archiveName"),
        (RoomSettings(archive_resolution=Resolution.LANDSCAPE_HD), "archiveResolution"),
        (RoomSettings(opens_at=NOW, closes_at=NOW), "closesAt"),
        (RoomSettings(opens_at=NOW, closes_at=NOW - MINUTE), "closesAt"),
        (RoomSettings(default_role=Role.MODERATOR), "defaultRole"),
    ],
)
def test_settings_that_contradict_each_other_are_refused_by_field(
    settings: RoomSettings, field: str
) -> None:
    with pytest.raises(InvalidField) as refusal:
        settings.check()
    assert [problem.field for problem in refusal.value.fields] == [field]


def test_every_broken_rule_is_named_at_once() -> None:
    broken = RoomSettings(archive_name="x", e2ee=True, media_mode=MediaMode.RELAYED)
    with pytest.raises(InvalidField) as refusal:
        broken.check()
    assert {problem.field for problem in refusal.value.fields} == {"archiveName", "e2ee"}


@pytest.mark.parametrize(
    "settings",
    [
        RoomSettings(),
        RoomSettings(media_mode=MediaMode.RELAYED),
        RoomSettings(e2ee=True),
        RoomSettings(
            archive_mode=ArchiveMode.ALWAYS,
            archive_name="x",
            archive_resolution=Resolution.PORTRAIT_SD,
        ),
        RoomSettings(opens_at=NOW, closes_at=NOW + MINUTE),
    ],
)
def test_settings_that_opentok_takes_pass(settings: RoomSettings) -> None:
    settings.check()


@pytest.mark.parametrize("role", [Role.SUBSCRIBER, Role.MODERATOR])
@pytest.mark.parametrize(("room_id", "is_theirs"), [("r1", True), ("r2", False)])
def test_an_invitation_gives_nothing_in_another_room(
    role: Role, room_id: str, is_theirs: bool
) -> None:
    guest = User("guest:1", invited=Invited("i-1", room_id, role))
    private = room(RoomSettings(members=frozenset()))
    assert private.admits(guest) is is_theirs
    assert private.moderated_by(guest) is (is_theirs and role is Role.MODERATOR)
