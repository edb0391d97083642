"""`make callbacks STAGE=…`: has OpenTok tell the deployed service what happens in its sessions."""

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

_KEPT_SECRETS: Final = 2
_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of callbacks, with an address and a signature secret of its own.

    Args:
        name: What it is called in the address and in `callbackSecrets`.
        called: What it is called in an account at OpenTok.
        variable: What a new signature secret is handed over in; it becomes the current one.
        topics: The events that OpenTok lets be registered by REST.
        asked_per_start: Whether OpenTok is told the address each time that such a thing is started.
    """

    name: str
    called: str
    variable: str
    topics: tuple[tuple[str, str], ...] = ()
    asked_per_start: bool = False


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
    Kind("captions", "live captions monitoring", "CALLBACK_SECRET_CAPTIONS", asked_per_start=True),
)


class CallbackSetup:
    """Registers where callbacks go, as far as OpenTok can be asked to.

    Args:
        stage: Whose secret and settings are used.
        url: The deployed API's address, ending in a slash.
        client: Where the secret is.
        say: Takes each line for the operator.
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
        """Keep new signature secrets if there are any, register, and tell what is left to do.

        Raises:
            DeployError: There are no usable credentials, or OpenTok refuses or does not answer.
        """
        secret = Secret(self._stage, self._client)
        for kind in KINDS:
            if environ.get(kind.variable):
                self._keep(secret, kind, environ[kind.variable])
        source = SecretsManagerCredentials(self._client, self._stage.secret_id)
        try:
            project = SdkClients(source, self._stage.opentok_api_url).current(Deadline(_SECONDS))
            by_rest = isinstance(project.credentials, OpenTokCredentials)
            if by_rest:
                self._register(project)
        except RoomkeyError as error:
            raise DeployError(f"The callbacks were not registered: {error.note}", _AGAIN) from error
        self._tell_the_rest(secret.content(), by_rest=by_rest)

    def _keep(self, secret: Secret, kind: Kind, new: str) -> None:
        """Make it the current secret; the one before stays good, for callbacks under way."""
        content = secret.content()
        every = dict(content.get("callbackSecrets") or {})
        before = [each for each in every.get(kind.name, []) if each != new]
        every[kind.name] = [new, *before][:_KEPT_SECRETS]
        self._client.put_secret_value(
            SecretId=self._stage.secret_id,
            SecretString=json.dumps({**content, "callbackSecrets": every}),
        )
        self._say(
            f"Stored the signature secret of {kind.name} callbacks; the one before stays good."
        )

    def _register(self, project: SdkClient) -> None:
        http = Transport()
        registered = json.loads(self._asked(http, project, "GET", None).body)
        there = {(each.get("group"), each.get("event"), each.get("url")) for each in registered}
        for kind in KINDS:
            target = self._target(kind)
            for group, event in kind.topics:
                if (group, event, target) in there:
                    self._say(f"{group} {event}: registered already")
                    continue
                wanted = {"group": group, "event": event, "url": target}
                self._asked(http, project, "POST", wanted)
                self._say(f"{group} {event}: registered")

    def _target(self, kind: Kind) -> str:
        below = "" if self._path_secret is None else f"/{self._path_secret}"
        return f"{self._url}callbacks/{kind.name}{below}"

    def _asked(
        self, http: Transport, project: SdkClient, method: str, content: dict[str, Any] | None
    ) -> Answer:
        client = project.client
        url = f"{client.endpoints.api_url}/v2/project/{client.api_key}/callback"
        request = Request(method, url, client.get_json_headers(), json=content)
        answer = http.send(request, Deadline(_SECONDS))
        if answer.status != HTTPStatus.OK:
            raise DeployError(f"OpenTok answers {summary(answer)} to {method} {url}.", _AGAIN)
        return answer

    def _tell_the_rest(self, content: Mapping[str, Any], *, by_rest: bool) -> None:
        secrets = cast("dict[str, Any]", content.get("callbackSecrets") or {})
        steps = [
            step
            for kind in KINDS
            for step in self._steps(kind, by_rest=by_rest, known=bool(secrets.get(kind.name)))
        ]
        if steps:
            self._say("To be done by hand, in your account at OpenTok or Vonage:")
        for step in steps:
            self._say(f"  - {step}")

    def _steps(self, kind: Kind, *, by_rest: bool, known: bool) -> Iterator[str]:
        """What is left to do about one kind; `known` is whether its signature secret is stored."""
        if not kind.asked_per_start and not (by_rest and kind.topics):
            shown = f"{self._url}callbacks/{kind.name}" + ("/…" if self._path_secret else "")
            yield f"set the URL of {kind.called} to {shown}"
        if self._path_secret is None:
            yield f"turn on secure callbacks for {kind.called}"
            if not known:
                yield (
                    f"copy its signature secret and hand it over: {kind.variable}=… make callbacks "
                    f"STAGE={self._stage.name}"
                )


_AGAIN: Final = "Mend that and run this again; what is registered already is left alone."
