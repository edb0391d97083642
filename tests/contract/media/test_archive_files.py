"""Recordings in a bucket of the owner's, on moto over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine

from chalicelib.adapters.s3_archives import URL_SECONDS, S3ArchiveStorage
from chalicelib.composition.aws import s3_client
from chalicelib.core.ports.archives import ArchiveFile, ArchiveStorage
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import StoreUnavailable
from tests.support.servers.stand_ins import StandIns
from tests.support.stores.example_rooms import NOON, soon

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "roomkey-test-archives-1"
FILM = ArchiveFile("47000001", "a1b2", zipped=False)
STREAMS = ArchiveFile("47000001", "a1b2", zipped=True)


@pytest.fixture
def bucket(stand_ins: StandIns) -> "S3Client":
    """A client of S3, where OpenTok has uploaded a film."""
    client = stand_ins.s3()
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    client.put_object(Bucket=BUCKET, Key="47000001/a1b2/archive.mp4", Body=b"a film")
    stand_ins.aws.clear_calls()
    return client


@pytest.fixture
def files(bucket: "S3Client") -> ArchiveStorage:
    assert bucket
    return S3ArchiveStorage(BUCKET, s3_client)


def address_of(files: ArchiveStorage, file: ArchiveFile) -> str:
    address = files.download_url(file, soon())
    assert address is not None
    return address


def test_anybody_may_fetch_the_file_at_its_address(
    files: ArchiveStorage, stand_ins: StandIns
) -> None:
    address = address_of(files, FILM)

    assert stand_ins.aws.calls == []
    answer = requests.get(address, timeout=5)
    assert (answer.status_code, answer.content) == (200, b"a film")
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a1b2.mp4"'


def test_streams_one_by_one_are_a_zip(files: ArchiveStorage) -> None:
    parts = urlsplit(address_of(files, STREAMS))

    assert parts.path.endswith("/47000001/a1b2/archive.zip")
    query = parse_qs(parts.query)
    assert query["response-content-type"] == ["application/zip"]
    assert query["response-content-disposition"] == ['attachment; filename="a1b2.zip"']


def test_an_address_is_good_for_ten_minutes(files: ArchiveStorage) -> None:
    with time_machine.travel(NOON, tick=False):
        query = parse_qs(urlsplit(address_of(files, FILM)).query)

    assert query["X-Amz-Date"] == [NOON.strftime("%Y%m%dT%H%M%SZ")]
    assert query["X-Amz-Expires"] == [str(URL_SECONDS)]
    assert timedelta(seconds=URL_SECONDS) == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-2", f"{BUCKET}.s3.eu-central-2.amazonaws.com"),
        ("us-east-1", f"{BUCKET}.s3.amazonaws.com"),
        ("cn-north-1", f"{BUCKET}.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_an_address_is_the_regions_own_and_signed_as_it_asks(
    region: str, host: str, stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stand_ins
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)

    parts = urlsplit(address_of(S3ArchiveStorage(BUCKET, s3_client), FILM))

    assert (parts.scheme, parts.hostname) == ("https", host)
    query = parse_qs(parts.query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert f"/{region}/s3/aws4_request" in query["X-Amz-Credential"][0]


def test_a_deleted_file_is_gone_and_may_be_deleted_again(
    files: ArchiveStorage, bucket: "S3Client"
) -> None:
    assert files.delete(FILM, soon())
    assert files.delete(FILM, soon())

    assert bucket.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_without_a_bucket_there_is_no_file_and_no_client_is_made(stand_ins: StandIns) -> None:
    assert stand_ins
    files = S3ArchiveStorage(None, no_client)

    assert files.download_url(FILM, soon()) is None
    assert not files.delete(FILM, soon())


def no_client() -> "S3Client":
    raise AssertionError


def test_a_client_is_made_when_it_is_needed_and_once(bucket: "S3Client") -> None:
    made = []

    def new_client() -> "S3Client":
        made.append(bucket)
        return bucket

    files = S3ArchiveStorage(BUCKET, new_client)
    assert made == []
    address_of(files, FILM)
    address_of(files, FILM)
    assert made == [bucket]


def drop(stand_ins: StandIns) -> None:
    stand_ins.aws.drop(DELETE, times=3)


def refuse(stand_ins: StandIns) -> None:
    stand_ins.aws.fail(DELETE, error="AccessDenied", status=403)


DELETE = f"DELETE /{BUCKET}/47000001/a1b2/archive.mp4"


@pytest.mark.parametrize(
    ("fault", "note"),
    [(drop, "S3: ConnectionClosedError"), (refuse, "S3: DeleteObject: AccessDenied")],
)
def test_an_s3_that_fails_is_reported_with_its_reason(
    fault: Callable[[StandIns], None], note: str, files: ArchiveStorage, stand_ins: StandIns
) -> None:
    fault(stand_ins)

    with pytest.raises(StoreUnavailable) as failure:
        files.delete(FILM, soon())
    assert failure.value.note == note


def test_an_s3_that_is_slow_is_given_up_on(files: ArchiveStorage) -> None:
    with pytest.raises(StoreUnavailable):
        files.delete(FILM, Deadline(0))
    with pytest.raises(StoreUnavailable):
        files.download_url(FILM, Deadline(0))
