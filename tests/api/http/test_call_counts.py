"""The number of outside calls that each kind of join makes, counted on the wire."""

from dataclasses import dataclass

import pytest

from tests.support.gateway import Gateway
from tests.support.servers.stand_ins import APPLICATION_ID, StandIns

pytestmark = pytest.mark.usual_privacy

READ = "DynamoDB.GetItem"
QUERY = "DynamoDB.Query"
WRITE = "DynamoDB.TransactWriteItems"
READ_SECRET = "SecretsManager.GetSecretValue"


@dataclass(frozen=True)
class Calls:
    """Outside calls: to AWS by name, to OpenTok by path, and fetches of the issuer's keys."""

    aws: list[str]
    opentok: list[str]
    jwks: int


def calls_of(
    stand_ins: StandIns,
    gateway: Gateway,
    room: str = "standup",
    *,
    method: str = "POST",
    path: str = "/rooms/{room}/tokens",
    user: str = "alice",
) -> Calls:
    """Return the outside calls of one request that succeeds."""
    stand_ins.aws.clear_calls()
    stand_ins.opentok.clear_calls()
    fetched = stand_ins.identity.fetches
    bearer = stand_ins.identity.bearer(user)
    reply = gateway.request(method, path.format(room=room), bearer=bearer)
    assert reply.status in {200, 201, 204}
    return Calls(
        stand_ins.aws.calls,
        [call.path for call in stand_ins.opentok.calls],
        stand_ins.identity.fetches - fetched,
    )


def test_the_first_join_ever_adds_one_call_to_opentok_a_count_of_rooms_and_one_transaction(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    assert calls_of(stand_ins, gateway) == Calls(
        [READ, QUERY, READ_SECRET, WRITE], ["/session/create"], jwks=1
    )


def test_a_cold_join_of_a_room_reads_the_room_the_secret_and_the_issuers_keys(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    calls_of(stand_ins, gateway)

    assert calls_of(stand_ins, stand_ins.gateway()) == Calls([READ, READ_SECRET], [], jwks=1)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/rooms/{room}/tokens"), ("GET", "/token?username=alice")],
)
def test_a_warm_join_of_an_uncapped_room_is_one_read(
    gateway: Gateway, stand_ins: StandIns, method: str, path: str
) -> None:
    room = "lobby"
    calls_of(stand_ins, gateway, room)

    for user in ("alice", "bob"):
        for _ in range(3):
            counted = calls_of(stand_ins, gateway, room, method=method, path=path, user=user)
            assert counted == Calls([READ], [], jwks=0)


def test_a_warm_first_join_of_another_room_adds_its_session_and_a_transaction(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    calls_of(stand_ins, gateway)

    first_of_bob = calls_of(stand_ins, gateway, "retro", user="bob")
    assert first_of_bob == Calls([READ, QUERY, WRITE], ["/session/create"], jwks=0)
    second_of_alice = calls_of(stand_ins, gateway, "planning")
    assert second_of_alice == Calls([READ, WRITE], ["/session/create"], jwks=0)


def test_a_join_with_vonages_credentials_costs_the_same(stand_ins: StandIns) -> None:
    stand_ins.put_secret({"applicationId": APPLICATION_ID, "privateKey": stand_ins.vonage.private})
    gateway = stand_ins.gateway()

    assert calls_of(stand_ins, gateway) == Calls(
        [READ, QUERY, READ_SECRET, WRITE], ["/session/create"], jwks=1
    )
    assert calls_of(stand_ins, gateway) == Calls([READ], [], jwks=0)


def test_finding_a_room_by_asking_for_it_is_one_read(gateway: Gateway, stand_ins: StandIns) -> None:
    calls_of(stand_ins, gateway)

    counted = calls_of(stand_ins, gateway, method="PUT", path="/rooms/{room}")

    assert counted == Calls([READ], [], jwks=0)


def test_closing_a_room_is_a_read_a_transaction_and_a_look_at_what_runs_and_asks_who_is_in(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    calls_of(stand_ins, gateway)

    counted = calls_of(stand_ins, gateway, method="DELETE", path="/rooms/{room}")

    assert counted.aws == [READ, WRITE, "DynamoDB.Query"]
    (listing,) = counted.opentok
    assert listing.endswith("/connection")


def test_who_is_refused_costs_nothing(gateway: Gateway, stand_ins: StandIns) -> None:
    calls_of(stand_ins, gateway)
    stand_ins.aws.clear_calls()
    alice = stand_ins.identity.bearer("alice")

    assert gateway.request("POST", "/rooms/standup/tokens").status == 401
    assert gateway.request("POST", "/rooms/standup/tokens", bearer="garbage").status == 401
    assert gateway.request("POST", "/rooms/a%20b/tokens", bearer=alice).status == 422
    refused = gateway.request("POST", "/rooms/standup/tokens", bearer=alice, body='{"role":"king"}')
    assert refused.status == 422
    assert gateway.request("GET", "/health").status == 200
    assert stand_ins.aws.calls == []


def test_connections_to_opentok_are_used_again(gateway: Gateway, stand_ins: StandIns) -> None:
    accepted = stand_ins.opentok_server.connections_accepted

    for room in range(5):
        calls_of(stand_ins, gateway, f"room-{room}")

    assert stand_ins.opentok_server.connections_accepted == accepted + 1


@pytest.mark.usefixtures("aws_over_sockets")
def test_connections_to_aws_are_used_again(gateway: Gateway, stand_ins: StandIns) -> None:
    calls_of(stand_ins, gateway)
    accepted = stand_ins.aws_server.connections_accepted

    for _ in range(5):
        calls_of(stand_ins, gateway)

    assert stand_ins.aws_server.connections_accepted == accepted
