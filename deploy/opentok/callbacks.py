"""The command `make callbacks`: register the deployed service's callbacks with OpenTok."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from chalicelib.adapters.opentok.errors import summary
from chalicelib.adapters.opentok.sdk_client import SdkClient, SdkClients
from chalicelib.adapters.opentok.transport import Answer, Request, Transport
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.ports.credentials import OpenTokCredentials
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import RoomkeyError
from deploy.errors import DeployError
from deploy.opentok.credentials import Secret
from deploy.stage import Stage

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_MAX_SECRETS: Final = 2
_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of callbacks. Each kind has its own address and signature secret.

    Args:
        name: The kind's name in the address and in `callbackSecrets`.
        label: The kind's name in OpenTok's account pages.
        variable: The environment variable with a new signature secret.
        topics: The events that can be registered by OpenTok's REST API.
        sent_per_start: True if each start request to OpenTok contains the address.
    """

    name: str
    label: str
    variable: str
    topics: tuple[tuple[str, str], ...] = ()
    sent_per_start: bool = False


KINDS: Final = (
    Kind(
        "session",
        "session monitoring",
        "CALLBACK_SECRET",
        (
            ("connection", "created"),
            ("connection", "destroyed"),
            ("stream", "created"),
            ("stream", "destroyed"),
        ),
    ),
    Kind("archive", "archive monitoring", "CALLBACK_SECRET_ARCHIVE", (("archive", "status"),)),
    Kind("broadcast", "broadcast monitoring", "CALLBACK_SECRET_BROADCAST"),
    Kind(
        "sip",
        "SIP call monitoring",
        "CALLBACK_SECRET_SIP",
        (("sip_call", "created"), ("sip_call", "destroyed")),
    ),
    Kind("render", "Experience Composer monitoring", "CALLBACK_SECRET_RENDER"),
    Kind("captions", "live captions monitoring", "CALLBACK_SECRET_CAPTIONS", sent_per_start=True),
)


class CallbackSetup:
    """The registration of callbacks, as far as OpenTok's REST API allows.

    Args:
        stage: The stage with the secret and settings.
        url: The deployed API's address, ending in a slash.
        client: The client for the secret.
        say: Prints a line to the operator.
    """

    def __init__(
        self,
        stage: Stage,
        url: str,
        client: "SecretsManagerClient",
        say: Callable[[str], None] = print,
    ) -> None:
        self._stage = stage
        self._client = client
        self._say = say
        self._url = url
        self._path_secret = stage.environment.get("CALLBACK_PATH_SECRET") or None

    def run(self, environ: Mapping[str, str]) -> None:
        """Store new signature secrets, register callbacks, and print the remaining manual steps.

        Raises:
            DeployError: The credentials are not usable, or OpenTok refused or did not answer.
        """
        secret = Secret(self._stage, self._client)
        for kind in KINDS:
            if environ.get(kind.variable):
                self._store(secret, kind, environ[kind.variable])
        source = SecretsManagerCredentials(self._client, self._stage.secret_id)
        try:
            sdk = SdkClients(source, self._stage.opentok_api_url).current(Deadline(_SECONDS))
            by_rest = isinstance(sdk.credentials, OpenTokCredentials)
            if by_rest:
                self._register(sdk)
        except RoomkeyError as error:
            raise DeployError(f"The callbacks were not registered: {error.note}", _AGAIN) from error
        self._print_manual_steps(secret.content(), by_rest=by_rest)

    def _store(self, secret: Secret, kind: Kind, new: str) -> None:
        """Make this the current secret. Keep the previous secret for callbacks on their way."""
        content = secret.content()
        secrets = dict(content.get("callbackSecrets") or {})
        before = [each for each in secrets.get(kind.name, []) if each != new]
        secrets[kind.name] = [new, *before][:_MAX_SECRETS]
        self._client.put_secret_value(
            SecretId=self._stage.secret_id,
            SecretString=json.dumps({**content, "callbackSecrets": secrets}),
        )
        self._say(
            f"Stored the signature secret of {kind.name} callbacks. The previous one stays valid."
        )

    def _register(self, sdk: SdkClient) -> None:
        transport = Transport()
        registered = json.loads(self._call(transport, sdk, "GET", None).body)
        registrations = {
            (each.get("group"), each.get("event"), each.get("url")) for each in registered
        }
        for kind in KINDS:
            target = self._target(kind)
            for group, event in kind.topics:
                if (group, event, target) in registrations:
                    self._say(f"{group} {event}: already registered")
                    continue
                wanted = {"group": group, "event": event, "url": target}
                self._call(transport, sdk, "POST", wanted)
                self._say(f"{group} {event}: registered")

    def _target(self, kind: Kind) -> str:
        suffix = "" if self._path_secret is None else f"/{self._path_secret}"
        return f"{self._url}callbacks/{kind.name}{suffix}"

    def _call(
        self, transport: Transport, sdk: SdkClient, method: str, content: dict[str, Any] | None
    ) -> Answer:
        client = sdk.client
        url = f"{client.endpoints.api_url}/v2/project/{client.api_key}/callback"
        request = Request(method, url, client.get_json_headers(), json=content)
        answer = transport.send(request, Deadline(_SECONDS))
        if answer.status != HTTPStatus.OK:
            raise DeployError(f"OpenTok answered {summary(answer)} to {method} {url}.", _AGAIN)
        return answer

    def _print_manual_steps(self, content: Mapping[str, Any], *, by_rest: bool) -> None:
        secrets = cast("dict[str, Any]", content.get("callbackSecrets") or {})
        steps = [
            step
            for kind in KINDS
            for step in self._steps(kind, by_rest=by_rest, known=bool(secrets.get(kind.name)))
        ]
        if steps:
            self._say("Do these steps in your account at OpenTok or Vonage:")
        for step in steps:
            self._say(f"  - {step}")

    def _steps(self, kind: Kind, *, by_rest: bool, known: bool) -> Iterator[str]:
        """Yield the manual steps for one kind. `known`: its signature secret is stored."""
        if not kind.sent_per_start and not (by_rest and kind.topics):
            address = f"{self._url}callbacks/{kind.name}" + ("/…" if self._path_secret else "")
            yield f"set the URL of {kind.label} to {address}"
        if self._path_secret is None:
            yield f"turn on secure callbacks for {kind.label}"
            if not known:
                yield (
                    f"copy its signature secret and store it: {kind.variable}=… make callbacks "
                    f"STAGE={self._stage.name}"
                )


_AGAIN: Final = "Correct this error and run this again; registered callbacks stay as they are."
