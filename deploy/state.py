"""Chalice's state file, shared through a bucket. It has the ids of a stage's API and functions.

Chalice keeps this file beside the source. A second clone has no such file, so it would create a new
API.
"""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from deploy.account import Account
from deploy.stage import Stage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class DeployedState:
    """The stage's state file, in the bucket and in this clone."""

    def __init__(self, stage: Stage, account: Account, bucket: str, client: "S3Client") -> None:
        self._stage = stage
        self._account = account
        self._bucket = bucket
        self._client = client
        self._key = f"deployed/{stage.name}.json"

    def fetch(self) -> bool:
        """Get the file from the bucket. Return True if the stage has been deployed before.

        Without a file in the bucket, as after a plain `chalice deploy`, use this clone's file if
        it belongs to the same account and region.
        """
        file = self._stage.deployed_file
        try:
            stored = self._client.get_object(Bucket=self._bucket, Key=self._key)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            if file.exists() and not self._is_of_this_account(file.read_text(encoding="utf-8")):
                file.rename(file.with_suffix(".json.of-another-account"))
            return file.exists()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(stored["Body"].read())
        return True

    def store(self) -> None:
        """Upload this clone's file to the bucket."""
        self._client.put_object(
            Bucket=self._bucket,
            Key=self._key,
            Body=self._stage.deployed_file.read_bytes(),
            ContentType="application/json",
        )

    def delete(self) -> None:
        """Empty the bucket, so that it can be deleted. Remove this clone's file."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket)
        for page in pages:
            for each in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                self._client.delete_object(
                    Bucket=self._bucket, Key=each["Key"], VersionId=each["VersionId"]
                )
        self._stage.deployed_file.unlink(missing_ok=True)

    def _is_of_this_account(self, text: str) -> bool:
        place = f":{self._account.region}:{self._account.id}:"
        arns = [each.get("lambda_arn") for each in json.loads(text)["resources"]]
        return all(place in arn for arn in arns if arn)
