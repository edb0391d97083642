"""EventBridge after a minute: each complete rule starts its function."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.rehearsal.place import ACCOUNT, REGION

_Invoke = Callable[[str, Mapping[str, Any]], Any]


class EventBridge:
    """The rules of the account in moto's state; only a test starts them.

    Args:
        client: Makes a client to inspect the account.
        invoke: Hands an event to the function of this ARN.
    """

    def __init__(self, client: Callable[[str], Any], invoke: _Invoke) -> None:
        self._client = client
        self._invoke = invoke

    def pass_a_minute(self) -> list[str]:
        """Start all functions that run every minute, in turn; return the rules' names."""
        events = self._client("events")
        due = [
            rule
            for rule in events.list_rules()["Rules"]
            if rule["State"] == "ENABLED" and rule["ScheduleExpression"] == "rate(1 minute)"
        ]
        for rule in due:
            for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
                self._check_permission(rule["Arn"], target["Arn"])
                self._invoke(target["Arn"], _event(rule["Arn"]))
        return [rule["Name"] for rule in due]

    def _check_permission(self, rule: str, function: str) -> None:
        """Check that the function's permission lets this rule start it."""
        policy = json.loads(self._client("lambda").get_policy(FunctionName=function)["Policy"])
        for statement in policy["Statement"]:
            source = statement.get("Condition", {}).get("ArnLike", {}).get("AWS:SourceArn")
            if statement["Principal"] == {"Service": "events.amazonaws.com"} and source == rule:
                return
        raise PermissionError(f"{rule} may not start {function}")


def _event(rule: str) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [rule],
        "detail": {},
    }
