"""The port for counts of problems, which the request log keeps as metrics."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from chalicelib.core.support.deadline import Deadline


class RefusalCounts(Protocol):
    """The numbers of answers with a problem."""

    def since(
        self, start: datetime, now: datetime, codes: Collection[str], deadline: Deadline
    ) -> Mapping[str, int]:
        """Return how many answers had each of these codes. Codes without any are left out.

        The newest minutes may be missing, since metrics arrive late.

        Args:
            start: The beginning of the time, which may be taken 5 minutes earlier.
            now: The end of the time.
            codes: At most 500 codes of problems.
            deadline: The time by which they must be read.

        Raises:
            StoreUnavailable: They cannot be read in time.
        """
