"""Chalice's calls with what an account demands of the roles and functions that they make.

Chalice knows no permissions boundary, no key, and no tags of a role.
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.session import Session


def add_demands(session: Session, demands: Mapping[str, Any]) -> None:
    """Have each client of this session add what is demanded to its calls.

    Args:
        session: The session of Chalice.
        demands: The `demands` of `deploy.account_settings.AccountSettings`.
    """
    role = {"PermissionsBoundary": demands["boundary"], "Tags": demands["tags"]}
    role = {name: value for name, value in role.items() if value}
    function = {"KMSKeyArn": demands["key"]} if demands["key"] else {}

    def add_to_role(**event: Any) -> None:  # noqa: ANN401 - as botocore calls it
        event["params"].update(role)

    def add_to_function(**event: Any) -> None:  # noqa: ANN401 - as botocore calls it
        event["params"].update(function)

    def add_to_policy(**event: Any) -> None:  # noqa: ANN401
        params = event["params"]
        policy = json.loads(params["PolicyDocument"])
        policy["Statement"] += demands["statements"]
        params["PolicyDocument"] = json.dumps(policy)

    for operation, add in (
        ("iam.CreateRole", add_to_role),
        ("iam.PutRolePolicy", add_to_policy),
        ("lambda.CreateFunction", add_to_function),
        ("lambda.UpdateFunctionConfiguration", add_to_function),
    ):
        session.register(f"provide-client-params.{operation}", add)
