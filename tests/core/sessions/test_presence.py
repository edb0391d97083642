"""The list of those who are in, and its counts: both are of one answer, so they agree."""

from datetime import timedelta

import pytest

from chalicelib.core.model.connection import (
    Connection,
    Counts,
    Participant,
    Stream,
)
from chalicelib.core.sessions.read_presence import FEW_CONNECTIONS, ReadPresence
from tests.fakes.service import BOB, CAROL, Service
from tests.support.noon import NOON

MINUTE = timedelta(minutes=1)


@pytest.fixture
def presence(service: Service) -> ReadPresence:
    return service.use_cases.read_presence


def enter_many(service: Service, number: int) -> None:
    for each in range(number):
        service.arrives(Connection(f"c-{each}", NOON, Participant("bob")))


def listed(service: Service, limit: int) -> tuple[int, Counts]:
    """Return how many connections the first page has, and the counts with it."""
    page, counts = service.use_cases.read_presence.connections(
        BOB, "standup", None, limit, service.deadline
    )
    return len(page.connections), counts.counts


def test_a_page_with_everybody_counts_whom_it_shows(
    service: Service, presence: ReadPresence
) -> None:
    service.open()
    assert presence.counts(service.room(), service.deadline).counts.connections == 0
    service.enter(BOB)
    shown, counts = listed(service, limit=1)
    assert (shown, counts.connections) == (1, 1)


def test_saved_counts_that_contradict_a_page_are_counted_anew(service: Service) -> None:
    service.open()
    service.enter(BOB)
    presence = service.use_cases.read_presence
    assert presence.counts(service.room(), service.deadline).counts.connections == 1
    service.enter(CAROL)
    shown, counts = listed(service, limit=1)
    assert (shown, counts.connections) == (1, 2)


def test_saved_counts_with_fewer_streams_than_a_page_are_counted_anew(service: Service) -> None:
    service.open()
    connection_ids = [service.enter(user) for user in (BOB, CAROL)]
    assert listed(service, limit=1)[1].streams == 0
    session = service.use_cases.session_tracker.find(service.room().session_id, service.deadline)
    assert session is not None
    for each in connection_ids:
        stream = Stream(f"stream-of-{each}", "camera", "camera", NOON)
        service.stores.sessions.record_stream(session, each, stream, service.deadline)
    assert listed(service, limit=1)[1].publishing == 2


def test_few_connections_are_counted_when_they_are_read_and_many_by_reconciliation(
    service: Service,
) -> None:
    service.open()
    enter_many(service, FEW_CONNECTIONS)
    assert listed(service, limit=1)[1].counted_at == NOON
    service.clock.now += timedelta(seconds=5)
    assert listed(service, limit=1)[1].counted_at == NOON + timedelta(seconds=5)

    enter_many(service, FEW_CONNECTIONS + 1)
    service.clock.now += timedelta(seconds=5)
    assert listed(service, limit=1)[1].connections == FEW_CONNECTIONS + 1
    counted_at = service.clock.now
    service.clock.now += MINUTE
    assert listed(service, limit=1)[1].counted_at == counted_at


def test_many_who_have_become_few_are_counted_by_a_reader(service: Service) -> None:
    service.open()
    enter_many(service, FEW_CONNECTIONS + 1)
    assert listed(service, limit=1)[1].connections == FEW_CONNECTIONS + 1
    session = service.use_cases.session_tracker.find(service.room().session_id, service.deadline)
    assert session is not None
    service.use_cases.session_tracker.on_disconnected(
        session, "c-0", service.clock.now, service.deadline
    )
    service.clock.now += timedelta(seconds=5)
    assert listed(service, limit=1)[1].connections == FEW_CONNECTIONS


def test_reconciliation_counts_many_and_a_reader_does_where_it_is_late(service: Service) -> None:
    service.open()
    enter_many(service, FEW_CONNECTIONS + 1)
    service.clock.now += MINUTE
    service.reconcile()
    session_id = service.room().session_id
    counts = service.stores.sessions.counts(session_id, service.deadline)
    assert counts is not None
    assert (counts.connections, counts.counted_at) == (FEW_CONNECTIONS + 1, NOON + MINUTE)
    service.clock.now += 3 * MINUTE
    assert listed(service, limit=1)[1].counted_at == service.clock.now
