"""`make rehearse-upgrade`: the previous release is deployed and used, then this version.

The recordings of `tests/tables` say the same of all earlier releases, at less cost.
"""

from collections.abc import Iterator

import pytest

from tests.deploy.upgraded import Upgraded, upgrade
from tests.support.kept_answers import is_kept

pytestmark = [
    pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning"),  # moto's gaps
]


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    with upgrade(tmp_path_factory.mktemp("upgrade")) as seen:
        yield seen


def test_both_deployments_succeed_at_the_same_url(upgraded: Upgraded) -> None:
    for name in ("secret", "previous", "upgrade"):
        assert upgraded.acts[name].status == 0, upgraded.acts[name].output
    urls = [
        next(line for line in upgraded.acts[name].output.splitlines() if line.startswith("  URL "))
        for name in ("previous", "upgrade")
    ]
    assert urls[0] == urls[1]


def test_nobody_is_refused_while_the_stage_is_upgraded(upgraded: Upgraded) -> None:
    assert len(upgraded.meanwhile["join"]) >= 10
    assert set(upgraded.meanwhile["join"]) == {201}
    assert set(upgraded.meanwhile["wait"]) == {202}


def test_the_table_stays_and_every_item_of_it(upgraded: Upgraded) -> None:
    before, after = upgraded.tables
    assert before == after
    assert len(upgraded.keys[0]) > 10
    assert upgraded.keys[0] - upgraded.keys[1] == set()


def test_rooms_seats_and_recordings_are_shown_as_before(upgraded: Upgraded) -> None:
    assert upgraded.before.keys() == upgraded.after.keys()
    changed = {
        path: (before, upgraded.after[path])
        for path, before in upgraded.before.items()
        if not is_kept(before, upgraded.after[path])
    }
    assert changed == {}
    archives = upgraded.before["rooms/seats/archives"]["items"]
    assert {each["status"] for each in archives} == {"started", "available"}
    assert len(upgraded.before["rooms/seats/connections"]["items"]) == 1
    assert len(upgraded.before["rooms/clinic/waiting"]["items"]) == 1


def test_a_seat_that_was_held_is_used_and_a_limit_holds(upgraded: Upgraded) -> None:
    assert upgraded.seated == [{"alice", "bob"}, {"bob"}]
    assert upgraded.answers["third"].status_code == 201
    fourth = upgraded.answers["fourth"]
    assert (fourth.status_code, fourth.json()["code"]) == (409, "room_full")


def test_a_recording_that_ran_is_stopped_and_both_are_listed(upgraded: Upgraded) -> None:
    assert upgraded.answers["stop"].status_code == 200
    statuses = sorted(each["status"] for each in upgraded.answers["film"].json()["items"])
    assert statuses == ["available", "stopped"]


def test_a_guest_who_waited_is_admitted_and_the_invitation_is_still_good(
    upgraded: Upgraded,
) -> None:
    assert upgraded.answers["admit"].status_code == 204
    assert upgraded.answers["guest"].status_code == 201
    assert upgraded.answers["another guest"].status_code == 202


def test_a_minute_later_who_is_in_is_still_shown_and_the_room_is_emptied_at_its_end(
    upgraded: Upgraded,
) -> None:
    shown = upgraded.answers["seats later"].json()["items"]
    assert [each["userId"] for each in shown] == ["bob"]
    assert upgraded.answers["close"].status_code == 204
    assert upgraded.emptied == []
