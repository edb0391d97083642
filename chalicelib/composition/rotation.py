"""The rotation of OpenTok's credentials on AWS and OpenTok."""

import time
from typing import TYPE_CHECKING

from chalicelib.composition.aws import aws_clients, keep_libraries_quiet
from chalicelib.core.rotation.rotate_credentials import RotateCredentials
from chalicelib.core.support.formats import utc_now
from chalicelib.core.support.switch_times import SwitchTimes
from chalicelib.rotation_settings import account_secret_id
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from chalicelib.adapters.opentok.accounts import AccountCredentials
    from chalicelib.core.support.deadline import Deadline


def wire_rotation(
    settings: Settings, times: SwitchTimes, vonage_accounts_url: str | None
) -> RotateCredentials:
    """Return the rotation. This makes no call yet.

    Args:
        settings: The operator's settings.
        times: The times of the switch, which all instances keep to.
        vonage_accounts_url: The address of Vonage's Application API; None for its own.

    Raises:
        NotConfigured: No AWS region is set.
    """
    from chalicelib.adapters.opentok.accounts import (
        VONAGE_ACCOUNTS_URL,
        PlatformAccount,
        parse_account,
    )
    from chalicelib.adapters.opentok.api_client import Transport
    from chalicelib.adapters.rotated_secret import SecretsManagerVersions, secret_text

    keep_libraries_quiet()
    _, secrets_manager = aws_clients()
    name = account_secret_id(settings.opentok_secret_id)

    def account(deadline: "Deadline") -> "AccountCredentials":
        return parse_account(secret_text(secrets_manager, name, deadline), name)

    return RotateCredentials(
        SecretsManagerVersions(secrets_manager, settings.opentok_secret_id),
        PlatformAccount(
            account,
            Transport(),
            settings.opentok_api_url,
            vonage_accounts_url=vonage_accounts_url or VONAGE_ACCOUNTS_URL,
            now=time.time,
        ),
        utc_now,
        times,
    )
