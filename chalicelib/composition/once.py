from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

_Built = TypeVar("_Built")


class Once(Generic[_Built]):
    """A value that the first call builds, for all callers. After an error the next call retries."""

    def __init__(self, build: Callable[[], _Built]) -> None:
        self._build = build
        self._lock = Lock()
        self._built: _Built | None = None

    def __call__(self) -> _Built:
        if self._built is None:
            with self._lock:
                if self._built is None:
                    self._built = self._build()
        return self._built
