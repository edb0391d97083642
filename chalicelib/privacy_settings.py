"""The settings of privacy: what of users is in logs and client tokens."""

from collections.abc import Mapping


def audit_addresses(environment: Mapping[str, str]) -> bool:
    """Return True if audit lines have callers' addresses. Any value but `on` leaves them out."""
    return (environment.get("AUDIT_ADDRESSES") or "on") == "on"


def read_strict_privacy(environment: Mapping[str, str], problems: list[str]) -> bool:
    """Return True if logs and client tokens name no user. Add what is wrong to `problems`."""
    value = environment.get("PRIVACY") or "usual"
    if value not in ("usual", "strict"):
        problems.append("PRIVACY must be usual or strict")
    return value == "strict"
