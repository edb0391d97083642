"""The documents that an issuer publishes: its discovery document, and its keys.

This module loads when a document is fetched, and not for a request that finds keys in the cache.
"""

import json
import urllib.request
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError

from jwt import PyJWTError

from chalicelib import VERSION
from chalicelib.core.support.deadline import Deadline
from chalicelib.roots import tls_context

MAX_DOCUMENT_BYTES: Final = 256 << 10
UNUSABLE: Final = (PyJWTError, HTTPException, ValueError, TypeError, OSError, RecursionError)
"""The errors of documents that cannot be fetched, or are not as they must be."""
_CHUNK_BYTES: Final = 1 << 14
_LONGEST_QUOTED: Final = 200
# Some providers' firewalls refuse Python's own name.
_HEADERS: Final = {"Accept": "application/json", "User-Agent": f"Roomkey/{VERSION}"}


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirection of the issuer's, which is an error."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


def discovery_url(issuer: str) -> str:
    """Return the address of an issuer's discovery document, by OpenID Connect Discovery 1.0.

    A slash at the end of the issuer is left out of it.
    """
    return issuer.removesuffix("/") + "/.well-known/openid-configuration"


def discovered_keys_url(issuer: str, deadline: Deadline) -> str:
    """Return the address of an issuer's keys, as its discovery document names it.

    Raises:
        ValueError: The document is not this issuer's, or names no address that may be used.
        OSError: The document cannot be fetched in time.
        HTTPException: The answer is no HTTP.
    """
    return keys_url_in(fetch_document(discovery_url(issuer), deadline), issuer)


def keys_url_in(document: object, issuer: str) -> str:
    """Return the address of the keys in a discovery document.

    Raises:
        ValueError: The document is not this issuer's, or names no address that may be used.
    """
    url = discovery_url(issuer)
    if not isinstance(document, dict):
        raise ValueError(f"{url} is no JSON object")  # noqa: TRY004 - an answer, no argument
    named = document.get("issuer")
    if named != issuer:
        raise ValueError(
            f"{url} names the issuer {_quoted(named)}, and AUTH_ISSUER is {_quoted(issuer)}. They "
            "must be the same to the letter"
        )
    keys_url = document.get("jwks_uri")
    # An http issuer is one on the operator's own machine.
    schemes = ("https://",) if issuer.startswith("https://") else ("https://", "http://")
    if not isinstance(keys_url, str) or not keys_url.startswith(schemes):
        raise ValueError(f"{url} names as the keys' address {_quoted(keys_url)}, which is no https")
    return keys_url


def fetch_document(url: str, deadline: Deadline) -> Any:  # noqa: ANN401 - JSON is anything
    """Return the JSON at an http address. It has at most 256 KiB. No redirection is followed.

    Raises:
        ValueError: The answer is no JSON, or too long.
        OSError: There is no successful answer before the deadline.
        HTTPException: The answer is no HTTP.
    """
    return json.loads(deadline.run(lambda: _download(url, deadline)))


def _download(url: str, deadline: Deadline) -> bytes:
    handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
    if url.startswith("https://"):
        handlers.append(urllib.request.HTTPSHandler(context=tls_context()))
    opener = urllib.request.build_opener(*handlers)
    request = urllib.request.Request(url, headers=_HEADERS)  # noqa: S310 - checked to be http
    try:
        with opener.open(request, timeout=deadline.remaining()) as response:
            body = bytearray()
            while chunk := response.read1(_CHUNK_BYTES):
                body += chunk
                if len(body) > MAX_DOCUMENT_BYTES or not deadline.remaining():
                    raise ValueError("the answer is too long or too slow")
            return bytes(body)
    except HTTPError as error:
        error.close()
        raise


def _quoted(value: object) -> str:
    return ascii(value)[:_LONGEST_QUOTED]
