"""Credentials of the OpenTok stand-in: the app's project, and a Vonage application."""

import uuid
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from local.providers.provider import Provider


@dataclass(frozen=True)
class StandInCredentials:
    """An OpenTok project, and a Vonage application with its key pair in PEM."""

    api_key: str
    api_secret: str = field(repr=False)
    application_id: str
    private_key: str = field(repr=False)
    public_key: str

    @classmethod
    def beside(cls, provider: Provider) -> "StandInCredentials":
        """Return the app's project, with a new application beside it."""
        pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = pair.public_key()
        return cls(
            api_key=provider.secret["apiKey"],
            api_secret=provider.secret["apiSecret"],
            application_id=str(uuid.uuid4()),
            private_key=pair.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ).decode(),
            public_key=public.public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            ).decode(),
        )
