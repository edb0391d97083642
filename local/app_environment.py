"""The environment of the app's process: the user's settings, with the stand-ins' addresses."""

import os
from collections.abc import Mapping

from chalicelib.core.model.media import AllowedTo, Feature
from local.ports import HOST, Ports
from local.providers.issuer import chosen_issuer
from local.providers.provider import CREDENTIAL_VARIABLES, Provider

REGION = "us-east-1"


def app_environment(environ: Mapping[str, str], ports: Ports, provider: Provider) -> dict[str, str]:
    """Return the child's variables, without the user's AWS settings and OpenTok credentials.

    Raises:
        StartError: The settings of sign-in are incomplete.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(("AWS_", "AUTH_")) and name not in CREDENTIAL_VARIABLES
    }
    no_proxy = ",".join(filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy"), HOST]))
    wanted = (
        # With real credentials, any page in the user's browser could record at the user's cost.
        {"SAMPLE_RECORDING": "off" if provider.real else "on", "MEDIA_HOSTS": "*:*"}
        | {"CALL_PAGE": "on"}
        | {"INVITATION_URL": f"{ports.call_url}#invitation={{code}}"}
        | {feature.setting: AllowedTo.MODERATORS.value for feature in Feature}
        | kept
        | _aws(ports)
        | dict(chosen_issuer(environ, ports).settings)
        | {
            "ROOMS_TABLE": "roomkey-local-rooms",
            "OPENTOK_SECRET_ID": "roomkey/local/opentok",
            # A proxy for the real OpenTok cannot reach this machine.
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
            "PYTHONUNBUFFERED": "1",
        }
    )
    stand_in = {
        "OPENTOK_API_URL": ports.opentok_url,
        "OPENTOK_CLIENT_URL": ports.client_library_url,
    }
    return wanted if provider.real else wanted | stand_in


def _aws(ports: Ports) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": ports.aws_url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        # The user's profiles may name other endpoints, or be broken.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
