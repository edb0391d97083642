"""Text of characters that parsers treat differently, for Hypothesis.

Drawing from all of Unicode costs Hypothesis more time than the tests themselves.
"""

from typing import Final

from hypothesis import strategies as st

_CHARACTERS: Final = 'aZ0_- ."\\/\x00\x1f\x7f\u00e9\u2028\ufeff\U0001f600'


def odd_text(max_size: int) -> st.SearchStrategy[str]:
    """Return a strategy for texts of at most so many characters."""
    return st.text(_CHARACTERS, max_size=max_size)
