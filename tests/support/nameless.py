"""A watch over whole tests: whoever asks the app under strict privacy is named nowhere."""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final
from urllib.parse import quote

import jwt

from chalicelib.core.support.formats import is_valid_unicode
from tests.support.gateway import Gateway, Reply

_OF_LOGGING: Final = frozenset(vars(logging.makeLogRecord({})))
"""The attributes that each record has, which are no fields of a line."""
_NAMING: Final = ("userId", "name", "username", "members", "moderators", "add", "remove")
"""The fields of requests that name people."""


class Watch:
    """The names of people in a test, and all that was written: log records and client tokens."""

    def __init__(self) -> None:
        self._people: set[str] = {"guest:"}
        self._tokens: list[str] = []
        self._records: list[logging.LogRecord] = []

    def see(self, event: Mapping[str, Any], reply: Reply) -> None:
        """Note who asks, whom they name, and the tokens that they get."""
        query = event["queryStringParameters"] or {}
        self._note([query.get(each) for each in ("username", "of")])
        scheme, _, token = ((event["headers"] or {}).get("Authorization") or "").partition(" ")
        if scheme == "Bearer":
            with suppress(jwt.PyJWTError):
                claims = jwt.decode(token, options={"verify_signature": False})
                self._note([claims.get("sub"), claims.get("name")])
        with suppress(ValueError, TypeError, RecursionError):
            self._note(list(_named_in(json.loads(event["body"]))))
        with suppress(ValueError, TypeError, RecursionError):
            if isinstance(answer := json.loads(reply.text), dict) and "token" in answer:
                self._tokens.append(answer["token"])

    def record(self, *given: Any, **more: Any) -> logging.LogRecord:
        """Make a log record, as logging does, and keep it."""
        made = logging.LogRecord(*given, **more)
        self._records.append(made)
        return made

    def named(self) -> list[str]:
        """Return each line and each token's claims in which somebody is named."""
        claims = (jwt.decode(each, options={"verify_signature": False}) for each in self._tokens)
        lines = (
            {name: value for name, value in vars(each).items() if name not in _OF_LOGGING}
            | {"message": each.getMessage()}
            for each in self._records
        )
        called = self._people | {quote(each, safe="") for each in self._people}
        people = sorted(each for each in called if each.strip())
        anybody = re.compile("|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in people))
        written = [text for each in (*claims, *lines) for text in _texts(each)]
        return [text for text in written if anybody.search(text)]

    @property
    def has_seen(self) -> tuple[int, int, int]:
        """The numbers of people, of tokens and of log records."""
        return len(self._people), len(self._tokens), len(self._records)

    def _note(self, people: list[Any]) -> None:
        self._people.update(
            each for each in people if isinstance(each, str) and is_valid_unicode(each)
        )


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch all requests to any gateway of this process, and all that is logged."""
    watch, usual = Watch(), logging.getLogRecordFactory()
    Gateway.watchers.append(watch.see)
    logging.setLogRecordFactory(watch.record)
    try:
        yield watch
    finally:
        logging.setLogRecordFactory(usual)
        Gateway.watchers.remove(watch.see)


def _named_in(content: Any) -> Iterator[str]:
    """Yield whom a request's body names."""
    if not isinstance(content, dict):
        return
    for name in _NAMING:
        value = content.get(name)
        if isinstance(value, dict):
            yield from _named_in(value)
        elif isinstance(value, list):
            yield from value
        elif isinstance(value, str):
            yield value


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in a value, without the names of fields."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _texts(each)
    elif value is not None:
        yield str(value)
