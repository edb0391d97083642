"""The exports tried: by CloudFormation's linter, on moto's AWS, and by Terraform where it is there.

No registry of packages has Terraform or its provider. `TERRAFORM_PLUGIN_DIR` names a folder with
the provider, in the layout that `terraform providers mirror` writes.
"""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from moto.moto_api._internal.models import moto_api_backend

from app import build_app
from deploy.account_settings import ACCOUNT_SETTINGS
from deploy.export.directory import TERRAFORM, export
from deploy.export.template import whole_template
from deploy.stage import Stage
from stand_ins.aws.state import one_at_a_time
from tests.deploy.export.exported import SECRET, stage_with
from tests.rehearsal.openapi import as_moto_takes_it
from tests.support.gateway import Gateway
from tests.support.servers.stand_ins import CREDENTIALS, StandIns

PROGRAM = shutil.which("terraform")
BUCKET = "uploads"
ZIP = "deployment.zip"
API_FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:roomkey-prod"


def exported(form: str, folder: Path, stage: Stage) -> Path:
    package = folder / "package"
    with zipfile.ZipFile(package, "w") as empty:
        empty.writestr("app.py", "")
    export(stage, form, lambda: package, folder / form)
    return folder / form


def test_cloudformations_linter_takes_the_template(tmp_path: Path) -> None:
    folder = exported("sam", tmp_path, stage_with())

    linter = Path(sys.executable).with_name("cfn-lint")
    linted = subprocess.run(
        [linter, folder / "template.json"], capture_output=True, text=True, check=False
    )
    assert (linted.returncode, linted.stdout) == (0, "")


@pytest.mark.skipif(
    PROGRAM is None or "TERRAFORM_PLUGIN_DIR" not in os.environ,
    reason="needs terraform, and its provider for AWS in TERRAFORM_PLUGIN_DIR; "
    "test_terraform.py checks the module by the provider's schema",
)
def test_terraform_takes_the_module(tmp_path: Path) -> None:
    folder = exported("terraform", tmp_path, stage_with())

    for arguments in (["init", f"-plugin-dir={os.environ['TERRAFORM_PLUGIN_DIR']}"], ["validate"]):
        tried = subprocess.run(
            [str(PROGRAM), *arguments, "-no-color"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert tried.returncode == 0, tried.stderr
    assert (folder / TERRAFORM).exists()


def as_moto_takes(template: dict[str, Any], session: boto3.Session) -> str:
    """Return the template as `sam` packages it, with the package in a bucket.

    moto's CloudFormation makes an API without its document, and deploys none that is empty.
    """
    s3 = session.client("s3")
    place = {"LocationConstraint": session.region_name}
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=cast("Any", place))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as empty:
        empty.writestr("app.py", "")
    s3.put_object(Bucket=BUCKET, Key=ZIP, Body=package.getvalue())
    made = {
        name: each
        for name, each in template["Resources"].items()
        if each["Type"] not in {"AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage"}
    }
    code = json.dumps({"S3Bucket": BUCKET, "S3Key": ZIP})
    return json.dumps({**template, "Resources": made}).replace(f'"./{ZIP}"', code)


def import_routes(template: dict[str, Any], api: str, session: boto3.Session) -> Any:
    """Import the document of the API, as CloudFormation does. Return its resources."""
    body = template["Resources"]["RestAPI"]["Properties"]["Body"]
    place = {"AWS::Partition": "aws", "AWS::Region": session.region_name}
    text = json.dumps(as_moto_takes_it(body)).replace("${APIHandler.Arn}", API_FUNCTION)
    for name, value in place.items():
        text = text.replace(f"${{{name}}}", value)
    document = re.sub(r'\{"Fn::Sub": ("[^"]*")\}', r"\1", text)
    client = session.client("apigateway")
    client.put_rest_api(restApiId=api, mode="overwrite", body=document.encode())
    return client.get_resources(restApiId=api, embed=["methods"], limit=500)["items"]


@pytest.fixture
def empty_account(stand_ins: StandIns, aws_session: boto3.Session) -> boto3.Session:
    """A session with an account in which no earlier test of this process has left anything."""
    assert stand_ins
    with one_at_a_time():
        moto_api_backend.reset()
    return aws_session


@pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")  # moto's gaps
def test_a_stack_of_the_template_answers_with_a_token(
    stand_ins: StandIns, empty_account: boto3.Session
) -> None:
    aws_session = empty_account
    settings = ("AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_JWKS_URL", "OPENTOK_API_URL")
    own = {name: stand_ins.environment[name] for name in settings}
    # moto puts a function into no network that is not there.
    stage = stage_with(**own, **dict.fromkeys(ACCOUNT_SETTINGS, ""))
    template = whole_template(stage)
    secret = {"ParameterKey": "CallbackPathSecret", "ParameterValue": SECRET}
    client = aws_session.client("cloudformation")
    client.create_stack(
        StackName=stage.stack,
        TemplateBody=as_moto_takes(template, aws_session),
        Parameters=[cast("Any", secret)],
    )
    # moto's CloudFormation makes no secrets.
    stand_ins.secretsmanager().create_secret(
        Name=stage.secret_id, SecretString=json.dumps(CREDENTIALS)
    )

    (api,) = aws_session.client("apigateway").get_rest_apis()["items"]
    routes = import_routes(template, api["id"], aws_session)
    (route,) = (each for each in routes if each["path"] == "/rooms/{room}/tokens")
    uri = route["resourceMethods"]["POST"]["methodIntegration"]["uri"]
    assert uri.endswith(f"/functions/{API_FUNCTION}/invocations")
    function = aws_session.client("lambda").get_function_configuration(FunctionName=API_FUNCTION)
    assert function["Handler"] == "app.app"
    gateway = Gateway(build_app(function["Environment"]["Variables"]))
    bearer = stand_ins.identity.bearer("alice")
    reply = gateway.request("POST", "/rooms/stand-up/tokens", bearer=bearer)
    assert reply.status == 201, reply.text
    assert stand_ins.opentok.connect(reply.json["token"])
    assert stand_ins.dynamodb().scan(TableName=stage.table)["Items"]
