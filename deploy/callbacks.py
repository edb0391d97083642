"""`make callbacks STAGE=…`: has OpenTok tell the deployed service what happens in its sessions."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from chalicelib.adapters.opentok.http import Answer, OpenTokHttp, Request
from chalicelib.adapters.opentok.outcomes import summary
from chalicelib.adapters.opentok.projects import Project, Projects
from chalicelib.adapters.secrets_manager import SecretsManagerCredentials
from chalicelib.core.credentials import OpenTokCredentials
from chalicelib.core.deadline import Deadline
from chalicelib.errors import RoomkeyError
from deploy.credentials import Secret
from deploy.errors import DeployError
from deploy.stage import Stage

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

NEW_SECRET: Final = "CALLBACK_SECRET"  # noqa: S105 - a variable's name
"""The variable that a signature secret is handed over in; it becomes the current one."""
TOPICS: Final = (
    ("connection", "created"),
    ("connection", "destroyed"),
    ("stream", "created"),
    ("stream", "destroyed"),
)
"""The session events that OpenTok lets be registered by REST."""

_KIND: Final = "session"
_KEPT_SECRETS: Final = 2
_SECONDS: Final = 30.0


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
        path_secret = stage.environment.get("CALLBACK_PATH_SECRET")
        self._signed = not path_secret
        self._target = f"{url}callbacks/{_KIND}" + (f"/{path_secret}" if path_secret else "")

    def run(self, environ: Mapping[str, str]) -> None:
        """Keep a new signature secret if there is one, register, and tell what is left to do.

        Raises:
            DeployError: There are no usable credentials, or OpenTok refuses or does not answer.
        """
        secret = Secret(self._stage, self._client)
        if environ.get(NEW_SECRET):
            self._keep(secret, environ[NEW_SECRET])
        source = SecretsManagerCredentials(self._client, self._stage.secret_id)
        try:
            project = Projects(source, self._stage.opentok_api_url).current(Deadline(_SECONDS))
            by_rest = isinstance(project.credentials, OpenTokCredentials)
            if by_rest:
                self._register(project)
        except RoomkeyError as error:
            raise DeployError(f"The callbacks were not registered: {error.note}", _AGAIN) from error
        self._tell_the_rest(secret.content(), by_rest=by_rest)

    def _keep(self, secret: Secret, new: str) -> None:
        """Make it the current secret; the one before stays good, for callbacks under way."""
        content = secret.content()
        every = dict(content.get("callbackSecrets") or {})
        before = [each for each in every.get(_KIND, []) if each != new]
        every[_KIND] = [new, *before][:_KEPT_SECRETS]
        self._client.put_secret_value(
            SecretId=self._stage.secret_id,
            SecretString=json.dumps({**content, "callbackSecrets": every}),
        )
        self._say(f"Stored the signature secret of {_KIND} callbacks; the one before stays good.")

    def _register(self, project: Project) -> None:
        http = OpenTokHttp()
        registered = json.loads(self._asked(http, project, "GET", None).body)
        there = {(each.get("group"), each.get("event"), each.get("url")) for each in registered}
        for group, event in TOPICS:
            if (group, event, self._target) in there:
                self._say(f"{group} {event}: registered already")
                continue
            wanted = {"group": group, "event": event, "url": self._target}
            self._asked(http, project, "POST", wanted)
            self._say(f"{group} {event}: registered")

    def _asked(
        self, http: OpenTokHttp, project: Project, method: str, content: dict[str, Any] | None
    ) -> Answer:
        client = project.client
        url = f"{client.endpoints.api_url}/v2/project/{client.api_key}/callback"
        request = Request(method, url, client.get_json_headers(), json=content)
        answer = http.send(request, Deadline(_SECONDS))
        if answer.status != HTTPStatus.OK:
            raise DeployError(f"OpenTok answers {summary(answer)} to {method} {url}.", _AGAIN)
        return answer

    def _tell_the_rest(self, content: Mapping[str, Any], *, by_rest: bool) -> None:
        shown = self._target if self._signed else self._target.rpartition("/")[0] + "/…"
        steps = []
        if not by_rest:
            steps.append(f"set the URL of session monitoring to {shown}")
        if self._signed:
            steps.append("turn on secure callbacks for session monitoring")
            if not cast("dict[str, Any]", content.get("callbackSecrets") or {}).get(_KIND):
                steps.append(
                    f"copy its signature secret and hand it over: {NEW_SECRET}=… make callbacks "
                    f"STAGE={self._stage.name}"
                )
        if steps:
            self._say("To be done by hand, in your account at OpenTok or Vonage:")
        for step in steps:
            self._say(f"  - {step}")


_AGAIN: Final = "Mend that and run this again; what is registered already is left alone."
