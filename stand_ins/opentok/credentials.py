"""The credentials that the stand-in accepts: OpenTok projects, Vonage applications, accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class KnownCredentials:
    """Secrets by API key, public keys (PEM) by application id, and accounts' secrets by key.

    An account may change the credentials of every project and application.
    """

    projects: dict[str, str] = field(repr=False)
    applications: dict[str, str] = field(repr=False)
    accounts: Mapping[str, str] = field(default_factory=dict, repr=False)
