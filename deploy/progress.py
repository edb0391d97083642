from typing import TextIO


class Progress:
    """Tells whoever deploys where things stand.

    Args:
        stream: Where the lines go.
        steps: How many steps there are in all.
    """

    def __init__(self, stream: TextIO, steps: int = 0) -> None:
        self._stream = stream
        self._steps = steps
        self._begun = 0

    def step(self, title: str) -> None:
        """A step begins."""
        self._begun += 1
        self._line(f"\n[{self._begun}/{self._steps}] {title}")

    def say(self, text: str) -> None:
        """Something about the step that runs."""
        for line in text.splitlines():
            self._line(f"      {line}")

    def _line(self, text: str) -> None:
        print(text, file=self._stream, flush=True)
