"""The native SDKs' names, looked up in code of their maker that is written against them."""

import re

import pytest

from tests.clients.sdk_names import LANGUAGES, KnownNames
from tests.support.client_packages import ClientSources

_NATIVE_CODE = {"kotlin": ("android", {".java", ".kt"}), "swift": ("ios", {".swift"})}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_names_said_to_be_in_the_package_are_in_its_native_code(
    client_sources: ClientSources, language: str
) -> None:
    folder, suffixes = _NATIVE_CODE[language]
    files = (client_sources.packages / "opentok-react-native" / folder).rglob("*")
    code = "\n".join(path.read_text() for path in files if path.suffix in suffixes)
    assert KnownNames.of(language).in_package - set(re.findall(r"\w+", code)) == set()
