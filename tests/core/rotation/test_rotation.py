"""The steps of a rotation, their repetition, and the moment in which credentials change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chalicelib.core.ports.credentials import Credentials, OpenTokCredentials, VonageCredentials
from chalicelib.core.rotation.rotate_credentials import REPLACEMENTS, RotateCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.switch_times import SwitchTimes
from chalicelib.errors import (
    NotConfigured,
    ProviderRefused,
    ProviderUnavailable,
    RoomkeyError,
    StoreUnavailable,
)
from tests.fakes.clock import FrozenClock
from tests.fakes.faults import Faults
from tests.fakes.rotation import FakeIssuer, FakeVersions
from tests.support.noon import NOON

TIMES = SwitchTimes()
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
NEW = "second"
OPENTOK = OpenTokCredentials("47000001", "secret-0")
VONAGE = VonageCredentials("an-application", "key-0")
BOTH = pytest.mark.parametrize(
    "before", [OPENTOK, VONAGE], ids=["OpenTok", "Vonage"], indirect=True
)


@dataclass
class Rotation:
    """A rotation on fakes, and a clock that moves while somebody waits."""

    clock: FrozenClock
    versions: FakeVersions
    issuer: FakeIssuer
    seconds: float = 470

    def step(self, name: str, version: str = NEW) -> None:
        rotate = RotateCredentials(self.versions, self.issuer, self.clock, TIMES)
        rotate.step(name, version, self.deadline)

    def run(self, *names: str) -> None:
        for name in names:
            self.step(name)

    @property
    def deadline(self) -> Deadline:
        return Deadline(
            self.seconds,
            clock=lambda: self.clock.now.timestamp(),  # noqa: PLW0108 - the clock moves
            sleep=lambda seconds: self.clock.forward(seconds=seconds),
        )

    @property
    def in_use(self) -> Credentials:
        return self.versions.current(self.deadline).credentials


@pytest.fixture
def before(request: pytest.FixtureRequest) -> Credentials:
    """The credentials before the rotation: Vonage's, unless a test names others."""
    given: Credentials = getattr(request, "param", VONAGE)
    return given


def new_rotation(before: Credentials) -> Rotation:
    clock = FrozenClock(NOON)
    return Rotation(clock, FakeVersions(before), FakeIssuer(clock, before))


def fail_at(faults: Faults, method: str, number: int, *, lost: bool) -> None:
    """Let the call of this number fail, before or after its work."""
    fail = faults.lose_answer if lost else faults.fail_next

    def count() -> None:
        if faults.calls[method] == number and not failing:
            failing.append(method)
            fail(method)

    failing: list[str] = []
    faults.delay = count


@pytest.fixture
def rotation(before: Credentials) -> Iterator[Rotation]:
    rotation = new_rotation(before)
    yield rotation
    assert [*rotation.versions.faults.unused(), *rotation.issuer.faults.unused()] == []


@BOTH
def test_the_four_steps_put_new_credentials_in_use_that_the_platform_accepts(
    rotation: Rotation, before: Credentials
) -> None:
    rotation.run(*STEPS)

    assert rotation.in_use == rotation.issuer.on_record != before
    assert rotation.versions.current_version == NEW
    assert rotation.versions.current(rotation.deadline).switch_at is None
    assert rotation.versions.other == "callbacks"


@BOTH
def test_each_step_may_be_repeated_and_then_changes_nothing(
    rotation: Rotation, before: Credentials
) -> None:
    rotation.run(*(each for each in STEPS for _ in range(3)))
    rotation.run(*STEPS)

    assert len(rotation.issuer.replaced_at) == 1
    assert rotation.in_use == rotation.issuer.on_record != before


@BOTH
def test_the_switch_is_announced_before_every_instance_has_read_the_secret_again(
    rotation: Rotation,
) -> None:
    rotation.run(*STEPS)

    (at,) = rotation.issuer.replaced_at
    assert at == NOON + timedelta(seconds=TIMES.notice)
    assert TIMES.notice > TIMES.fresh + TIMES.retry


@BOTH
def test_new_credentials_are_tried_before_they_are_in_use(
    rotation: Rotation, before: Credentials
) -> None:
    in_use = []
    rotation.issuer.faults.before_next("accepts", lambda: in_use.append(rotation.in_use))

    rotation.run("createSecret", "setSecret")

    assert in_use == [before]
    assert rotation.issuer.faults.calls["accepts"] == 1


@BOTH
def test_credentials_that_the_platform_never_accepts_are_never_in_use(
    rotation: Rotation, before: Credentials
) -> None:
    rotation.issuer.accepts_after = 10_000

    with pytest.raises(ProviderRefused):
        rotation.run(*STEPS)

    assert rotation.in_use == before


@BOTH
def test_a_platform_that_takes_a_while_is_waited_for(rotation: Rotation) -> None:
    rotation.issuer.accepts_after = 5

    rotation.run(*STEPS)

    assert rotation.in_use == rotation.issuer.on_record


@BOTH
@pytest.mark.parametrize("lost", [False, True], ids=["not done", "done and not answered"])
def test_wherever_secrets_manager_fails_the_next_run_ends_the_rotation(
    before: Credentials, lost: bool
) -> None:
    for method in ("is_current", "current", "pending", "announce", "put", "promote"):
        for number in range(1, 99):
            rotation = new_rotation(before)
            fail_at(rotation.versions.faults, method, number, lost=lost)
            try:
                rotation.run(*STEPS)
            except StoreUnavailable:
                rotation.run(*STEPS)
                assert rotation.in_use == rotation.issuer.on_record != before
                assert len(rotation.issuer.replaced_at) == 1
            else:
                assert number > 1
                break


@BOTH
def test_an_answer_that_is_lost_costs_no_second_replacement(rotation: Rotation) -> None:
    rotation.issuer.faults.lose_answer("replace")

    rotation.run(*STEPS)

    assert len(rotation.issuer.replaced_at) == 1
    assert rotation.in_use == rotation.issuer.on_record


@BOTH
def test_an_interrupted_switch_goes_on_at_once_because_nobody_can_join_meanwhile(
    rotation: Rotation,
) -> None:
    rotation.versions.faults.fail_next("promote")
    with pytest.raises(StoreUnavailable):
        rotation.run("createSecret", "setSecret")
    interrupted = rotation.clock.now

    rotation.run(*STEPS)

    assert rotation.clock.now == interrupted
    assert rotation.in_use == rotation.issuer.on_record


@BOTH
def test_a_platform_that_is_away_leaves_the_credentials_in_use(
    rotation: Rotation, before: Credentials
) -> None:
    rotation.issuer.faults.fail_next("replace", times=REPLACEMENTS)

    with pytest.raises(ProviderUnavailable):
        rotation.run(*STEPS)

    assert rotation.in_use == rotation.issuer.on_record == before
    later = rotation.clock.now
    rotation.run(*STEPS)
    assert rotation.in_use == rotation.issuer.on_record
    assert rotation.issuer.replaced_at == [later + timedelta(seconds=TIMES.notice)]


@BOTH
def test_an_account_that_the_platform_refuses_changes_nothing(
    rotation: Rotation, before: Credentials
) -> None:
    rotation.issuer.refuse_account("knows")

    with pytest.raises(ProviderRefused):
        rotation.run(*STEPS)

    assert rotation.in_use == rotation.issuer.on_record == before
    assert rotation.issuer.replaced_at == []


@BOTH
def test_a_run_that_would_end_before_the_switch_replaces_nothing(
    rotation: Rotation, before: Credentials
) -> None:
    rotation.seconds = 60

    with pytest.raises(StoreUnavailable):
        rotation.run(*STEPS)

    assert rotation.issuer.on_record == before


def test_a_switch_that_was_missed_is_announced_again(rotation: Rotation) -> None:
    rotation.step("createSecret")
    rotation.clock.forward(hours=1)

    rotation.run("setSecret", "testSecret", "finishSecret")

    assert rotation.issuer.replaced_at == [
        NOON + timedelta(hours=1) + timedelta(seconds=TIMES.notice)
    ]


def test_a_key_that_somebody_else_replaced_is_named_and_not_put_in_use(
    rotation: Rotation, before: Credentials
) -> None:
    rotation.step("createSecret")
    rotation.issuer.on_record = VonageCredentials("an-application", "by hand")

    rotation.step("setSecret")

    assert (
        rotation.in_use == rotation.issuer.on_record == VonageCredentials("an-application", "key-1")
    )
    assert rotation.in_use != before


@pytest.mark.parametrize("before", [OPENTOK], indirect=True)
def test_a_secret_that_somebody_else_made_during_the_rotation_is_not_taken_for_ours(
    rotation: Rotation, before: Credentials
) -> None:
    rotation.versions.faults.fail_next("promote")
    with pytest.raises(StoreUnavailable):
        rotation.step("createSecret")
    rotation.issuer.on_record = OpenTokCredentials("47000001", "by hand")

    with pytest.raises(ProviderRefused) as refused:
        rotation.step("setSecret")

    assert "by somebody else" in str(refused.value.note)
    assert rotation.in_use == before


@BOTH
def test_a_rotation_that_is_switched_on_tries_what_is_in_use(
    rotation: Rotation, before: Credentials
) -> None:
    rotation.step("testSecret")

    assert rotation.in_use == before
    rotation.issuer.on_record = VonageCredentials("another", "key")
    with pytest.raises(ProviderRefused) as refused:
        rotation.step("testSecret")
    assert "on record" in str(refused.value.note)


def test_new_credentials_that_are_not_good_are_not_put_in_use_by_the_last_step(
    rotation: Rotation, before: Credentials
) -> None:
    rotation.step("createSecret")

    with pytest.raises(ProviderRefused):
        rotation.step("finishSecret")

    assert rotation.in_use == before


def test_an_unknown_step_is_refused_by_its_name(rotation: Rotation) -> None:
    with pytest.raises(NotConfigured) as refused:
        rotation.step("deleteSecret")

    assert "deleteSecret" in str(refused.value.note)


@BOTH
def test_no_error_has_a_secret_in_it(rotation: Rotation) -> None:
    rotation.issuer.accepts_after = 10_000

    with pytest.raises(RoomkeyError) as refused:
        rotation.run(*STEPS)

    shown = f"{refused.value!r} {refused.value.note} {rotation.in_use!r}"
    assert "key-" not in shown
    assert "secret-" not in shown


def test_a_step_that_does_not_exist_changes_nothing(
    rotation: Rotation, before: Credentials
) -> None:
    with pytest.raises(NotConfigured) as refused:
        rotation.run("deleteSecret")
    assert refused.value.note == "rotation: there is no step 'deleteSecret'"
    assert rotation.in_use == before


def test_a_platform_that_is_away_during_the_trial_is_tried_again(rotation: Rotation) -> None:
    rotation.issuer.faults.fail_next("accepts", times=3)
    rotation.run(*STEPS)
    assert rotation.versions.current_version == NEW
