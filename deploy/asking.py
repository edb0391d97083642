"""Questions to the operator. Secrets never appear on a command line or on the screen."""

import json
from collections.abc import Callable
from getpass import getpass
from pathlib import Path
from typing import Protocol, TextIO

from deploy.errors import DeployError


class Operator(Protocol):
    """The person or script that runs a command."""

    def present(self) -> bool:
        """Return True if a person can answer questions."""

    def credentials(self) -> dict[str, str]:
        """Return OpenTok's or Vonage's credentials."""

    def confirms(self, question: str, word: str) -> bool:
        """Return True if the operator answers the question with exactly this word."""


class Terminal:
    """An operator at a terminal, or a pipe that provides the answers."""

    def __init__(
        self,
        stdin: TextIO,
        read_line: Callable[[str], str] = input,
        read_secret: Callable[[str], str] = getpass,
    ) -> None:
        self._stdin = stdin
        self._read_line = read_line
        self._read_secret = read_secret

    def present(self) -> bool:
        return self._stdin.isatty()

    def credentials(self) -> dict[str, str]:
        """Read credentials from the prompt, or as JSON from a pipe.

        Raises:
            DeployError: The input cannot be credentials.
        """
        if not self.present():
            return parse_credentials(self._stdin.read())
        name = self._read_line("OpenTok API key, or Vonage application id: ").strip()
        if name.isdigit():
            return {"apiKey": name, "apiSecret": self._read_secret("API secret: ").strip()}
        path = Path(self._read_line("File of the application's private key: ").strip())
        try:
            return {"applicationId": name, "privateKey": path.expanduser().read_text("utf-8")}
        except (OSError, UnicodeDecodeError) as error:
            raise DeployError(
                f"{path} cannot be read as a private key.",
                "Enter the path of the key file from Vonage's dashboard, usually private.key.",
            ) from error

    def account(self) -> str:
        """Read the key and the secret of an account from the prompt, or as JSON from a pipe."""
        if not self.present():
            return self._stdin.read()
        key = self._read_line("Key of the account at OpenTok, or API key at Vonage: ").strip()
        secret = self._read_secret("Secret of the account: ").strip()
        return json.dumps({"accountKey": key, "accountSecret": secret})

    def confirms(self, question: str, word: str) -> bool:
        answer = self._read_line(f"{question} ") if self.present() else self._stdin.readline()
        return answer.strip() == word


def parse_credentials(text: str) -> dict[str, str]:
    """Parse credentials from JSON. No error shows any part of the text.

    Raises:
        DeployError: The text is not a JSON object of strings.
    """
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict) or not all(isinstance(each, str) for each in content.values()):
        raise DeployError(
            "The credentials are not a JSON object of strings.",
            'Pipe in {"apiKey": …, "apiSecret": …} or {"applicationId": …, "privateKey": …}.',
        )
    return content
