"""The rules that are taken out: one entry in `rooms.toml`, `sessions.toml` or `media.toml` each."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]
DOMAINS: Final = ("rooms", "sessions", "media")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, and the change of one place that takes the rule out.

    Args:
        domain: `rooms`, `sessions` or `media`.
        name: The rule in a sentence.
        file: The path from the project's root.
        old: The text that holds the rule. It stands once in the file.
        new: The text without the rule.
    """

    domain: str
    name: str
    file: str
    old: str
    new: str

    def without(self, source: str) -> str:
        """Return the file's text without the rule.

        Raises:
            ValueError: The text that holds the rule does not stand there exactly once.
        """
        if source.count(self.old) != 1:
            raise ValueError(f"{self.file} holds this {source.count(self.old)} times: {self.old}")
        return source.replace(self.old, self.new)


def rules() -> list[Rule]:
    """Return all rules, domain by domain."""
    return [
        Rule(domain, **entry)
        for domain in DOMAINS
        for entry in tomllib.loads(Path(__file__).with_name(f"{domain}.toml").read_text())["rule"]
    ]
