"""The operator's settings of the pool of sessions."""

from collections.abc import Mapping
from typing import Final

from chalicelib.core.ports.video_platform import PoolBounds

DEFAULT_POOL: Final = PoolBounds(least=20, most=1000)
LARGEST_POOL: Final = 10_000


def read_pool(environment: Mapping[str, str], problems: list[str]) -> PoolBounds:
    """Return the bounds of the pool, and add what is wrong to the problems."""

    def size(name: str, default: int) -> int:
        value = environment.get(name) or str(default)
        is_number = value.isascii() and value.isdigit() and len(value) <= len(str(LARGEST_POOL))
        if is_number and int(value) <= LARGEST_POOL:
            return int(value)
        problems.append(f"{name} must be a whole number from 0 to {LARGEST_POOL}")
        return default

    most = size("MAX_POOLED_SESSIONS", DEFAULT_POOL.most)
    least = size("MIN_POOLED_SESSIONS", min(DEFAULT_POOL.least, most))
    if least > most:
        problems.append("MIN_POOLED_SESSIONS must be at most MAX_POOLED_SESSIONS")
    return PoolBounds(least, most)
