"""The AWS account and region from the operator's environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as AwsConnectionError
from botocore.session import get_session

from deploy.errors import DeployError, check_all

_CALL: Final = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
_ANY_REGION: Final = "us-east-1"
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_CLOCK: Final = "SignatureDoesNotMatch"


@dataclass(frozen=True, slots=True)
class Account:
    """An AWS account and region to deploy to. `session` creates the clients."""

    id: str
    region: str
    session: boto3.Session


def connect(environ: Mapping[str, str], region: str | None = None) -> Account:
    """Return the account that the credentials belong to.

    Args:
        environ: The operator's environment.
        region: The region of the stage. None leaves the choice to the environment.

    Raises:
        DeployError: The credentials are missing or refused, AWS cannot be reached, or no region is
            set. The text names all that is wrong.
    """
    session = _session(environ, region)
    accounts: list[str] = []
    check_all(
        lambda: _check_region(session), lambda: accounts.append(_account_of(session, environ))
    )
    return Account(accounts[0], session.region_name, session)


def _session(environ: Mapping[str, str], region: str | None) -> boto3.Session:
    try:
        return boto3.Session(region_name=region or environ.get("AWS_REGION") or None)
    except ProfileNotFound as error:
        there = sorted(get_session().available_profiles)
        profile = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE")
        raise DeployError(
            f"There is no AWS profile {profile!r}.",
            f"Set AWS_PROFILE to one of those there are: {', '.join(there)}."
            if there
            else "There are no profiles: `aws configure` makes one. Or unset AWS_PROFILE and "
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        ) from error
    except BotoCoreError as error:  # a file of AWS's that cannot be parsed, for example
        raise _unusable(error) from error


def _check_region(session: boto3.Session) -> None:
    if session.region_name is None:
        raise DeployError(
            "No AWS region is set.",
            "Set AWS_REGION, for example to eu-west-1, or `region` in ~/.aws/config, or "
            "STAGE_REGION in the stage's settings.",
        )


def _account_of(session: boto3.Session, environ: Mapping[str, str]) -> str:
    region = session.region_name or _ANY_REGION
    try:
        caller = session.client("sts", region_name=region, config=_CALL).get_caller_identity()
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise DeployError(f"There are no AWS credentials: {error}.", _GIVE_CREDENTIALS) from error
    except (SSOError, TokenRetrievalError) as error:
        profile = environ.get("AWS_PROFILE", "")
        raise DeployError(
            f"The AWS sign-in has ended: {error}",
            f"Sign in again: aws sso login{f' --profile {profile}' if profile else ''}",
        ) from error
    except (HTTPClientError, AwsConnectionError, InvalidRegionError) as error:
        raise DeployError(
            f"AWS cannot be reached: {error}",
            f"Check the network and any proxy (HTTPS_PROXY), and that {region} is a region: "
            "`aws account list-regions` names them. The credentials were not tried.",
        ) from error
    except ClientError as error:
        raise _refusal(error, region) from error
    except (BotoCoreError, OSError) as error:  # OSError: a `credential_process` that does not start
        raise _unusable(error) from error
    return caller["Account"]


def _unusable(error: Exception) -> DeployError:
    return DeployError(f"The AWS credentials cannot be used: {error}", _GIVE_CREDENTIALS)


def _refusal(error: ClientError, region: str) -> DeployError:
    """Return the error for an answer of AWS that refuses the credentials."""
    code = error.response["Error"]["Code"]
    if code in _EXPIRED:
        return DeployError(
            "The AWS credentials have expired.", "Sign in again, or get new credentials."
        )
    hint = " Check this machine's clock, too." if code == _CLOCK else ""
    return DeployError(
        f"AWS does not accept the credentials: {error}",
        f"{_GIVE_CREDENTIALS} A region that the account has not switched on also answers so: "
        f"{region}.{hint}",
    )


_GIVE_CREDENTIALS: Final = (
    "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "
    "`aws sts get-caller-identity` must name your account."
)
