"""The audit lines of what an operator does, in the log group that has those of the service."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final, TextIO

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.pseudonyms import KeyedPseudonyms
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.api.http.request_log import AUDIT, RequestRecord, audit_fields
from chalicelib.core.ports.credentials import PrivacyKeys
from chalicelib.core.support.audit import AuditEntry
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, epoch_milliseconds, utc_now
from chalicelib.core.support.metrics import recording
from chalicelib.settings import Settings
from deploy.aws.audit import audit_group

if TYPE_CHECKING:
    import boto3

_STREAM: Final = "audit"
_SECONDS_FOR_KEYS: Final = 10.0
_MOST: Final = 1000
"""The number of lines in a call. CloudWatch Logs takes 1 MB, and a line has some 500 bytes."""


def shown_by(keys: PrivacyKeys | None) -> Callable[[str | None], str | None]:
    """Return what lines show of a user: what the service's own do.

    Args:
        keys: The keys of strict privacy; None for the usual privacy, whose lines have user ids.
    """
    record = RequestRecord("", "", "", "")
    if keys is not None:
        pseudonyms = KeyedPseudonyms(keys)
        record.hide = lambda user_id: pseudonyms.for_logs(user_id, Deadline(_SECONDS_FOR_KEYS))
    return record.shown


class AuditLines:
    """Writes audit lines as the service does, with the operator in place of an actor.

    Args:
        stage: The stage's name.
        session: AWS, with the operator's rights.
        shown: Returns what the log shows of a user: under strict privacy a hash.
        clock: Returns the current time.
        out: Takes a warning, if the lines cannot be written.
    """

    def __init__(
        self,
        stage: str,
        session: "boto3.Session",
        shown: Callable[[str | None], str | None],
        clock: Clock,
        out: TextIO,
    ) -> None:
        self._stage = stage
        self._session = session
        self._shown = shown
        self._clock = clock
        self._out = out

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Write the audit entries of the `with` block, even if it raises."""
        with recording() as recorded:
            try:
                yield
            finally:
                entries = [each for each in recorded if isinstance(each, AuditEntry)]
                self._write(entries, self._clock())

    def _write(self, entries: Sequence[AuditEntry], now: datetime) -> None:
        if not entries:
            return
        try:
            operator = self._session.client("sts").get_caller_identity()["Arn"]
            logs = self._session.client("logs")
            for start in range(0, len(entries), _MOST):
                lines = [self._line(each, operator) for each in entries[start : start + _MOST]]
                logs.put_log_events(
                    logGroupName=audit_group(self._stage),
                    logStreamName=_STREAM,
                    logEvents=[
                        {"timestamp": epoch_milliseconds(now), "message": each} for each in lines
                    ],
                )
        except (BotoCoreError, ClientError) as failure:
            print(
                f"This is not in the audit log: {failure}\nNote yourself what you did, and when. "
                f"Next time, have logs:PutLogEvents on {audit_group(self._stage)}.",
                file=self._out,
            )

    def _line(self, entry: AuditEntry, operator: str) -> str:
        known = {"level": "INFO", "message": AUDIT, "service": "make", "operator": operator}
        every = known | audit_fields(entry, self._shown)
        return json.dumps({name: value for name, value in every.items() if value is not None})


def audit_lines_of(
    stage: str, settings: Settings, session: "boto3.Session", out: TextIO
) -> AuditLines:
    """Return the writer of a stage's audit lines, with hashes of users under strict privacy."""
    keys = None
    if settings.strict_privacy:
        client = session.client("secretsmanager")
        keys = SecretsManagerCredentials(client, settings.opentok_secret_id)
    return AuditLines(stage, session, shown_by(keys), utc_now, out)
