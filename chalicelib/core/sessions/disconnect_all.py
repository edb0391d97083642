from chalicelib.core.ports.session_store import ListedConnection, LivePlatform
from chalicelib.core.support.concurrency import each_at_once
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import count
from chalicelib.errors import ProviderUnavailable


def evacuate(platform: LivePlatform, session_id: str, deadline: Deadline) -> bool:
    """Disconnect all whom the platform has in a session; whether that was done in time.

    Doing it again does what was left.

    Raises:
        ProviderRefused: The platform refuses; asking again would not help.
    """

    def disconnect(listed: ListedConnection) -> None:
        platform.disconnect(session_id, listed.id, deadline)

    try:
        each_at_once(disconnect, platform.connections(session_id, deadline))
    except ProviderUnavailable:
        count("EvacuationsUnfinished")
        return False
    return True
