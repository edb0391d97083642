import os

from local.ports import Ports, StartError

# Below what Linux and macOS give to outgoing connections, which would take one in between.
_LOWEST, _HIGHEST = 20_000, 32_000


def free_ports() -> Ports:
    """Three ports in a row that nobody uses; another test run looks elsewhere first."""
    start = os.getpid() * 30 % (_HIGHEST - _LOWEST)
    for offset in range(0, _HIGHEST - _LOWEST, 3):
        ports = Ports(_LOWEST + (start + offset) % (_HIGHEST - _LOWEST))
        if all_free(ports):
            return ports
    raise RuntimeError("no three free ports in a row")


def all_free(ports: Ports) -> bool:
    try:
        ports.check_free()
    except StartError:
        return False
    return True
