"""Rooms with participants, over HTTP: joins of one room, and OpenTok's callbacks."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import requests

from bench.figures.costs import ratios
from bench.figures.report import Row, Section, times
from bench.load import CALLERS, Load, PostRequest, run_in_turn
from bench.over_http import join, running_stack
from chalicelib.core.model.room_settings import MAX_PARTICIPANTS
from local.bearer import fetch_bearer
from local.ports import Ports
from local.providers.provider import Provider
from stand_ins.opentok.callbacks.callback_signature import signed

LIMITS: Final[Sequence[Mapping[str, object]]] = ({}, {"maxParticipants": MAX_PARTICIPANTS})

_CALLBACKS: Final = "/callbacks/session"


def section() -> Section:
    """Measure joins and callbacks per second for a room with and without a limit."""
    with running_stack() as stack:
        ports, provider = stack.ports, stack.provider
        rooms = [_new_room(ports, f"room-{number}", each) for number, each in enumerate(LIMITS)]
        bearers = [fetch_bearer(ports, f"user-{number}") for number in range(max(CALLERS))]
        pairs = {
            f"{what}, {callers} at once": [each(room, callers) for room in rooms]
            for what, each in (
                ("joins of one room", partial(_joins, bearers)),
                ("callbacks of one room", partial(_callbacks, provider)),
            )
            for callers in CALLERS
        }
        run_in_turn((load, ports) for pair in pairs.values() for load in pair)
    return Section(
        "Live rooms, over HTTP", [row for what, pair in pairs.items() for row in _rows(what, *pair)]
    )


def events(provider: Provider, session_id: str, caller: int) -> Iterator[PostRequest]:
    """Yield signed callbacks without end: a user connects, disconnects, and connects again."""
    key = provider.secret["apiKey"]
    (secret,) = provider.secret["callbackSecrets"]["session"]
    data, number = json.dumps({"userId": f"user-{caller}"}), 0
    while True:
        number += 1
        for event in ("connectionCreated", "connectionDestroyed"):
            now = time.time()
            connection = {"id": f"{caller}-{number}", "createdAt": int(now * 1000), "data": data}
            content = {"sessionId": session_id, "projectId": key, "event": event}
            body = json.dumps(content | {"connection": connection})
            bearer = signed(body.encode(), secret, key, now)
            yield PostRequest(_CALLBACKS, body, bearer, HTTPStatus.OK)


def _joins(bearers: Sequence[str], room: Mapping[str, str], callers: int) -> Load:
    return Load(callers, lambda caller: join(room["room"], bearers[caller]))


def _callbacks(provider: Provider, room: Mapping[str, str], callers: int) -> Load:
    streams = [events(provider, room["sessionId"], caller) for caller in range(callers)]
    return Load(callers, lambda caller: next(streams[caller]))


def _new_room(ports: Ports, name: str, settings: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
    answer = requests.put(
        f"{ports.app_url}/rooms/{name}",
        json=settings,
        headers={"Authorization": f"Bearer {fetch_bearer(ports, 'alice')}"},
        timeout=30,
    )
    answer.raise_for_status()
    return answer.json()


def _rows(what: str, without: Load, within: Load) -> list[Row]:
    compared = f"{times(ratios(within.per_second, without.per_second))} × as many; "
    return [without.row(what), within.row(f"{what} with a limit", compared)]
