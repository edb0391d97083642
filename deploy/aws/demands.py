"""The demands of an account on what Chalice has made: boundary, tags and key.

Chalice's own calls have it for what is new (`deploy.packaging.demands`). Settings may change later.
"""

from deploy.account import Account
from deploy.stage import Stage


def meet_demands(stage: Stage, account: Account, api_id: str) -> None:
    """Set boundary, tags and key of the stage's roles, schedules, logs and API.

    Repeating it is harmless. What is not demanded stays as it is.
    """
    demanded, session = stage.account_settings, account.session
    iam, logs = session.client("iam"), session.client("logs")
    for name in stage.functions:
        role = f"{stage.stack}-{name}"
        if demanded.boundary:
            iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=demanded.boundary)
        if demanded.tags:
            tags = demanded.tags.items()
            iam.tag_role(RoleName=role, Tags=[{"Key": key, "Value": value} for key, value in tags])
    groups = [f"/aws/lambda/{function}" for function in stage.functions.values()]
    if demanded.key:
        for group in groups:
            logs.associate_kms_key(logGroupName=group, kmsKeyId=demanded.key)
    if demanded.tags:
        _tag(stage, account, api_id, groups)


def _tag(stage: Stage, account: Account, api_id: str, groups: list[str]) -> None:
    session, demanded = account.session, stage.account_settings
    partition = session.get_partition_for_region(account.region)
    place = f"{account.region}:{account.id}"
    tags, logs = dict(demanded.tags), session.client("logs")
    for group in groups:
        logs.tag_resource(resourceArn=f"arn:{partition}:logs:{place}:log-group:{group}", tags=tags)
    events = session.client("events")
    for function in stage.scheduled.values():
        rule = f"arn:{partition}:events:{place}:rule/{function}-event"
        events.tag_resource(ResourceARN=rule, Tags=demanded.tag_list)
    api = f"arn:{partition}:apigateway:{account.region}::/restapis/{api_id}"
    for arn in (api, f"{api}/stages/{stage.gateway_stage}"):
        session.client("apigateway").tag_resource(resourceArn=arn, tags=tags)
