"""The settings of sign-in: the issuers, the audiences of their tokens, and their admins."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from chalicelib.core.model.issuer import ADMIN, Issuer

MOST_ISSUERS: Final = 9
ISSUER_PATTERN: Final = re.compile(r"https?://[\w.-]+(:[0-9]+)?(/[^\s?#]*)?", re.ASCII)
KEYS_PATTERN: Final = re.compile(r"https?://[\w.-]+(:[0-9]+)?(/[^\s#]*)?", re.ASCII)
_NAMES: Final = (
    "AUTH_ISSUER",
    "AUTH_AUDIENCE",
    "AUTH_JWKS_URL",
    "AUTH_ADMIN_CLAIM",
    "AUTH_ADMIN_VALUE",
)
_SUFFIXES: Final = {1: "", **{number: f"_{number}" for number in range(2, MOST_ISSUERS + 1)}}
AUTH_SETTINGS: Final = tuple(name + suffix for suffix in _SUFFIXES.values() for name in _NAMES)
"""The names of all settings of sign-in. Those of the second issuer end with `_2`, and so on."""


def read_issuers(environment: Mapping[str, str], problems: list[str]) -> tuple[Issuer, ...]:
    """Return the issuers, the first one first, and add what is wrong to `problems`."""
    issuers = tuple(_issuers(environment, problems))
    urls = [each.url for each in issuers if each.url]
    problems += [
        f"{url} is the issuer of two settings: give each issuer once, with all its audiences"
        for url in sorted({each for each in urls if urls.count(each) > 1})
    ]
    return issuers


def _issuers(environment: Mapping[str, str], problems: list[str]) -> Iterator[Issuer]:
    for number, suffix in _SUFFIXES.items():
        given = {name: environment.get(name + suffix, "") for name in _NAMES}
        if number == 1 or any(given.values()):
            yield _issuer(given, number, problems)


def _issuer(given: Mapping[str, str], number: int, problems: list[str]) -> Issuer:
    suffix = _SUFFIXES[number]
    url, audience, keys_url = given["AUTH_ISSUER"], given["AUTH_AUDIENCE"], given["AUTH_JWKS_URL"]
    audiences = frozenset(part.strip() for part in audience.split(",") if part.strip())
    if not url:
        problems.append(f"AUTH_ISSUER{suffix} is not set")
    elif not keys_url and not ISSUER_PATTERN.fullmatch(url):
        problems.append(f"AUTH_ISSUER{suffix} must be an address that begins with https://")
    if keys_url and not KEYS_PATTERN.fullmatch(keys_url):
        problems.append(f"AUTH_JWKS_URL{suffix} must be an address that begins with https://")
    if not audience:
        problems.append(f"AUTH_AUDIENCE{suffix} is not set")
    elif not audiences:
        problems.append(f"AUTH_AUDIENCE{suffix} names no audience")
    claim = _claim(given["AUTH_ADMIN_CLAIM"])
    if claim is not None and not all(claim):
        problems.append(f"AUTH_ADMIN_CLAIM{suffix} must be names with a dot between two of them")
    return Issuer(
        url,
        audiences,
        keys_url or None,
        "" if number == 1 else f"{number}~",
        claim,
        given["AUTH_ADMIN_VALUE"] or ADMIN,
    )


def _claim(text: str) -> tuple[str, ...] | None:
    """Return the names of a claim, from the outside in. The name of an address is one name."""
    if not text:
        return None
    return (text,) if "://" in text else tuple(text.split("."))
