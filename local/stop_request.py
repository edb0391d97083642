import time


class StopRequest:
    """Made by a signal handler, awaited by the thread that the handler interrupts.

    Not a threading.Event: setting one from a handler deadlocks if it interrupts the waiting
    thread at the wrong moment.
    """

    def __init__(self) -> None:
        self.made = False

    def make(self) -> None:
        self.made = True

    def awaited(self, seconds: float) -> bool:
        """Wait this long; whether to stop."""
        if not self.made:
            time.sleep(seconds)
        return self.made
