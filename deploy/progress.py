from typing import TextIO


class Progress:
    """The progress output of a command.

    Args:
        stream: The output stream.
        steps: The total number of steps.
    """

    def __init__(self, stream: TextIO, steps: int = 0) -> None:
        self._stream = stream
        self._steps = steps
        self._started = 0

    def step(self, title: str) -> None:
        """Print the title of the next step."""
        self._started += 1
        self._line(f"\n[{self._started}/{self._steps}] {title}")

    def say(self, text: str) -> None:
        """Print text below the current step."""
        for line in text.splitlines():
            self._line(f"      {line}")

    def _line(self, text: str) -> None:
        print(text, file=self._stream, flush=True)
