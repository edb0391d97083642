from datetime import UTC, datetime
from typing import Final

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""The time of tests with a frozen clock."""
