"""The package's certificate authorities, in the forms that `chalicelib.roots` reads."""

import hashlib
import re
import ssl
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chalicelib.roots import ALL_FOLDER, AWS_FILE, FOLDER
from deploy.errors import DeployError

OF_AWS: Final = frozenset(
    {
        "Amazon Root CA 1",
        "Amazon Root CA 2",
        "Amazon Root CA 3",
        "Amazon Root CA 4",
        "Starfield Services Root Certificate Authority - G2",
    }
)
"""Amazon Trust Services' roots, see https://www.amazontrust.com/repository/."""

_PEM: Final = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.DOTALL)
_VERSION: Final = 0xA0
_AFTER_VERSION: Final = 4
"""The subject's place: serial number, algorithm, issuer and validity come before it."""
_COMMON_NAME: Final = bytes.fromhex("550403")
_SET: Final = 0x31
_SEQUENCE: Final = 0x30
_UTF8_STRING: Final = 0x0C
_ENCODINGS: Final = {
    _UTF8_STRING: "utf-8",
    0x13: "ascii",  # PrintableString
    0x14: "latin-1",  # T61String
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
}


def write_roots(folder: Path) -> None:
    """Write the authorities of an unpacked package's certifi anew, as one file and as a folder.

    Without certifi, do nothing.

    Raises:
        DeployError: An authority of AWS is missing.
    """
    known = folder / "certifi" / "cacert.pem"
    if not known.is_file():
        return
    of_aws: dict[str, str] = {}
    by_hash: dict[str, list[str]] = defaultdict(list)
    for pem in _PEM.findall(known.read_text(encoding="utf-8")):
        subject = _subject(ssl.PEM_cert_to_DER_cert(pem))
        by_hash[_hash(subject)].append(pem)
        of_aws |= dict.fromkeys(OF_AWS & set(_common_names(subject)), pem)
    if missing := OF_AWS - of_aws.keys():
        raise DeployError(
            f"The package's certifi has no {', '.join(sorted(missing))}.",
            "Pin another version of certifi, or correct deploy/packaging/roots.py.",
        )
    every = folder / FOLDER / ALL_FOLDER
    every.mkdir(parents=True)
    (folder / FOLDER / AWS_FILE).write_text(
        "".join(of_aws[name] for name in sorted(of_aws)), "ascii"
    )
    for name, pems in by_hash.items():
        for number, pem in enumerate(pems):
            (every / f"{name}.{number}").write_text(pem, "ascii")


def _subject(certificate: bytes) -> bytes:
    """Return the content of the subject of a certificate in DER."""
    ((_, content),) = _parts(certificate)
    signed = list(_parts(next(_parts(content))[1]))
    return signed[_AFTER_VERSION + (signed[0][0] == _VERSION)][1]


def _common_names(subject: bytes) -> Iterator[str]:
    for _, names in _parts(subject):
        for _, entry in _parts(names):
            (_, kind), (tag, value) = _parts(entry)
            if kind == _COMMON_NAME:
                yield value.decode(_ENCODINGS[tag])


def _hash(subject: bytes) -> str:
    """Return the name of a certificate's file in a folder, as OpenSSL looks for it.

    It is the beginning of a SHA-1 of the subject, in which case, kinds of text and repeated spaces
    do not count. Python's own modules do not show it. OpenSSL calls it X509_NAME_hash.
    """
    canonical = b"".join(_canonical_set(content) for _, content in _parts(subject))
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()
    return digest[:4][::-1].hex()


def _canonical_set(content: bytes) -> bytes:
    entries: list[bytes] = []
    for _, entry in _parts(content):
        (kind, name), (tag, value) = _parts(entry)
        if tag in _ENCODINGS:
            text = b" ".join(value.decode(_ENCODINGS[tag]).encode().split())
            tag, value = _UTF8_STRING, text.lower()
        entries.append(_part(_SEQUENCE, _part(kind, name) + _part(tag, value)))
    return _part(_SET, b"".join(sorted(entries)))


def _parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element of a DER encoding."""
    while content:
        tag, length, start = content[0], content[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(content[2:start], "big")
        yield tag, content[start : start + length]
        content = content[start + length :]


def _part(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:  # noqa: PLR2004 - DER's short form
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
