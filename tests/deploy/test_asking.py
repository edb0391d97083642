import io
from pathlib import Path

import pytest

from deploy.asking import Terminal
from deploy.errors import DeployError


class Screen(io.StringIO):
    """A standard input with somebody in front of it."""

    def isatty(self) -> bool:
        return True


def operator_typing(*lines: str, secret: str = "") -> Terminal:
    answers = iter(lines)
    return Terminal(Screen(), lambda _: next(answers), lambda _: secret)


def test_an_api_key_is_followed_by_a_secret_that_is_not_echoed() -> None:
    terminal = operator_typing(" 47000001 ", secret="s3cret ")

    assert terminal.credentials() == {"apiKey": "47000001", "apiSecret": "s3cret"}


def test_an_application_id_is_followed_by_the_path_of_its_key(tmp_path: Path) -> None:
    key = tmp_path / "private.key"
    key.write_text("a key")

    entered = operator_typing("3f1c2b4a-0000-4000-8000-00000000beef", str(key)).credentials()

    assert entered["privateKey"] == "a key"


def test_a_key_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(DeployError, match=r"no\.key cannot be read"):
        operator_typing("an-id", "no.key").credentials()


def test_a_pipe_brings_credentials_as_json() -> None:
    terminal = Terminal(io.StringIO('{"apiKey": "1", "apiSecret": "2"}'))

    assert not terminal.present()
    assert terminal.credentials() == {"apiKey": "1", "apiSecret": "2"}


@pytest.mark.parametrize(
    ("answer", "confirmed"), [("roomkey-dev", True), ("y", False), ("", False)]
)
def test_only_the_very_word_confirms(answer: str, confirmed: bool) -> None:
    assert operator_typing(answer).confirms("Sure?", "roomkey-dev") is confirmed
    assert Terminal(io.StringIO(answer)).confirms("Sure?", "roomkey-dev") is confirmed
