import os
from dataclasses import replace

from local.ports import HOST, Ports, StartError

# The range is below that of outgoing connections on Linux and macOS, which might take a port in
# between.
_LOWEST, _HIGHEST = 20_000, 32_000


def free_ports() -> Ports:
    """Return four free ports in a row; another test run searches another range first."""
    start = os.getpid() * 40 % (_HIGHEST - _LOWEST)
    for offset in range(0, _HIGHEST - _LOWEST, 4):
        ports = Ports(_LOWEST + (start + offset) % (_HIGHEST - _LOWEST))
        if all_free(ports):
            return ports
    raise RuntimeError("no four free ports in a row")


def all_free(ports: Ports) -> bool:
    try:
        replace(ports, network=HOST).check_free()
    except StartError:
        return False
    return True
