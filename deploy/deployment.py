"""The command `make deploy`: all steps in order. Each step can be repeated safely."""

from collections.abc import Mapping
from typing import TextIO

from chalicelib import VERSION
from chalicelib.invitation_settings import serves_call_page
from deploy.account import Account
from deploy.asking import Terminal
from deploy.aws.functions import Deployed, deploy_functions
from deploy.aws.gateway import limit_requests, set_gateway_responses
from deploy.aws.region import check_region
from deploy.aws.resources import Resources
from deploy.opentok.credentials import Secret, ensure_credentials
from deploy.packaging.package import build_package
from deploy.privacy_keys import ensure_privacy_key
from deploy.progress import Progress
from deploy.rotation import AccountSecret, ensure_account, schedule_of
from deploy.smoke import SmokeTest
from deploy.stage import Stage
from deploy.state import DeployedState
from deploy.summary import summary

STEPS = 5


class Deployment:
    """One deployment of one stage."""

    def __init__(
        self,
        stage: Stage,
        account: Account,
        operator: Terminal,
        environ: Mapping[str, str],
        output: TextIO,
    ) -> None:
        self._stage = stage
        self._account = account
        self._operator = operator
        self._environ = environ
        self._output = output
        self._progress = Progress(output, STEPS)
        self._resources = Resources(stage, account.session.client("cloudformation"))

    def run(self) -> None:
        """Run all steps.

        Raises:
            DeployError: A step failed. The steps before it are done.
        """
        say = self._progress.say
        say(
            f"Roomkey {VERSION}: stage {self._stage.name}, account {self._account.id}, "
            f"{self._account.region}"
        )
        check_region(self._stage, self._account, self._resources)
        self._progress.step("Resources: table, secret, bucket, alarms, dashboard")
        say("CloudFormation is running; the first deployment takes a minute or two")
        say(f"stack {self._stage.stack}: {self._resources.apply()}")
        self._progress.step("Credentials of OpenTok")
        secret = Secret(self._stage, self._account.session.client("secretsmanager"))
        say(ensure_credentials(self._stage, secret, self._operator))
        key = ensure_privacy_key(self._stage, secret)
        if key is not None:
            say(key)
        account = AccountSecret(self._stage, self._account.session.client("secretsmanager"))
        stored = ensure_account(self._stage, account, self._operator)
        if stored is not None:
            say(stored)
        self._progress.step("Functions and API")
        deployed = self._deploy_functions()
        say(schedule_of(self._stage, self._account).apply())
        self._progress.step("API Gateway: its own error responses, then throttling")
        self._set_gateway(deployed)
        self._progress.step(f"Smoke test of {deployed.url}")
        SmokeTest(deployed.url, say).run(
            self._environ.get("BEARER"), call_page=serves_call_page(self._stage.environment)
        )
        print(
            summary(self._stage, deployed, self._resources.output("AlarmTopic")),
            file=self._output,
            flush=True,
        )

    def _deploy_functions(self) -> Deployed:
        package = build_package(self._stage)
        for line in package.lines:
            self._progress.say(line)
        bucket = self._resources.output("StateBucket") or ""
        state = DeployedState(
            self._stage, self._account, bucket, self._account.session.client("s3")
        )
        deployed = deploy_functions(
            self._stage,
            self._account,
            package,
            state,
            environ=self._environ,
            output=self._output,
        )
        self._progress.say(f"{' and '.join(self._stage.scheduled)} run every minute")
        if deployed.overlapping:
            self._progress.say(
                f"runs of {' and '.join(deployed.overlapping)} may overlap, because the account "
                "has too little concurrency to reserve. This is harmless; a higher quota ends it"
            )
        return deployed

    def _set_gateway(self, deployed: Deployed) -> None:
        client = self._account.session.client("apigateway")
        responses = set_gateway_responses(deployed.api_id, self._stage, client)
        self._progress.say(f"{responses} error responses: CORS and our format")
        limit_requests(deployed.api_id, self._stage, client)
        limits = self._stage.limits
        self._progress.say(f"{limits.requests_per_second} requests/s, burst {limits.burst}")
