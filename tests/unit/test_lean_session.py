"""A join's clients, which leave out parts of botocore and send the same requests to AWS."""

import json
from typing import Any, cast

import pytest
import time_machine
from botocore import handlers, xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

from chalicelib.adapters.dynamodb.table import Table
from chalicelib.composition.lean_session import LeanDescriptions, lean_session
from chalicelib.core.support.deadline import Deadline
from deploy.packaging.aws_descriptions import OPERATIONS
from tests.support.noon import NOON

REGIONS = ("eu-west-1", "us-gov-west-1", "cn-north-1")
OF_A_JOIN = ("dynamodb", "secretsmanager")
KEY = {"pk": {"S": "room#standup"}, "sk": {"S": "room"}}
GIVEN: dict[str, Any] = {
    "ClientRequestToken": "3f1c2b4a",
    "Item": KEY | {"bans": {"M": {"alice": {"N": "7"}}}, "members": {"SS": ["alice"]}},
    "Key": KEY,
    "RequestItems": {"rooms": {"Keys": [KEY]}},
    "SecretId": "roomkey",
    "TableName": "rooms",
    "TransactItems": [{"Put": {"TableName": "rooms", "Item": KEY}}],
}
LEFT_OUT = {
    "add_generate_presigned_url",  # no address is signed
    "add_recursion_detection_header",  # tells Lambda, SNS and SQS who called whom
    "add_retry_headers",  # tells AWS how often a call was tried
    "generate_idempotent_uuid",  # `Table.transact` has tokens of its own
    "handle_service_name_alias",  # for old names of other services
    "inject_api_version_header_if_needed",  # for other services
    "set_operation_specific_signer",  # for other services
    "_handle_request_validation_mode_member",  # for checksums of S3
    "_set_auth_scheme_preference_signer",  # where the operator prefers another signature
}
"""botocore's own handlers that apply to the operations of a join."""
EVENTS = (
    *("choose-service-name", "creating-client-class.{service}"),
    *("provide-client-params.{call}", "before-parameter-build.{call}", "before-call.{call}"),
    *("before-endpoint-resolution.{service}", "request-created.{call}", "choose-signer.{call}"),
    *("before-sign.{call}", "before-send.{call}", "response-received.{call}"),
    *("needs-retry.{call}", "before-parse.{call}", "after-call.{call}", "after-call-error.{call}"),
)


class Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> list[bytes]:
        return [self._content]


class Wire:
    """A client's network, which keeps each request and answers with an item of the table."""

    ITEM = GIVEN["Item"]

    def __init__(self, client: Any) -> None:
        self.requests: list[AWSPreparedRequest] = []
        client.meta.events.register("before-send", self.answer)

    def answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self.requests.append(request)
        headers: Any = {"x-amzn-requestid": "1"}
        raw: Any = Body(json.dumps({"Item": self.ITEM}).encode())
        return AWSResponse(request.url, 200, headers, raw)


def client_of(session: Any, service: str, region: str = REGIONS[0]) -> Any:
    return session.create_client(
        service,
        region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False, user_agent="Roomkey"),
    )


def requests_of(session: Any, service: str) -> list[tuple[object, ...]]:
    """Return what is sent for each operation: address, body, and what the signature is for."""
    client = client_of(session, service)
    wire = Wire(client)
    for operation in sorted(OPERATIONS[service]):
        model = client.meta.service_model.operation_model(operation)
        chosen = {name: each for name, each in GIVEN.items() if name in model.input_shape.members}
        getattr(client, xform_name(operation))(**chosen)
    return [
        (
            each.method,
            each.url,
            each.body,
            each.headers["X-Amz-Target"],
            str(each.headers["Authorization"]).partition("SignedHeaders")[0],
        )
        for each in wire.requests
    ]


@pytest.mark.parametrize("service", OF_A_JOIN)
@time_machine.travel(NOON, tick=False)
def test_the_requests_are_those_of_a_usual_session(service: str) -> None:
    sent = requests_of(lean_session(), service)

    assert len(sent) == len(OPERATIONS[service])
    assert sent == requests_of(Session(), service)


@pytest.mark.parametrize("kind", ["", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
def test_the_addresses_are_those_of_a_usual_session(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind:
        monkeypatch.setenv(kind, "true")
    lean, usual = lean_session(), Session()
    for region in REGIONS:
        assert address_of(lean, region) == address_of(usual, region)


def address_of(session: Any, region: str) -> str:
    client = client_of(session, "dynamodb", region)
    wire = Wire(client)
    client.get_item(TableName="rooms", Key=KEY)
    return str(wire.requests[0].url)


def test_an_attribute_is_passed_on_as_it_is() -> None:
    client = client_of(lean_session(), "dynamodb")
    Wire(client)

    assert client.get_item(TableName="rooms", Key=KEY)["Item"] == Wire.ITEM
    # If botocore no longer knows documents, attributes are right all the same, and slow.
    assert client.meta.service_model.shape_for("AttributeValue").is_document_type


def test_descriptions_of_other_services_are_botocores() -> None:
    lean, usual = LeanDescriptions(with_rules=True), Loader()
    described = lean.load_service_model("secretsmanager", "service-2")

    assert described == usual.load_service_model("secretsmanager", "service-2")


def is_of_botocore(handler: object) -> bool:
    """Return False for a handler that moto adds to botocore's own."""
    return str(getattr(handler, "__module__", "")).startswith("botocore.")


@pytest.mark.parametrize("service", OF_A_JOIN)
def test_botocore_has_no_other_handlers_for_a_joins_calls_than_these(service: str) -> None:
    """A new version of botocore may add one: read what it does, and register it or name it here."""
    usual = client_of(Session(), service)
    emitter = usual.meta.events
    identifier = usual.meta.service_model.service_id.hyphenize()
    own = {each[1] for each in handlers.BUILTIN_HANDLERS if is_of_botocore(each[1])}
    found = {
        handler.__name__
        for operation in OPERATIONS[service]
        for event in EVENTS
        for handler in emitter._emitter._handlers.prefix_search(  # noqa: SLF001  nothing public lists them
            event.format(service=identifier, call=f"{identifier}.{operation}")
        )
        if handler in own
    }

    assert found == LEFT_OUT


def test_each_transaction_has_a_token_of_its_own() -> None:
    client = client_of(lean_session(), "dynamodb")
    wire, table = Wire(client), Table(client, "rooms")

    for _ in range(2):
        table.transact([{"Put": {"TableName": "rooms", "Item": Wire.ITEM}}], Deadline(5))

    one, other = (
        json.loads(cast("bytes", each.body))["ClientRequestToken"] for each in wire.requests
    )
    assert one != other
    assert len(one) == len(other) == 36
