import ast
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import pytest
import time_machine
from botocore import xform_name
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

from deploy.errors import DeployError
from deploy.packaging.aws_descriptions import OPERATIONS, trim_descriptions
from deploy.packaging.shipping import ships
from deploy.stage import PROJECT
from tests.support.noon import NOON

DATA = Path("botocore", "data")
INSTALLED = Path(botocore.__file__).parent / "data"
ASKED_BY_BOTOCORE = {("s3", "head_bucket")}
REGIONS = ("eu-west-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1")


def unpacked(folder: Path, *services: str) -> Path:
    """Lay out the descriptions as they are in the package before they are cut down."""
    data = folder / DATA
    data.mkdir(parents=True)
    files = [*INSTALLED.glob("*.json")]
    for service in services:
        files += (each for each in (INSTALLED / service).rglob("*") if each.is_file())
    for file in files:
        name = file.relative_to(INSTALLED)
        if ships(str(DATA / name)):
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, data / name)
    return folder


def session_of(data: Path) -> Session:
    session: Any = Session()
    loader: Any = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    loader.BUILTIN_DATA_PATH = str(data)  # as in a package
    session.register_component("data_loader", loader)
    made: Session = session
    return made


def client(session: Any, service: str, region: str) -> Any:
    return session.create_client(
        service,
        region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False),
    )


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session on the trimmed descriptions alone."""
    folder = unpacked(tmp_path_factory.mktemp("package"), *OPERATIONS)
    trim_descriptions(folder)
    return session_of(folder / DATA)


def operations_in_the_code() -> set[tuple[str, str]]:
    """Return the operations by service that the adapters name."""
    known: dict[str, str] = {}
    for service in OPERATIONS:
        known |= dict.fromkeys(map(xform_name, full_operations(service)), service)
    named: set[str] = set()
    for path in (PROJECT / "chalicelib" / "adapters").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                named.add(node.attr)
            elif isinstance(node, ast.Constant):
                named.add(str(node.value))
    return {(known[name], name) for name in named & known.keys()}


@cache
def full_operations(service: str) -> list[str]:
    session: Any = Session()
    return list(session.get_service_model(service).operation_names)


def test_the_operations_that_ship_are_those_that_the_adapters_name() -> None:
    listed = {(service, xform_name(each)) for service in OPERATIONS for each in OPERATIONS[service]}

    # `create_session` is of OpenTok here.
    assert listed - ASKED_BY_BOTOCORE == operations_in_the_code() - {("s3", "create_session")}


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_client_of_the_package_has_the_listed_operations_alone(
    trimmed: Session, service: str
) -> None:
    model = client(trimmed, service, REGIONS[0]).meta.service_model

    assert set(model.operation_names) == OPERATIONS[service]
    for name in model.operation_names:
        operation = model.operation_model(name)
        walk(operation.input_shape)
        walk(operation.output_shape)
        for error in operation.error_shapes:
            walk(error)


def walk(shape: Any, above: tuple[str, ...] = ()) -> None:
    """Resolve all that a shape refers to. botocore raises where a shape is missing."""
    if shape is None or shape.name in above:
        return
    inner = {
        "structure": lambda: list(shape.members.values()),
        "list": lambda: [shape.member],
        "map": lambda: [shape.key, shape.value],
    }.get(shape.type_name, list)()
    for each in inner:
        walk(each, (*above, shape.name))


@pytest.mark.parametrize("service", OPERATIONS)
def test_requests_of_the_package_are_those_of_all_of_botocore(
    trimmed: Session, service: str
) -> None:
    given: dict[str, Any] = {
        "Bucket": "films",
        "ClientRequestToken": "3f1c2b4a",
        "EndTime": NOON,
        "FunctionName": "worker",
        "Key": "a/b" if service == "s3" else {"pk": {"S": "room#standup"}},
        "MetricDataQueries": [],
        "RequestItems": {"rooms": {}},
        "StartTime": NOON,
        "TableName": "rooms",
        "TransactItems": [],
    }

    def addresses(session: Session) -> dict[str, str]:
        made = client(session, service, REGIONS[0])
        found: dict[str, str] = {}
        for operation in OPERATIONS[service]:
            members = made.meta.service_model.operation_model(operation).input_shape.members
            chosen = {name: value for name, value in given.items() if name in members}
            url = made.generate_presigned_url(xform_name(operation), chosen)
            found[operation] = url.partition("Signature")[0]
        return found

    with time_machine.travel(NOON, tick=False):
        assert addresses(trimmed) == addresses(Session())


@pytest.mark.parametrize("region", REGIONS)
def test_the_package_finds_the_addresses_in_every_partition(trimmed: Session, region: str) -> None:
    whole = Session()

    for service in ("dynamodb", "secretsmanager"):
        found = [client(each, service, region).meta for each in (trimmed, whole)]
        assert found[0].endpoint_url == found[1].endpoint_url
        assert found[0].partition == found[1].partition


def test_descriptions_have_no_texts_for_readers(trimmed: Session) -> None:
    model: Any = trimmed.get_service_model("dynamodb")

    assert not model.documentation
    assert not model.operation_model("GetItem").documentation


def test_an_operation_that_botocore_does_not_know_stops_the_packaging(tmp_path: Path) -> None:
    unpacked(tmp_path, *OPERATIONS)
    known = tmp_path / DATA / "lambda"
    shutil.rmtree(known)
    shutil.copytree(tmp_path / DATA / "secretsmanager", known)

    with pytest.raises(DeployError, match="does not know Invoke of lambda"):
        trim_descriptions(tmp_path)


def test_a_service_that_botocore_does_not_describe_stops_the_packaging(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="has no description of cloudwatch"):
        trim_descriptions(unpacked(tmp_path, "s3"))


def test_a_package_without_botocore_is_left_as_it_is(tmp_path: Path) -> None:
    trim_descriptions(tmp_path)

    assert not list(tmp_path.iterdir())
