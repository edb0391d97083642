from typing import Any

import jwt

from chalicelib.adapters.oidc import IssuerKeys
from chalicelib.core.model.issuer import Issuer
from stand_ins.identity.provider import IdentityProvider


class KeysInMemory(IssuerKeys):
    """The keys of an issuer in this process."""

    def __init__(self, issuer: Issuer, identity: IdentityProvider) -> None:
        super().__init__(issuer)
        self._identity = identity

    def fetch_data(self) -> Any:
        return jwt.PyJWKSet.from_dict(self._identity.key_set())
