import os
import sys


def say(text: str, end: str = "\n") -> None:
    """Print at once. A reader that has left is no error: Ctrl-C also ends `make run | tee log`."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        # What was not written stays buffered, and would raise again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
