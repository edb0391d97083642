import os
import sys


def print_flushed(text: str, end: str = "\n") -> None:
    """Print at once, and ignore a closed pipe: Ctrl-C also ends `tee` in `make run | tee log`."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        # Output that was not written stays buffered, and would raise again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
