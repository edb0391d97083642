"""The words that this project once used for itself, before it took the standard ones."""

import re

OLD_WORDS = re.compile(
    r"\b(told|heal(?:s|ed|ing)?|ghosts?|strangers?|shel(?:f|ves)|let(?:s|ting)? in|evacuat\w+"
    r"|passengers?|upkeep)\b",
    re.IGNORECASE,
)
