"""The messages to one client of the client library, kept for a socket that comes back."""

import json

from stand_ins.opentok.clients.outbox import Outbox, Outboxes

SOCKET = object()
LARGE = "x" * 256 * 1024


def opened() -> tuple[Outboxes, Outbox]:
    outboxes = Outboxes()
    return outboxes, outboxes.open("c", "s", now=0.0)


def received(outbox: Outbox, after: int) -> list[str]:
    """Return the types of what a socket sends that has received this number."""
    outbox.attach(SOCKET)
    types = []
    while (found := outbox.next(SOCKET, after)) is not None:
        after, text = found
        types.append(json.loads(text)["type"])
    return types


def test_a_client_that_was_removed_gets_its_last_message_within_the_grace() -> None:
    outboxes, outbox = opened()
    outboxes.put("c", {"type": "signal"})
    outbox.lose(now=1.0, until=3.0)
    outboxes.put("c", {"type": "disconnected"})
    outboxes.close("c", now=2.0)

    outboxes.forget_closed_before(1.9)
    assert outboxes.get("c") is outbox
    assert received(outbox, after=1) == ["disconnected"]
    outboxes.forget_closed_before(2.0)
    assert outboxes.get("c") is None


def test_messages_are_kept_up_to_their_bytes() -> None:
    _, outbox = opened()
    for _ in range(20):
        outbox.put({"type": "relay", "content": LARGE})

    assert not outbox.keeps_all_after(0)
    assert not outbox.keeps_all_after(12)
    assert outbox.keeps_all_after(13)
    assert outbox.keeps_all_after(20)


def test_a_socket_that_missed_a_message_ends_and_skips_none() -> None:
    _, outbox = opened()
    for _ in range(20):
        outbox.put({"type": "relay", "content": LARGE})

    assert received(outbox, after=0) == []


def test_a_single_message_is_kept_whatever_its_size() -> None:
    outboxes, outbox = opened()
    outbox.put({"type": "relay", "content": LARGE * 20})
    outboxes.close("c", now=1.0)

    assert received(outbox, after=0) == ["relay"]
