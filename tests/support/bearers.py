"""Bearer tokens that no honest identity provider makes, or only an unusual one."""

import base64
import json
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from stand_ins.identity.provider import IdentityProvider


def forged(
    header: Mapping[str, object] | bytes,
    payload: Mapping[str, object] | bytes,
    sign: Callable[[bytes], bytes] = lambda _: b"",
) -> str:
    """Return a JWT of exactly this content; PyJWT refuses to make some of them."""
    signed = b".".join(map(_segment, (header, payload)))
    return b".".join((signed, _base64(sign(signed)))).decode()


def signed_by(
    identity: IdentityProvider,
    payload: Mapping[str, object] | bytes,
    header: Mapping[str, object] | None = None,
) -> str:
    """Return a JWT with the provider's genuine signature over any payload.

    `header` holds further header parameters, instead of `typ`.
    """
    key = identity.signing_key()
    private = key.private_key
    assert isinstance(private, rsa.RSAPrivateKey)
    return forged(
        {"alg": "RS256", "kid": key.kid, **({"typ": "JWT"} if header is None else header)},
        payload,
        lambda signed: private.sign(signed, padding.PKCS1v15(), hashes.SHA256()),
    )


def _segment(content: Mapping[str, object] | bytes) -> bytes:
    return _base64(content if isinstance(content, bytes) else json.dumps(content).encode())


def _base64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
