"""The credentials that the stand-in accepts: OpenTok projects and Vonage applications."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class KnownCredentials:
    """Secrets by API key, public keys (PEM) by application id."""

    projects: Mapping[str, str] = field(repr=False)
    applications: Mapping[str, str] = field(repr=False)
