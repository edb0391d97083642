"""What the operator is asked for. Nothing secret is ever on a command line or on the screen."""

import json
from collections.abc import Callable
from getpass import getpass
from pathlib import Path
from typing import Protocol, TextIO

from deploy.errors import DeployError


class Operator(Protocol):
    """Whoever runs this, if anybody sits there."""

    def present(self) -> bool:
        """Whether there is somebody to ask."""

    def credentials(self) -> dict[str, str]:
        """OpenTok's or Vonage's credentials."""

    def confirms(self, question: str, word: str) -> bool:
        """Whether the answer to the question is this very word."""


class Terminal:
    """The operator at a terminal, or what a pipe brings in their place."""

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
        """From the prompt, or as JSON from a pipe.

        Raises:
            DeployError: What was entered cannot be credentials.
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
                "Give the path of the file that Vonage's dashboard made, usually private.key.",
            ) from error

    def confirms(self, question: str, word: str) -> bool:
        answer = self._read_line(f"{question} ") if self.present() else self._stdin.readline()
        return answer.strip() == word


def parse_credentials(text: str) -> dict[str, str]:
    """Credentials as JSON. No error shows any of them.

    Raises:
        DeployError: The text is no JSON object of strings.
    """
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict) or not all(isinstance(each, str) for each in content.values()):
        raise DeployError(
            "The credentials are no JSON object of strings.",
            'Pipe {"apiKey": …, "apiSecret": …} or {"applicationId": …, "privateKey": …} in.',
        )
    return content
