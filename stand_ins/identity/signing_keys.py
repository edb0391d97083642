"""The key pairs an identity provider signs with, one per algorithm."""

import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

_RSA_BITS = 2048


@dataclass(frozen=True)
class SigningKey:
    """A private key, and the id under which its public half is published."""

    kid: str
    algorithm: str
    private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    def public_jwk(self) -> dict[str, Any]:
        public = self.private_key.public_key()
        jwk = (
            RSAAlgorithm.to_jwk(public, as_dict=True)
            if isinstance(public, rsa.RSAPublicKey)
            else ECAlgorithm.to_jwk(public, as_dict=True)
        )
        return {**jwk, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def public_pem(self) -> str:
        public = self.private_key.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def new_signing_keys() -> dict[str, SigningKey]:
    """Return a fresh key for each algorithm that Roomkey accepts, by algorithm."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    keys = (
        SigningKey(f"rsa-{secrets.token_hex(4)}", "RS256", rsa_key),
        SigningKey(f"ec-{secrets.token_hex(4)}", "ES256", ec_key),
    )
    return {key.algorithm: key for key in keys}
