"""The scenery of a rehearsal: an AWS account, OpenTok, an identity provider, clones."""

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import boto3
import requests
from botocore.config import Config

from stand_ins.http.server import HttpServer
from stand_ins.identity.provider import IdentityProvider
from stand_ins.opentok import OpenTokStandIn
from stand_ins.project_clone import Clone, new_clone, operators_environment
from tests.rehearsal.aws_account import AwsAccount
from tests.rehearsal.callback_relay import CallbackRelay
from tests.rehearsal.functions import Functions
from tests.rehearsal.internet import Internet, Server
from tests.rehearsal.operators import BOUNDARY
from tests.rehearsal.place import REGION

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ISSUER: Final = "https://issuer.roomkey.test/"
AUDIENCE: Final = "rehearsal"
ORIGIN: Final = "https://app.roomkey.test"
API_KEY: Final = "47000002"
API_SECRET: Final = "beefbeefbeefbeefbeefbeefbeefbeefbeefbeef"
CREDENTIALS: Final = json.dumps({"apiKey": API_KEY, "apiSecret": API_SECRET})
ACCOUNT_KEY: Final = "46000002"
ACCOUNT_SECRET: Final = "acc0acc0acc0acc0acc0acc0acc0acc0acc0acc0"
ACCOUNT: Final = json.dumps({"accountKey": ACCOUNT_KEY, "accountSecret": ACCOUNT_SECRET})

_LONGEST_CALL: Final = 70 * 1024 * 1024
"""A zip of 50 MB as base64: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""


class StageSet:
    """All stand-ins under their real names, from `__enter__` to `__exit__`.

    Args:
        folder: A folder for clones and certificates.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ends = ExitStack()
        self.functions = Functions(lambda: self.internet.environment)
        self.aws = AwsAccount(self.functions)
        self.opentok = OpenTokStandIn(
            projects={API_KEY: API_SECRET}, accounts={ACCOUNT_KEY: ACCOUNT_SECRET}
        )
        self.identity = IdentityProvider(ISSUER, AUDIENCE)
        self.callbacks = CallbackRelay(self.http)

    def __enter__(self) -> Self:
        with ExitStack() as ends:
            ends.enter_context(self.aws)
            gateway = ends.enter_context(HttpServer(self.aws.api_gateway.wsgi_app))
            aws = ends.enter_context(HttpServer(self.aws.wsgi_app, body_limit=_LONGEST_CALL))
            opentok = ends.enter_context(HttpServer(self.opentok.wsgi_app))
            ends.callback(self.opentok.stop)
            identity = ends.enter_context(HttpServer(self.identity.wsgi_app))
            relay = ends.enter_context(HttpServer(self.callbacks.wsgi_app))
            for kind in ("session", "archive"):
                self.opentok.deliver_to(kind, f"{relay.url}/callbacks/{kind}")
            names: dict[str, Server] = {
                rf"\w+\.execute-api\.{REGION}\.amazonaws\.com": gateway,
                r".*\.amazonaws\.com": aws,
                r"api\.opentok\.com": opentok,
                r"issuer\.roomkey\.test": identity,
            }
            certificates = self._folder / "certificates"
            certificates.mkdir()
            self.internet = ends.enter_context(Internet(names, certificates))
            ends.callback(self.functions.stop)
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._ends.close()

    def http(self) -> requests.Session:
        """Return a client on this internet, like that of an app on the real one."""
        surroundings = self.internet.environment
        session = requests.Session()
        session.trust_env = False
        session.proxies = {"https": surroundings["HTTPS_PROXY"]}
        session.verify = surroundings["REQUESTS_CA_BUNDLE"]
        return session

    def s3(self, key_id: str, secret: str) -> "S3Client":
        """Return an S3 client on this internet, with this access key."""
        surroundings = self.internet.environment
        return boto3.client(
            "s3",
            region_name=REGION,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            verify=surroundings["REQUESTS_CA_BUNDLE"],
            config=Config(proxies={"https": surroundings["HTTPS_PROXY"]}),
        )

    def clone(self, name: str, commit: str | None = None) -> Clone:
        """Return a new clone with AWS credentials and an operator's settings.

        Args:
            name: The name of its folder.
            commit: The commit to clone, which must know these settings. None is the working tree.
        """
        folder = self._folder / name
        folder.mkdir()
        environment = operators_environment(folder, self.internet.environment, REGION)
        settings = {
            "AUTH_ISSUER": ISSUER,
            "AUTH_AUDIENCE": AUDIENCE,
            "CORS_ORIGIN": ORIGIN,
            "ARCHIVE_BUCKET": "roomkey-{stage}-archives-rehearsed",
            "PERMISSIONS_BOUNDARY": BOUNDARY,
            # The functions run with this Python here.
            "LAMBDA_PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}",
            "MONTHLY_BUDGET_USD": "900",
        }
        return new_clone(folder, environment, settings, commit)
