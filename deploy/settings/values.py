"""Values of settings that would be of no use."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from chalicelib.auth_settings import AUTH_SETTINGS
from chalicelib.settings import LOG_LEVELS
from deploy.account_settings import read_account_settings
from deploy.aws.audit import audit_days
from deploy.cost_limits import cost_limits
from deploy.errors import DeployError
from deploy.packaging.architecture import lambda_architecture
from deploy.packaging.lambda_python import lambda_python

_ORIGIN: Final = re.compile(r"\*|[a-z][a-z0-9+.-]*://[A-Za-z0-9.-]+(:[0-9]+)?")
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[^\s?#]*)?")
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
_RULES: Final[Mapping[str, tuple[Callable[[str], object], str]]] = {
    "AUDIT_ADDRESSES": (lambda value: value in {"on", "off"}, "on or off"),
    "CORS_ORIGIN": (_ORIGIN.fullmatch, "* or an origin, as in https://app.example.com"),
    "LOG_LEVEL": (lambda value: value.upper() in LOG_LEVELS, f"one of {', '.join(LOG_LEVELS)}"),
    "OPENTOK_API_URL": (_ADDRESS.fullmatch, "an address that begins with https:// or http://"),
    "STAGE_REGION": (_REGION.fullmatch, "a region's name, as in eu-west-1"),
}
"""The settings with which the functions make do, so that a typo stops no running service.

They never see `STAGE_REGION`.
"""


def useless_values(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each setting that the functions would not refuse, but should not get."""
    for name, (fits, wanted) in _RULES.items():
        value = environment.get(name)
        if value and not fits(value):
            yield f"{name} must be {wanted}"
    yield from _keys_over_http(environment)
    for check in (
        audit_days,
        cost_limits,
        lambda_architecture,
        lambda_python,
        read_account_settings,
    ):
        try:
            check(environment)
        except DeployError as error:
            yield from str(error).removesuffix(".").split("; ")


def _keys_over_http(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each issuer whose keys would come over http, as `make run` allows."""
    for issuer in (name for name in AUTH_SETTINGS if name.startswith("AUTH_ISSUER")):
        keys = issuer.replace("ISSUER", "JWKS_URL")
        origin = keys if environment.get(keys) else issuer
        if environment.get(origin, "").startswith("http://"):
            yield (
                f"{origin} must begin with https://, because on the way of http anybody could put "
                "in keys of their own"
            )
