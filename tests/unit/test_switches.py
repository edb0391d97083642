"""Callers around an announced switch of credentials, each on an instance of its own."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from chalicelib.adapters.secrets_manager import RESERVED_SECONDS, SecretsManagerCredentials
from chalicelib.core.ports.credentials import OpenTokCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds
from chalicelib.core.support.switch_times import USUAL_TIMES
from tests.fakes.clock import FrozenClock
from tests.support.noon import NOON

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SWITCH = NOON + timedelta(seconds=USUAL_TIMES.notice)
JOIN_SECONDS = 8.0


class Secret:
    """A secret whose versions change as time passes."""

    def __init__(self, clock: FrozenClock) -> None:
        self.away_from: datetime | None = None
        self.reads: list[str] = []
        self._clock = clock
        self._current: list[tuple[datetime, dict[str, object]]] = []
        self._pending: dict[str, object] | None = None

    def put(self, at: datetime, secret: str, switch_at: datetime | None = None) -> None:
        """Have this content be current from a time on."""
        announced = None if switch_at is None else epoch_milliseconds(switch_at)
        self.put_content(at, {"apiKey": "47000001", "apiSecret": secret, "switchAt": announced})

    def put_content(self, at: datetime, content: dict[str, object]) -> None:
        self._current.append((at, content))

    def put_pending(self, secret: str) -> None:
        self._pending = {"apiKey": "47000001", "apiSecret": secret}

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> dict[str, str]:  # noqa: N803
        self.reads.append(VersionStage)
        now = self._clock.now
        if self.away_from is not None and now >= self.away_from:
            raise ConnectTimeoutError(endpoint_url="https://secretsmanager.test")
        content = self._pending
        if VersionStage == "AWSCURRENT":
            content = [each for at, each in self._current if at <= now][-1]
        if content is None:
            missing = {"Error": {"Code": "ResourceNotFoundException", "Message": ""}}
            raise ClientError(missing, "GetSecretValue")  # type: ignore[arg-type]
        return {"Name": SecretId, "SecretString": json.dumps(content)}


class Instance:
    """A running function, and its callers, who come one after another."""

    def __init__(self, secret: Secret, clock: FrozenClock) -> None:
        self._clock = clock
        self.source = SecretsManagerCredentials(
            cast("SecretsManagerClient", secret),
            "roomkey/test/opentok",
            clock=lambda: clock.now.timestamp(),  # noqa: PLW0108 - the clock moves
            now=clock,
        )

    def call(self) -> tuple[str, float]:
        """Return the secret that a caller gets, and the seconds for which the caller waited."""
        came = self._clock.now
        found = self.source.current(self.deadline(came))
        return _secret_of(found), (self._clock.now - came).total_seconds()

    def deadline(self, came: datetime, seconds: float = JOIN_SECONDS) -> Deadline:
        return Deadline(
            seconds,
            clock=lambda: (self._clock.now - came).total_seconds(),  # noqa: PLW0108 - as above
            sleep=lambda waited: self._clock.forward(seconds=waited),
        )


def _secret_of(found: object) -> str:
    assert isinstance(found, OpenTokCredentials)
    return found.api_secret


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOON)


@pytest.fixture
def secret(clock: FrozenClock) -> Secret:
    """A secret with a switch announced, at which the new content can be read within a second."""
    secret = Secret(clock)
    secret.put(NOON - timedelta(hours=1), "old")
    secret.put(NOON, "old", SWITCH)
    secret.put(SWITCH + timedelta(seconds=0.9), "new")
    return secret


@pytest.fixture
def instance(secret: Secret, clock: FrozenClock) -> Instance:
    return Instance(secret, clock)


def at(clock: FrozenClock, seconds: float) -> None:
    """Put the clock to so many seconds from the switch."""
    clock.now = SWITCH + timedelta(seconds=seconds)


def test_before_the_switch_nobody_waits_and_the_secret_is_read_as_seldom_as_ever(
    instance: Instance, secret: Secret, clock: FrozenClock
) -> None:
    for before in (-300, -150, -10, -USUAL_TIMES.lead - 0.1):
        at(clock, before)
        assert instance.call() == ("old", 0)
    assert len(secret.reads) == 1


def test_who_comes_shortly_before_the_switch_waits_for_the_new_credentials(
    instance: Instance, clock: FrozenClock
) -> None:
    at(clock, -200)
    assert instance.call() == ("old", 0)
    at(clock, -USUAL_TIMES.lead)

    found, waited = instance.call()

    assert found == "new"
    assert USUAL_TIMES.lead + 0.9 <= waited <= USUAL_TIMES.lead + 1.2
    assert instance.call() == ("new", 0)


@pytest.mark.parametrize("since", [-0.5, 0, 0.5, 0.95, 4, 20, 90])
@pytest.mark.parametrize("read_at", [-300, -100, -10])
def test_whoever_comes_later_gets_the_new_credentials_however_old_the_instances_are(
    instance: Instance, clock: FrozenClock, since: float, read_at: float
) -> None:
    at(clock, read_at)
    assert instance.call() == ("old", 0)
    at(clock, since)

    found, waited = instance.call()

    assert found == "new"
    assert waited <= max(0.0, 0.9 - since) + 0.2 + 1e-6


def test_an_instance_that_read_the_secret_just_before_the_announcement_knows_it_in_time(
    instance: Instance, clock: FrozenClock
) -> None:
    clock.now = NOON - timedelta(milliseconds=1)
    assert instance.call() == ("old", 0)
    at(clock, -USUAL_TIMES.lead - 0.1)
    assert instance.call() == ("old", 0)
    at(clock, 0)

    assert instance.call()[0] == "new"


def test_a_new_instance_waits_as_well(instance: Instance, clock: FrozenClock) -> None:
    at(clock, -1)

    assert instance.call()[0] == "new"


def test_a_switch_that_does_not_happen_refuses_nobody_and_holds_nobody_for_long(
    secret: Secret, clock: FrozenClock
) -> None:
    stuck = Secret(clock)
    stuck.put(NOON, "old", SWITCH)
    instance = Instance(stuck, clock)
    at(clock, -1)

    found, waited = instance.call()
    assert found == "old"
    assert waited == pytest.approx(JOIN_SECONDS - RESERVED_SECONDS)
    at(clock, USUAL_TIMES.hold)
    assert instance.call() == ("old", 0)
    assert secret.reads == []


@pytest.mark.parametrize(("late", "known_after"), [(15, 2), (60, 8), (3000, 301)])
def test_a_switch_that_happens_late_is_known_soon(
    clock: FrozenClock, late: float, known_after: float
) -> None:
    secret = Secret(clock)
    secret.put(NOON, "old", SWITCH)
    secret.put(SWITCH + timedelta(seconds=late), "new")
    instance = Instance(secret, clock)
    at(clock, late - 0.1)
    assert instance.call() == ("old", 0)

    at(clock, late + known_after)

    assert instance.call() == ("new", 0)


def test_while_secrets_manager_is_away_the_credentials_stay_in_use(
    instance: Instance, secret: Secret, clock: FrozenClock
) -> None:
    at(clock, -100)
    assert instance.call() == ("old", 0)
    secret.away_from = SWITCH - timedelta(seconds=50)
    at(clock, USUAL_TIMES.hold + 1)

    assert instance.call() == ("old", 0)
    tried = len(secret.reads)
    clock.forward(seconds=1)
    assert instance.call() == ("old", 0)
    assert len(secret.reads) == tried
    secret.away_from = None
    clock.forward(seconds=USUAL_TIMES.retry)
    assert instance.call() == ("new", 0)


def test_who_is_refused_during_the_switch_waits_for_the_new_credentials(
    instance: Instance, clock: FrozenClock
) -> None:
    at(clock, -USUAL_TIMES.lead - 0.1)
    refused = instance.source.current(instance.deadline(clock.now))
    at(clock, 0.1)

    renewed = instance.source.after_refusal(refused, instance.deadline(clock.now))

    assert _secret_of(renewed) == "new"


def test_who_is_refused_after_another_caller_has_read_the_same_waits_too(
    instance: Instance, clock: FrozenClock
) -> None:
    at(clock, -USUAL_TIMES.lead - 0.1)
    refused = instance.source.current(instance.deadline(clock.now))
    at(clock, 0.1)
    # This caller's time is over before the new credentials can be read.
    assert _secret_of(instance.source.current(instance.deadline(clock.now, 2))) == "old"

    renewed = instance.source.after_refusal(refused, instance.deadline(clock.now))

    assert _secret_of(renewed) == "new"


def test_after_an_interrupted_rotation_a_refused_caller_gets_the_pending_credentials(
    clock: FrozenClock,
) -> None:
    secret = Secret(clock)
    secret.put(NOON, "old", SWITCH)
    secret.put_pending("new")
    instance = Instance(secret, clock)
    at(clock, 60)
    refused = instance.source.current(instance.deadline(clock.now))

    renewed = instance.source.after_refusal(refused, instance.deadline(clock.now))

    assert _secret_of(renewed) == "new"
    assert secret.reads[-1] == "AWSPENDING"


def test_a_refused_caller_without_a_rotation_is_left_to_the_current_credentials(
    clock: FrozenClock,
) -> None:
    secret = Secret(clock)
    secret.put(NOON, "old")
    secret.put_pending("new")
    instance = Instance(secret, clock)
    refused = instance.source.current(instance.deadline(clock.now))

    renewed = instance.source.after_refusal(refused, instance.deadline(clock.now))

    assert _secret_of(renewed) == "old"
    assert set(secret.reads) == {"AWSCURRENT"}


@pytest.mark.parametrize("announced", ["soon", None, True, 10**30, -1, [], 1.5])
def test_an_announcement_that_is_none_is_ignored(clock: FrozenClock, announced: object) -> None:
    secret = Secret(clock)
    content = {"apiKey": "47000001", "apiSecret": "odd", "switchAt": announced}
    secret.put_content(NOON, content)

    assert Instance(secret, clock).call() == ("odd", 0)
