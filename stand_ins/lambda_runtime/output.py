"""The output of a process, complete up to the moment at which a test looks at it."""

import os
import threading
from typing import Final
from uuid import uuid4

_CHUNK: Final = 1 << 16
_PATIENCE_SECONDS: Final = 30.0


class ProcessOutput:
    """A pipe that a process prints into, and a thread that reads it.

    A function prints its lines before it answers, but the thread may read them later. `text`
    therefore writes a mark behind these lines and waits until the thread has read the mark.
    """

    def __init__(self) -> None:
        self._outlet, self.inlet = os.pipe()
        self._content = b""
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        """Return all that the process has printed until now.

        Raises:
            TimeoutError: The thread has not read it within 30 seconds.
        """
        mark = uuid4().hex.encode()
        os.write(self.inlet, mark)
        with self._news:
            if not self._news.wait_for(lambda: mark in self._content, _PATIENCE_SECONDS):
                raise TimeoutError("the output has not been read to its end")
            self._content = self._content.replace(mark, b"")
            return self._content.decode(errors="replace")

    def close(self) -> None:
        """Close the pipe after the process has ended."""
        os.close(self.inlet)
        self._reader.join(timeout=5)
        os.close(self._outlet)

    def _read(self) -> None:
        while data := os.read(self._outlet, _CHUNK):
            with self._news:
                self._content += data
                self._news.notify_all()
