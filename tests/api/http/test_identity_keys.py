"""The issuer's keys: fetched seldom, changed without a restart, and sometimes out of reach."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.adapters.oidc import TokenVerifier
from chalicelib.core.model.issuer import Issuer
from chalicelib.errors import IdentityUnavailable, RoomkeyError
from stand_ins.http.faults import Fault
from stand_ins.http.server import HttpServer
from stand_ins.identity.provider import IdentityProvider
from tests.support.gateway import Gateway
from tests.support.moved_clock import MovedClock
from tests.support.servers.raw_server import (
    closed_port,
    dripping_body,
    dripping_chunks,
    dripping_headers,
    raw_server,
    silence,
)
from tests.support.servers.stand_ins import AUDIENCE, StandIns
from tests.support.sign_in.shared_keys import shared_keys

KEYS_PATH = "jwks.json"
CALLERS = 20
LIMIT_SECONDS = 3.5
"""More than the 2 s that a caller waits, with time to spare on a loaded machine.

It is less than two calls take that wait for 1.9 s or more each.
"""
MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """Return the clock of PyJWT's own client and of ours; deadlines keep the real one."""
    moved = MovedClock()
    monkeypatch.setattr(time, "monotonic", moved)
    return moved


@pytest.fixture
def verifier(stand_ins: StandIns) -> TokenVerifier:
    return new_verifier(stand_ins, stand_ins.environment["AUTH_JWKS_URL"])


def new_verifier(stand_ins: StandIns, jwks_url: str) -> TokenVerifier:
    return TokenVerifier([Issuer(stand_ins.identity.issuer, frozenset({AUDIENCE}), jwks_url)])


@dataclass
class Fetches:
    """A counter of key fetches, by connections: each fetch opens one."""

    stand_ins: StandIns
    before: int = 0

    def __post_init__(self) -> None:
        self.before = self.stand_ins.identity_server.connections_accepted

    @property
    def count(self) -> int:
        return self.stand_ins.identity_server.connections_accepted - self.before


@pytest.fixture
def fetches(stand_ins: StandIns) -> Fetches:
    return Fetches(stand_ins)


def outcome(verifier: TokenVerifier, bearer: str) -> str:
    """Return the user's id, or the code of the error."""
    try:
        return verifier.user(f"Bearer {bearer}").id
    except RoomkeyError as error:
        return error.code


def outcomes_at_once(verifier: TokenVerifier, bearer: str) -> list[str]:
    with ThreadPoolExecutor(CALLERS) as callers:
        return list(callers.map(lambda _: outcome(verifier, bearer), range(CALLERS)))


def take_away(stand_ins: StandIns) -> None:
    """Let the issuer publish nothing from now on."""
    stand_ins.identity.faults.add(Fault(KEYS_PATH, status=500), times=100)


def bring_back(stand_ins: StandIns) -> None:
    stand_ins.identity.faults.clear()


def test_callers_who_come_together_cause_one_fetch(
    verifier: TokenVerifier, stand_ins: StandIns, fetches: Fetches
) -> None:
    stand_ins.identity.faults.add(Fault(KEYS_PATH, delay_ms=200))

    assert outcomes_at_once(verifier, stand_ins.identity.bearer("alice")) == ["alice"] * CALLERS
    assert fetches.count == 1


def test_keys_that_were_fetched_early_are_not_fetched_again(
    verifier: TokenVerifier, stand_ins: StandIns, fetches: Fetches
) -> None:
    verifier.prepare()

    assert outcome(verifier, stand_ins.identity.bearer("alice")) == "alice"
    assert fetches.count == 1


def test_after_an_early_fetch_that_failed_the_next_caller_fetches_at_once(
    verifier: TokenVerifier, stand_ins: StandIns
) -> None:
    take_away(stand_ins)
    verifier.prepare()
    bring_back(stand_ins)

    assert outcome(verifier, stand_ins.identity.bearer("alice")) == "alice"


def test_keys_are_fetched_once_an_hour(
    verifier: TokenVerifier, stand_ins: StandIns, fetches: Fetches, clock: MovedClock
) -> None:
    bearer = stand_ins.identity.bearer("alice")

    for _ in range(3):
        assert outcome(verifier, bearer) == "alice"
        clock.forward(HOUR / 2 - 1)
    assert fetches.count == 1
    clock.forward(HOUR)
    assert outcome(verifier, bearer) == "alice"
    assert fetches.count == 2


def test_an_issuers_new_key_is_picked_up_and_its_old_one_is_no_longer_trusted(
    verifier: TokenVerifier, stand_ins: StandIns, clock: MovedClock
) -> None:
    old = stand_ins.identity.bearer("alice")
    assert outcome(verifier, old) == "alice"

    stand_ins.identity.rotate_key()
    clock.forward(MINUTE + 1)

    assert outcome(verifier, stand_ins.identity.bearer("bob")) == "bob"
    assert outcome(verifier, old) == "unauthenticated"


def test_an_unknown_key_causes_at_most_one_fetch_a_minute(
    verifier: TokenVerifier, stand_ins: StandIns, fetches: Fetches, clock: MovedClock
) -> None:
    assert outcome(verifier, stand_ins.identity.bearer("alice")) == "alice"
    for minute in range(3):
        for attempt in range(4):
            unknown = stand_ins.identity.bearer("eve", headers={"kid": f"{minute}-{attempt}"})
            assert outcomes_at_once(verifier, unknown) == ["unauthenticated"] * CALLERS
        assert fetches.count == 1 + minute
        clock.forward(MINUTE + 1)


def test_an_unknown_key_while_the_issuer_is_away_is_no_verdict_on_the_bearer(
    verifier: TokenVerifier, stand_ins: StandIns, fetches: Fetches, clock: MovedClock
) -> None:
    known = stand_ins.identity.bearer("alice")
    assert outcome(verifier, known) == "alice"
    clock.forward(MINUTE + 1)
    take_away(stand_ins)

    unknown = stand_ins.identity.bearer("bob", headers={"kid": "unknown"})

    assert outcomes_at_once(verifier, unknown) == ["identity_unavailable"] * CALLERS
    assert outcome(verifier, known) == "alice"
    assert fetches.count == 2


def test_keys_stay_in_use_for_a_day_while_the_issuer_is_away(
    verifier: TokenVerifier, stand_ins: StandIns, fetches: Fetches, clock: MovedClock
) -> None:
    bearer = stand_ins.identity.bearer("alice")
    assert outcome(verifier, bearer) == "alice"
    take_away(stand_ins)

    clock.forward(HOUR + 1)
    assert outcomes_at_once(verifier, bearer) == ["alice"] * CALLERS
    assert fetches.count == 2
    clock.forward(DAY - HOUR - 10)
    assert outcome(verifier, bearer) == "alice"
    clock.forward(MINUTE)
    assert outcome(verifier, bearer) == "identity_unavailable"
    bring_back(stand_ins)
    clock.forward(MINUTE)
    assert outcome(verifier, bearer) == "alice"


def test_a_failed_fetch_is_not_repeated_for_five_seconds_and_then_it_is(
    verifier: TokenVerifier, stand_ins: StandIns, fetches: Fetches, clock: MovedClock
) -> None:
    bearer = stand_ins.identity.bearer("alice")
    stand_ins.identity.faults.add(Fault(KEYS_PATH, status=500))

    assert outcomes_at_once(verifier, bearer) == ["identity_unavailable"] * CALLERS
    clock.forward(4)
    assert outcome(verifier, bearer) == "identity_unavailable"
    assert fetches.count == 1
    clock.forward(2)
    assert outcome(verifier, bearer) == "alice"
    assert fetches.count == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(KEYS_PATH, status=500),
        Fault(KEYS_PATH, status=404),
        Fault(KEYS_PATH, status=302),
        Fault(KEYS_PATH, status=200, body=""),
        Fault(KEYS_PATH, status=200, body="<html>Sign in to the hotel's network</html>"),
        Fault(KEYS_PATH, status=502, body="<html>Bad gateway</html>"),
        Fault(KEYS_PATH, status=200, body='{"keys": [{"kty": "RSA", '),
        Fault(KEYS_PATH, status=200, body="[" * 100_000),
        Fault(KEYS_PATH, status=200, body="null"),
        Fault(KEYS_PATH, status=200, body="[]"),
        Fault(KEYS_PATH, status=200, body="7"),
        Fault(KEYS_PATH, status=200, body="{}"),
        Fault(KEYS_PATH, status=200, body='{"keys": []}'),
        Fault(KEYS_PATH, status=200, body='{"keys": {}}'),
        Fault(KEYS_PATH, status=200, body='{"keys": 7}'),
        Fault(KEYS_PATH, status=200, body='{"keys": "none"}'),
        Fault(KEYS_PATH, status=200, body='{"keys": [null, 7, "key", [], {}]}'),
        Fault(KEYS_PATH, status=200, body='{"keys": [{"kty": "RSA", "kid": "a", "n": 7}]}'),
        Fault(KEYS_PATH, status=200, body='{"keys": [{"kty": ["RSA"], "kid": "a", "alg": []}]}'),
        Fault(KEYS_PATH, status=200, body='{"keys": [{"kty": "EC", "crv": {}, "kid": "a"}]}'),
        Fault(KEYS_PATH, status=200, body='{"keys": [{"kty": "RSA", "alg": ["RS256"]}]}'),
        Fault(KEYS_PATH, drop=True),
    ],
    ids=lambda fault: ascii(fault.body or fault.status)[:40],
)
def test_an_issuer_that_publishes_no_keys_is_unavailable_and_then_is_not(
    verifier: TokenVerifier, stand_ins: StandIns, clock: MovedClock, fault: Fault
) -> None:
    bearer = stand_ins.identity.bearer("alice")
    stand_ins.identity.faults.add(fault)

    assert outcome(verifier, bearer) == "identity_unavailable"
    clock.forward(6)
    assert outcome(verifier, bearer) == "alice"


@pytest.mark.parametrize("changed", [{"use": "enc"}, {"kid": None}, {"kid": ""}], ids=repr)
def test_an_issuer_whose_keys_are_not_for_signing_or_have_no_name_is_unavailable(
    verifier: TokenVerifier, stand_ins: StandIns, changed: dict[str, Any]
) -> None:
    published = {"keys": [stand_ins.identity.signing_key().public_jwk() | changed]}
    stand_ins.identity.faults.add(Fault(KEYS_PATH, status=200, body=json.dumps(published)))

    assert outcome(verifier, stand_ins.identity.bearer("alice")) == "identity_unavailable"


def test_the_caller_is_asked_to_retry_and_the_operator_gets_the_cause(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    take_away(stand_ins)

    reply = gateway.request("GET", "/rooms", bearer=stand_ins.identity.bearer("alice"))

    assert (reply.status, reply.code) == (503, "identity_unavailable")
    assert int(reply.headers["Retry-After"]) > 0
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Cache-Control"] == "no-store"
    assert gateway.request("GET", "/health").status == 200


def test_what_is_no_bearer_is_refused_without_asking_the_issuer(
    gateway: Gateway, stand_ins: StandIns, fetches: Fetches
) -> None:
    take_away(stand_ins)

    for bearer in ("", "garbage", "a.b.c"):
        assert gateway.request("GET", "/rooms", bearer=bearer).status == 401
    assert fetches.count == 0


@dataclass(frozen=True)
class Observed:
    """The answers to twenty callers of a bad issuer, and the longest wait."""

    outcomes: list[str]
    seconds: float


@contextmanager
def slow_twice() -> Iterator[str]:
    """Run an issuer whose discovery and keys take 1.9 s each, which is less than 2 s."""
    identity = IdentityProvider("", AUDIENCE, keys=shared_keys())
    with HttpServer(identity.wsgi_app) as server:
        identity.issuer, identity.keys_url = server.url, f"{server.url}/{KEYS_PATH}"
        identity.faults.add(Fault("/", delay_ms=1900), times=2 * CALLERS)
        yield server.url


BAD_ISSUERS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "refusing connections": closed_port,
    "silent": lambda: raw_server(silence),
    "dripping headers": lambda: raw_server(dripping_headers),
    "dripping a body": lambda: raw_server(dripping_body),
    "dripping chunks": lambda: raw_server(dripping_chunks),
}
BAD_AT_DISCOVERY: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "silent at discovery": lambda: raw_server(silence),
    "dripping a discovery document": lambda: raw_server(dripping_body),
    "slow at discovery and at its keys": slow_twice,
}


@pytest.fixture(scope="module")
def observed(started_stand_ins: StandIns) -> Iterator[dict[str, Observed]]:
    """Yield the results of all bad issuers, run at once because each takes its time."""
    bearer = started_stand_ins.identity.bearer("alice")

    def observe(url: str, keys_url: str | None) -> Observed:
        issuer = started_stand_ins.identity.issuer if keys_url else url
        verifier = TokenVerifier([Issuer(issuer, frozenset({AUDIENCE}), keys_url)])
        started = time.perf_counter()
        return Observed(outcomes_at_once(verifier, bearer), time.perf_counter() - started)

    starts = BAD_ISSUERS | BAD_AT_DISCOVERY
    with ExitStack() as servers, ThreadPoolExecutor(len(starts)) as observers:
        urls = [servers.enter_context(start()) for start in starts.values()]
        keys_urls = [
            f"{url}/{KEYS_PATH}" if name in BAD_ISSUERS else None
            for name, url in zip(starts, urls, strict=True)
        ]
        yield dict(zip(starts, observers.map(observe, urls, keys_urls), strict=True))


@pytest.mark.parametrize("issuer", [*BAD_ISSUERS, *BAD_AT_DISCOVERY])
def test_no_caller_waits_long_for_an_issuer(observed: dict[str, Observed], issuer: str) -> None:
    assert observed[issuer].outcomes == ["identity_unavailable"] * CALLERS
    assert observed[issuer].seconds < LIMIT_SECONDS


def test_an_issuer_whose_name_cannot_be_found_is_unavailable(stand_ins: StandIns) -> None:
    verifier = new_verifier(stand_ins, "http://no-such-host.invalid/jwks.json")

    with pytest.raises(IdentityUnavailable):
        verifier.user(f"Bearer {stand_ins.identity.bearer('alice')}")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "data:,{}", "ftp://issuer.test/", "nowhere"])
def test_keys_are_only_taken_from_an_http_address(stand_ins: StandIns, url: str) -> None:
    gateway = stand_ins.gateway(AUTH_JWKS_URL=url)

    reply = gateway.request("GET", "/rooms", bearer=stand_ins.identity.bearer("alice"))

    assert (reply.status, reply.code) == (503, "not_configured")
