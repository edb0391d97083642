"""Archives in the operator's own bucket in S3, to which OpenTok uploads them."""

from collections.abc import Callable
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.aws_answers import NOT_PARSED
from chalicelib.core.ports.archives import ArchiveFile
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

URL_SECONDS: Final = 600
"""The lifetime of a URL, the same as of OpenTok's own."""

_Result = TypeVar("_Result")


class S3ArchiveStorage:
    """The archives' files in one bucket.

    Args:
        bucket: The bucket's name; None if OpenTok keeps archives in its own cloud.
        new_client: Makes a client at the first use, because joins need none.
    """

    def __init__(self, bucket: str | None, new_client: "Callable[[], S3Client]") -> None:
        self._bucket = bucket
        self._new_client = new_client
        self._lock = Lock()
        self._latest: S3Client | None = None

    def download_url(self, file: ArchiveFile, deadline: Deadline) -> str | None:
        if self._bucket is None:
            return None
        params = {
            "Bucket": self._bucket,
            "Key": file.key,
            # OpenTok's own headers are unknown, and each of its files is named "archive".
            "ResponseContentType": "application/zip" if file.zipped else "video/mp4",
            "ResponseContentDisposition": f'attachment; filename="{_file_name(file)}"',
        }
        return _call(
            deadline,
            lambda: self._client().generate_presigned_url(
                "get_object", Params=params, ExpiresIn=URL_SECONDS
            ),
        )

    def delete(self, file: ArchiveFile, deadline: Deadline) -> bool:
        if self._bucket is None:
            return False
        bucket = self._bucket
        answer = _call(deadline, lambda: self._client().delete_object(Bucket=bucket, Key=file.key))
        status = answer["ResponseMetadata"]["HTTPStatusCode"]
        if status != HTTPStatus.NO_CONTENT:
            raise _unavailable(f"DeleteObject: {status} of another server")
        return True

    def _client(self) -> "S3Client":
        with self._lock:
            if self._latest is None:
                self._latest = self._new_client()
            return self._latest


def _file_name(file: ArchiveFile) -> str:
    return f"{file.archive_id}.{'zip' if file.zipped else 'mp4'}"


def _call(deadline: Deadline, call: Callable[[], _Result]) -> _Result:
    try:
        return deadline.run(call)
    except ClientError as error:
        code = error.response["Error"].get("Code")
        raise _unavailable(f"{error.operation_name}: {code}") from error
    except (BotoCoreError, TimeoutError, *NOT_PARSED) as error:
        raise _unavailable(type(error).__name__) from error


def _unavailable(note: str) -> StoreUnavailable:
    return StoreUnavailable(
        "Archives cannot be reached at the moment. Try again.",
        note=f"S3: {note}",
        retry_after=2,
    )
