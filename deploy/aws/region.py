"""A check that a stage is not in another region already."""

from botocore.exceptions import ClientError

from deploy.account import Account
from deploy.aws.resources import Resources
from deploy.errors import DeployError
from deploy.stage import API_FUNCTION, Stage


def check_region(stage: Stage, account: Account, resources: Resources) -> None:
    """Refuse a second region, because the names of roles are the same in all regions.

    Raises:
        DeployError: The stage has roles in this account, and no stack in this region.
    """
    role = f"{stage.stack}-{API_FUNCTION}"
    if resources.exists() or not _exists(role, account):
        return
    raise DeployError(
        f"Stage {stage.name} is not in {account.region}, and seems to be in another region of this "
        f"account, because there is its role {role}.",
        "Set AWS_REGION, or STAGE_REGION in the stage's settings, to the stage's region. For a "
        "second region, make a second stage: make stage NAME=… (If another tool deployed the "
        "stage, from a directory of make export, use that tool. If you have deleted the stage by "
        "hand, delete that role too.)",
    )


def _exists(role: str, account: Account) -> bool:
    try:
        account.session.client("iam").get_role(RoleName=role)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return False
    return True
