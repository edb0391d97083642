"""The T1 tokens of before 2024, which OpenTok still accepts."""

import base64
import binascii
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs

from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.tokens.token_errors import TokenRefusedError

LEGACY_PREFIX = "T1=="


def verified_legacy_fields(token: str, known: KnownCredentials) -> tuple[str, dict[str, Any]]:
    """Return the API key, and the fields under the names they have in a JWT.

    Raises:
        TokenRefusedError: The token is malformed, its key unknown or its signature wrong.
    """
    key, signature, signed = _parts(token)
    if key not in known.projects:
        raise TokenRefusedError("Issuer not found")
    secret = known.projects[key].encode()
    expected = hmac.new(secret, signed.encode(), hashlib.sha1).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise TokenRefusedError("Invalid signature")
    fields: dict[str, Any] = {name: values[0] for name, values in parse_qs(signed).items()}
    expires = fields.pop("expire_time", "")
    return key, fields | {"exp": int(expires) if expires.isdecimal() else None}


def _parts(token: str) -> tuple[str, str, str]:
    """Return the three parts of partner_id=KEY&sig=SIGNATURE:SIGNED."""
    try:
        text = base64.b64decode(token.removeprefix(LEGACY_PREFIX), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise TokenRefusedError("Invalid token format") from error
    head, colon, signed = text.partition(":")
    fields = parse_qs(head)
    if not colon or fields.keys() != {"partner_id", "sig"}:
        raise TokenRefusedError("Invalid token format")
    return fields["partner_id"][0], fields["sig"][0], signed
