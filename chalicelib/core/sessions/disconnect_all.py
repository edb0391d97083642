from chalicelib.core.ports.session_store import ConnectionControl, ListedConnection
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.errors import ProviderUnavailable


def disconnect_all(platform: ConnectionControl, session_id: str, deadline: Deadline) -> bool:
    """Disconnect all whom the platform has in a session; whether that was done in time.

    Doing it again does what was left.

    Raises:
        ProviderRefused: The platform refuses; asking again would not help.
    """

    def disconnect(listed: ListedConnection) -> None:
        platform.disconnect(session_id, listed.id, deadline)

    try:
        for_each_concurrently(disconnect, platform.connections(session_id, deadline))
    except ProviderUnavailable:
        increment("EvacuationsUnfinished")
        return False
    return True
