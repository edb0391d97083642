"""The choice of the issuer whose bearer tokens the app accepts: the stand-in, or the user's own."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.auth_settings import AUTH_SETTINGS
from local.ports import Ports, StartError

_REQUIRED = ("AUTH_ISSUER", "AUTH_AUDIENCE")
_STAND_IN_AUDIENCE = "roomkey-local"


@dataclass(frozen=True)
class Issuer:
    """An issuer, and the app's settings for it.

    Args:
        own: True if it is the user's own, which this stack cannot sign bearer tokens of.
    """

    settings: Mapping[str, str]
    own: bool

    @property
    def url(self) -> str:
        return self.settings["AUTH_ISSUER"]

    @property
    def audience(self) -> str:
        return self.settings["AUTH_AUDIENCE"]

    @property
    def instead(self) -> str:
        """Return what to do where the stand-in would sign a bearer token."""
        return (
            f"This stack accepts bearer tokens of {self.url} alone (AUTH_ISSUER), and cannot sign "
            f"any. Sign in there for a token with the audience {self.audience}, or start Roomkey "
            "without AUTH_ISSUER."
        )


def chosen_issuer(environ: Mapping[str, str], ports: Ports) -> Issuer:
    """Return the user's own issuer if the environment names one, else the stand-in.

    Raises:
        StartError: The settings name an issuer without its audience, or the other way round.
    """
    given = {name: environ[name] for name in AUTH_SETTINGS if environ.get(name)}
    stand_in = {"AUTH_ISSUER": ports.identity_url, "AUTH_AUDIENCE": _STAND_IN_AUDIENCE}
    if given in ({}, stand_in):
        return Issuer(stand_in, own=False)
    for name in _REQUIRED:
        if name not in given:
            raise StartError(f"{next(iter(given))} is set but {name} is not: set both, or neither.")
    return Issuer(given, own=True)
