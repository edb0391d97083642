from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final

from chalicelib.core.deadline import Deadline
from chalicelib.core.live_ports import ListedConnection, LivePlatform
from chalicelib.core.measurements import count
from chalicelib.errors import ProviderUnavailable

_AT_ONCE: Final = 16


def evacuate(platform: LivePlatform, session_id: str, deadline: Deadline) -> bool:
    """Disconnect all whom the platform has in a session; whether that was done in time.

    Doing it again does what was left.

    Raises:
        ProviderRefused: The platform refuses; asking again would not help.
    """
    try:
        listed = platform.connections(session_id, deadline)
        _disconnect_all(platform, session_id, listed, deadline)
    except ProviderUnavailable:
        count("EvacuationsUnfinished")
        return False
    return True


def _disconnect_all(
    platform: LivePlatform,
    session_id: str,
    listed: Sequence[ListedConnection],
    deadline: Deadline,
) -> None:
    if not listed:
        return
    with ThreadPoolExecutor(min(_AT_ONCE, len(listed))) as pool:
        done = [
            # A context of its own each, in which the request's figures are collected.
            pool.submit(copy_context().run, platform.disconnect, session_id, each.id, deadline)
            for each in listed
        ]
    for each in done:
        each.result()
