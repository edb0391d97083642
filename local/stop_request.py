import time


class StopRequest:
    """A request to stop, made by a signal handler for the thread that the handler interrupts.

    A threading.Event would not do. If a handler sets one while the thread begins to wait, the
    thread can deadlock.
    """

    def __init__(self) -> None:
        self.made = False

    def make(self) -> None:
        self.made = True

    def wait(self, seconds: float) -> bool:
        """Wait this long, and return True if there is a request to stop."""
        if not self.made:
            time.sleep(seconds)
        return self.made
