"""Strict privacy: client tokens name nobody, and those in the room learn who is who."""

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from chalicelib.core.model.attendance import Attendance
from chalicelib.core.model.user import Role, User
from chalicelib.core.ports.attendance import TimeSpan
from chalicelib.core.rooms.invitations.join_by_invitation import GuestRequest
from chalicelib.core.sessions.resolve_participants import KnownParticipant
from chalicelib.errors import InvalidField, RoomkeyError
from tests.fakes.pseudonyms import unsealed
from tests.fakes.service import ALICE, BOB, CAROL, ROOT, Service
from tests.support.noon import NOON

BOB_CALLED_ROBERT = User("bob", name="Robert")


@pytest.fixture
def strict() -> Iterator[Service]:
    service = Service(strict_privacy=True)
    yield service
    assert service.unused_plans() == []


def data_of(service: Service, token: str) -> str:
    return service.opentok.specs[token].connection_data


def opaque_id(service: Service, token: str) -> str:
    return str(json.loads(data_of(service, token))["participant"])


def resolve(service: Service, user: User, *ids: str) -> list[KnownParticipant]:
    use_case = service.use_cases.resolve_participants()
    return use_case.resolve(user, "standup", ids, service.deadline)


def refusal(service: Service, user: User, *ids: str) -> str | None:
    try:
        resolve(service, user, *ids)
    except RoomkeyError as error:
        return error.code
    return None


def guest(service: Service, code: str) -> User:
    """Return the guest who came by this code."""
    use_case = service.use_cases.join_by_invitation
    return use_case.identify(GuestRequest(code, "ann"), service.deadline, any_role=True)


def test_connection_data_have_an_opaque_id_in_place_of_user_and_name(strict: Service) -> None:
    strict.open()
    token = strict.join(BOB_CALLED_ROBERT, data="blue").token.text
    content = json.loads(data_of(strict, token))
    session_id = strict.room().session_id
    assert unsealed(session_id, content.pop("participant")) == ("bob", "Robert")
    assert content == {"role": "publisher", "data": "blue"}


def test_a_guests_data_keep_the_invitation_by_which_callbacks_know_them(strict: Service) -> None:
    strict.open()
    invited = strict.invite()
    content = json.loads(data_of(strict, strict.come(invited.code, name="Ann").token.text))
    assert content.keys() == {"participant", "role", "data", "invitation"}
    assert content["invitation"] == invited.invitation.id


def test_the_smallest_token_has_an_opaque_id_too(strict: Service) -> None:
    joined = strict.use_cases.join_room.join_default(BOB, "Robert & co", strict.deadline)
    data = parse_qs(data_of(strict, joined.token.text), strict_parsing=True)
    assert data.keys() == {"participant"}
    assert unsealed(joined.room.session_id, *data["participant"]) == ("bob", "Robert & co")
    strict.connect(joined.token.text)
    assert list(strict.recorded("lobby").values()) == ["bob"]


def test_callbacks_know_the_user_so_that_presence_and_attendance_do(strict: Service) -> None:
    strict.open()
    connection_id = strict.connect(strict.join(BOB_CALLED_ROBERT).token.text)
    assert strict.recorded() == {connection_id: "bob"}
    strict.leave(connection_id)

    span = TimeSpan(NOON.replace(hour=0), NOON.replace(hour=23))
    page = strict.use_cases.read_attendance().of_room(
        ALICE, "standup", span, strict.deadline, start=None, limit=10
    )
    (line,) = page.connections
    assert isinstance(line, Attendance)
    assert (line.participant.user_id, line.participant.name) == ("bob", "Robert")


def test_bans_limits_and_removals_find_the_user(strict: Service) -> None:
    strict.open(max_participants=2)
    bob, carol = strict.enter(BOB), strict.enter(CAROL)
    assert strict.refusal(ROOT) == "room_full"
    strict.ban("bob")
    strict.deliver()
    assert strict.connected() == {carol}
    strict.use_cases.moderate.disconnect(ALICE, "standup", carol, strict.deadline)
    strict.deliver()
    assert bob not in strict.recorded()
    assert strict.recorded() == {}


def test_a_banned_users_token_from_before_does_not_let_them_stay(strict: Service) -> None:
    strict.open()
    token = strict.join(BOB).token.text
    strict.ban("bob")
    strict.connect(token)
    assert strict.connected() == set()


def test_those_in_the_room_and_its_moderators_resolve_ids_and_others_do_not(
    strict: Service,
) -> None:
    strict.open()
    token = strict.join(BOB_CALLED_ROBERT).token.text
    bob = opaque_id(strict, token)
    assert refusal(strict, BOB, bob) == "not_in_room"
    strict.connect(token)
    known = [KnownParticipant(bob, "bob", "Robert")]
    assert resolve(strict, BOB, bob, bob) == known
    assert resolve(strict, ALICE, bob) == known
    assert resolve(strict, ROOT, bob) == known
    assert refusal(strict, CAROL, bob) == "not_in_room"
    strict.enter(CAROL)
    assert resolve(strict, CAROL, bob) == known


def test_who_has_left_resolves_no_more(strict: Service) -> None:
    strict.open()
    connection_id = strict.enter(BOB)
    assert resolve(strict, BOB) == []
    strict.leave(connection_id)
    assert refusal(strict, BOB) == "not_in_room"


def test_the_banned_and_who_may_not_see_the_room_resolve_nothing(strict: Service) -> None:
    strict.open(members=frozenset({"bob"}))
    strict.enter(BOB)
    strict.ban("bob")
    assert refusal(strict, BOB) == "banned"
    assert refusal(strict, CAROL) == "room_not_found"


def test_guests_resolve_ids_in_their_room_whatever_their_role(strict: Service) -> None:
    strict.open()
    invited = strict.invite(role=Role.SUBSCRIBER)
    token = strict.come(invited.code, name="Ann").token.text
    ann = guest(strict, invited.code)
    mine = opaque_id(strict, token)
    assert refusal(strict, ann, mine) == "not_in_room"
    strict.connect(token)
    assert resolve(strict, ann, mine) == [KnownParticipant(mine, ann.id, "Ann")]
    strict.revoke(invited.invitation)
    with pytest.raises(RoomkeyError, match="Only a guest who came in"):
        guest(strict, invited.code)


def test_ids_of_another_session_and_nonsense_are_left_out(strict: Service) -> None:
    strict.open()
    strict.open("retro")
    elsewhere = opaque_id(strict, strict.join(BOB, "retro").token.text)
    here = opaque_id(strict, strict.join(BOB).token.text)
    assert elsewhere != here
    assert [each.id for each in resolve(strict, ALICE, elsewhere, "x", here)] == [here]


def test_a_token_from_before_strict_privacy_still_names_its_user(strict: Service) -> None:
    strict.open()
    token = strict.join(BOB).token.text
    spec = strict.opentok.specs[token]
    plain = '{"userId":"bob","name":"Robert","role":"publisher","data":null}'
    strict.opentok.specs[token] = replace(spec, connection_data=plain)
    assert list(strict.recorded().values()) == []
    strict.connect(token)
    assert list(strict.recorded().values()) == ["bob"]


def test_data_that_are_too_long_are_refused_before_anything_is_made(strict: Service) -> None:
    with pytest.raises(InvalidField, match="connection data may have 1000 characters"):
        strict.join(BOB, data="x" * 1000)
    assert strict.stores.rooms.find("standup", strict.deadline) is None


def test_no_token_is_made_while_the_keys_cannot_be_read(strict: Service) -> None:
    strict.open()
    strict.pseudonyms.faults.fail_next("seal")
    assert strict.refusal(BOB) == "store_unavailable"
    assert strict.opentok.specs == {}


def test_the_usual_privacy_names_users_and_needs_no_key(service: Service) -> None:
    service.open()
    token = service.join(BOB).token.text
    assert json.loads(data_of(service, token))["userId"] == "bob"
    assert service.pseudonyms.faults.calls == {}
    service.enter(BOB)
    assert resolve(service, BOB, "x") == []
