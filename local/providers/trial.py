"""A trial of real credentials at the start, where no first token can be asked for."""

import warnings
from collections.abc import Mapping
from typing import Final

from chalicelib.adapters.opentok.api_client import Transport
from chalicelib.adapters.opentok.sdk_client import SdkClients
from chalicelib.adapters.opentok.sessions_and_tokens import OpenTokPlatform
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.model.room_settings import RoomSettings
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import ProviderRefused, ProviderUnavailable
from local.first_token import provider_failure
from local.providers.provider import Provider
from stand_ins.aws.clients import aws_clients

_SECONDS: Final = 15.0


def try_credentials(provider: Provider, environment: Mapping[str, str]) -> None:
    """Have OpenTok make a session, which costs nothing.

    Args:
        provider: OpenTok or Vonage itself.
        environment: The app's variables.

    Raises:
        ProviderFailsError: OpenTok refuses the credentials, or does not answer.
    """
    clients = aws_clients(environment["AWS_ENDPOINT_URL"])
    source = SecretsManagerCredentials(clients.secretsmanager, environment["OPENTOK_SECRET_ID"])
    url = environment.get("OPENTOK_API_URL", "").rstrip("/") or None
    platform = OpenTokPlatform(SdkClients(source, url), Transport())
    try:
        with warnings.catch_warnings():
            # Of a secret that is too short, OpenTok's refusal says enough.
            warnings.simplefilter("ignore")
            platform.create_session(RoomSettings(), None, Deadline(_SECONDS))
    except (ProviderRefused, ProviderUnavailable) as error:
        raise provider_failure(provider, refused=isinstance(error, ProviderRefused)) from None
    finally:
        clients.close()
