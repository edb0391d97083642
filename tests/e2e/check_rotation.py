"""A rotation under load: callers join and connect again and again, and nobody is refused."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import pytest

from app import build_app
from chalicelib.composition.services import Services
from chalicelib.core.support.switch_times import SwitchTimes
from stand_ins.aws.rotation import SecretRotation
from stand_ins.http.server import HttpServer
from stand_ins.opentok import OpenTokStandIn
from stand_ins.opentok.tokens.token_errors import TokenRefusedError
from tests.support.gateway import Gateway, LambdaContext
from tests.support.servers.stand_ins import (
    API_KEY,
    API_SECRET,
    APPLICATION_ID,
    SECRET_ID,
    StandIns,
)

pytestmark = pytest.mark.usual_privacy

QUICK = SwitchTimes(fresh=2, retry=0.5, lead=2.0, hold=4.0, latest_start=2.0)
"""The usual times, but for a rotation in seven seconds."""
INSTANCES = 3
CALLERS_EACH = 2
PAUSE_SECONDS = 0.1
"""The time from a caller's join to the next. One of 0.02 s takes twice the processor time."""
SECONDS_AROUND = 1.0
"""The time of load before the rotation and after it."""
ACCOUNT = {"accountKey": "46000001", "accountSecret": "acc0acc0acc0acc0acc0acc0acc0acc0acc0acc0"}
JOIN_SECONDS = 8.0


@dataclass
class Seen:
    """The answers that callers saw."""

    joins: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    tokens: list[str] = field(default_factory=list)


class Load:
    """Callers who join and connect, one after the other, until they are told to stop.

    Every second one joins a room that is there, and every other one a new room, for which OpenTok
    is asked for a session.
    """

    def __init__(self, stand_ins: StandIns, opentok: OpenTokStandIn) -> None:
        self.seen = Seen()
        self._stand_ins = stand_ins
        self._opentok = opentok
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._numbers = count(1)

    @contextmanager
    def on(self, instances: list[Gateway]) -> Iterator[None]:
        callers = [
            threading.Thread(target=self._join_again_and_again, args=(instance, number % 2 == 0))
            for instance in instances
            for number in range(CALLERS_EACH)
        ]
        for each in callers:
            each.start()
        try:
            yield
        finally:
            self._stop.set()
            for each in callers:
                each.join()

    def _join_again_and_again(self, instance: Gateway, new_rooms: bool) -> None:
        user = f"user-{next(self._numbers)}"
        bearer = self._stand_ins.identity.bearer(user)
        while not self._stop.wait(PAUSE_SECONDS):
            room = f"room-{next(self._numbers)}" if new_rooms else "standup"
            self._join(instance, bearer, room)

    def _join(self, instance: Gateway, bearer: str, room: str) -> None:
        came, failure, token = time.monotonic(), None, ""
        reply = instance.request("POST", f"/rooms/{room}/tokens", bearer=bearer)
        took = time.monotonic() - came
        if reply.status != 201:
            failure = f"{reply.status} {reply.text}"
        else:
            token = reply.json["token"]
            try:
                self._opentok.connect(token)
            except TokenRefusedError as error:
                failure = f"the token is refused: {error}"
        with self._lock:
            self.seen.joins += 1
            self.seen.slowest = max(self.seen.slowest, took)
            self.seen.tokens.append(token)
            if failure is not None:
                self.seen.failures.append(failure)


@pytest.fixture(params=["OpenTok", "Vonage"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opentok(stand_ins: StandIns, kind: str) -> Iterator[OpenTokStandIn]:
    vonage = {APPLICATION_ID: stand_ins.vonage.public}
    stand_in = OpenTokStandIn(
        projects={API_KEY: API_SECRET} if kind == "OpenTok" else {},
        applications=vonage if kind == "Vonage" else {},
        accounts={ACCOUNT["accountKey"]: ACCOUNT["accountSecret"]},
    )
    yield stand_in
    stand_in.stop()


@pytest.fixture
def environment(
    stand_ins: StandIns, opentok: OpenTokStandIn, kind: str
) -> Iterator[Mapping[str, str]]:
    client = stand_ins.secretsmanager()
    client.create_secret(Name="roomkey/test/account", SecretString=json.dumps(ACCOUNT))
    if kind == "Vonage":
        stand_ins.put_secret(
            {"applicationId": APPLICATION_ID, "privateKey": stand_ins.vonage.private}
        )
    with HttpServer(opentok.wsgi_app) as server:
        yield {
            **stand_ins.environment,
            "OPENTOK_API_URL": server.url,
            "ROTATION_DAYS": "30",
            "MAX_POOLED_SESSIONS": "0",
            "MAX_TOKENS_PER_MINUTE": "100000",
            "MAX_ROOMS_PER_HOUR": "100000",
            "MAX_ROOMS": "1000",
        }


def instance(environment: Mapping[str, str]) -> Gateway:
    """A running function, which shares nothing with the others."""
    services = partial(Services, times=QUICK, vonage_accounts_url=environment["OPENTOK_API_URL"])
    return Gateway(build_app(environment, new_services=services))


def test_a_rotation_under_load_fails_no_join(
    stand_ins: StandIns, opentok: OpenTokStandIn, environment: Mapping[str, str]
) -> None:
    instances = [instance(environment) for _ in range(INSTANCES)]
    function = instance(environment).app.handler_map["rotate_credentials"]
    region = stand_ins.secretsmanager().meta.region_name
    rotation = SecretRotation(SECRET_ID, region, lambda event: function(event, LambdaContext()))
    load = Load(stand_ins, opentok)
    rotation.try_out()

    with load.on(instances):
        time.sleep(SECONDS_AROUND)
        before = list(load.seen.tokens)
        rotation.rotate()
        time.sleep(SECONDS_AROUND)
        seen = load.seen

    assert seen.failures == []
    assert seen.joins > 2 * len(before) > 0
    assert seen.slowest < JOIN_SECONDS
    # What became of client tokens: the earlier ones are refused, the later ones good.
    with pytest.raises(TokenRefusedError):
        opentok.connect(before[-1])
    assert opentok.connect(seen.tokens[-1])
