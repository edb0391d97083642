"""Pseudonyms: the fake, and the keyed ones by the keys in the secret."""

import pytest

from chalicelib.adapters.pseudonyms import KeyedPseudonyms, log_hash
from chalicelib.adapters.secrets_manager import NEW_KEYS_SECONDS, SecretsManagerCredentials
from chalicelib.core.ports.credentials import Pseudonyms
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import NotConfigured
from tests.fakes.clock import NoHurry
from tests.fakes.pseudonyms import FakePseudonyms
from tests.support.moved_clock import MovedClock
from tests.support.servers.stand_ins import CREDENTIALS, PRIVACY_KEY, SECRET_ID, StandIns

SOON: Deadline = NoHurry()
NEW_KEY = "0c0ffee0" * 8


def keyed(stand_ins: StandIns, clock: MovedClock | None = None) -> KeyedPseudonyms:
    """Return the pseudonyms of a new instance, which has not read the secret yet."""
    credentials = SecretsManagerCredentials(
        stand_ins.secretsmanager(), SECRET_ID, clock or MovedClock()
    )
    return KeyedPseudonyms(credentials)


@pytest.fixture(params=["fake", "keyed"])
def pseudonyms(request: pytest.FixtureRequest) -> Pseudonyms:
    if request.param == "fake":
        return FakePseudonyms()
    stand_ins: StandIns = request.getfixturevalue("stand_ins")
    return keyed(stand_ins)


@pytest.mark.parametrize(
    ("user_id", "name"),
    [("bob", "Bob"), ("bob", None), ("guest:\u00e9\u20ac", 'B"\u00f6\\b'), ("u" * 255, "n" * 300)],
)
def test_an_opaque_id_stands_for_user_and_name_and_shows_neither(
    pseudonyms: Pseudonyms, user_id: str, name: str | None
) -> None:
    sealed = pseudonyms.seal("session-1", user_id, name, SOON)
    assert pseudonyms.unseal("session-1", sealed, SOON) == (user_id, name)
    assert pseudonyms.seal("session-1", user_id, name, SOON) == sealed
    assert user_id not in sealed
    assert name is None or name not in sealed
    assert sealed.replace("-", "").replace("_", "").isalnum()


def test_an_opaque_id_is_of_one_session(pseudonyms: Pseudonyms) -> None:
    sealed = pseudonyms.seal("session-1", "bob", "Bob", SOON)
    assert pseudonyms.unseal("session-2", sealed, SOON) is None
    assert pseudonyms.seal("session-2", "bob", "Bob", SOON) != sealed


@pytest.mark.parametrize("other", ["", "x", "not/base64", "AAAA", "\u00e9", "A" * 64, "="])
def test_what_this_service_did_not_make_stands_for_nobody(
    pseudonyms: Pseudonyms, other: str
) -> None:
    assert pseudonyms.unseal("session-1", other, SOON) is None


def test_a_hash_is_the_same_each_time_and_another_for_another_user(
    pseudonyms: Pseudonyms,
) -> None:
    assert pseudonyms.for_logs("bob", SOON) == pseudonyms.for_logs("bob", SOON)
    assert pseudonyms.for_logs("bob", SOON) != pseudonyms.for_logs("carol", SOON)
    assert "bob" not in pseudonyms.for_logs("bob", SOON)


def test_hashes_and_ids_depend_on_the_key_and_not_on_each_other(stand_ins: StandIns) -> None:
    first = keyed(stand_ins)
    hashed, sealed = first.for_logs("bob", SOON), first.seal("session-1", "bob", None, SOON)
    assert hashed == log_hash("bob", PRIVACY_KEY)
    stand_ins.put_secret(CREDENTIALS | {"privacyKeys": [NEW_KEY]})
    second = keyed(stand_ins)
    assert second.for_logs("bob", SOON) != hashed
    assert second.unseal("session-1", sealed, SOON) is None


def test_lengths_are_told_only_in_steps(stand_ins: StandIns) -> None:
    by_key = keyed(stand_ins)
    lengths = {len(by_key.seal("session-1", "u" * each, None, SOON)) for each in range(1, 60)}
    assert len(lengths) == 3


def test_a_new_key_makes_new_ids_while_an_earlier_one_still_resolves_its_own(
    stand_ins: StandIns,
) -> None:
    before = keyed(stand_ins).seal("session-1", "bob", "Bob", SOON)
    stand_ins.put_secret(CREDENTIALS | {"privacyKeys": [NEW_KEY, PRIVACY_KEY]})
    after = keyed(stand_ins)
    assert after.seal("session-1", "bob", "Bob", SOON) != before
    assert after.unseal("session-1", before, SOON) == ("bob", "Bob")
    assert after.for_logs("bob", SOON) == log_hash("bob", NEW_KEY)


def test_an_instance_reads_the_secret_again_for_an_id_of_a_newer_key_but_not_for_each(
    stand_ins: StandIns,
) -> None:
    clock = MovedClock()
    running = keyed(stand_ins, clock)
    running.for_logs("bob", SOON)
    stand_ins.put_secret(CREDENTIALS | {"privacyKeys": [NEW_KEY, PRIVACY_KEY]})
    newer = keyed(stand_ins).seal("session-1", "bob", "Bob", SOON)
    stand_ins.aws.clear_calls()
    assert running.unseal("session-1", newer, SOON) is None
    clock.forward(NEW_KEYS_SECONDS)
    assert running.unseal("session-1", newer, SOON) == ("bob", "Bob")
    for _ in range(3):
        assert running.unseal("session-1", "A" * 64, SOON) is None
    assert len(stand_ins.aws.calls) == 1


def test_without_a_key_nothing_is_resolved_and_nothing_is_made(stand_ins: StandIns) -> None:
    sealed = keyed(stand_ins).seal("session-1", "bob", None, SOON)
    stand_ins.put_secret({name: CREDENTIALS[name] for name in ("apiKey", "apiSecret")})
    without = keyed(stand_ins)
    assert without.unseal("session-1", sealed, SOON) is None
    with pytest.raises(NotConfigured):
        without.for_logs("bob", SOON)
    with pytest.raises(NotConfigured):
        without.seal("session-1", "bob", None, SOON)


@pytest.mark.parametrize("odd", ["", PRIVACY_KEY, [7], ["short"], [PRIVACY_KEY.upper()], {}])
def test_keys_of_no_use_are_an_error_that_shows_none(stand_ins: StandIns, odd: object) -> None:
    stand_ins.put_secret(CREDENTIALS | {"privacyKeys": odd})
    with pytest.raises(NotConfigured) as raised:
        keyed(stand_ins).for_logs("bob", SOON)
    assert str(raised.value.note).endswith(
        "needs privacyKeys, a list of 64 hexadecimal digits each"
    )
