import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from deploy.account import Account
from deploy.errors import DeployError
from deploy.opentok.archive_storage import ArchiveStorage, archive_storage_of
from deploy.opentok.uploader_keys import UploaderKeys
from stand_ins.http.faults import Fault
from tests.deploy.dev_stage import dev_on
from tests.support.servers.stand_ins import API_KEY, APPLICATION_ID, StandIns

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

USER = "roomkey-dev-archive-uploader"
BUCKET = "roomkey-dev-archives-1"
SECRET = "roomkey/dev/archive-storage"
LIST = f"GET /{BUCKET}"
STORAGE = f"/v2/project/{API_KEY}/archive/storage"


@dataclass
class Owner:
    """An owner's account with bucket and user, as the stack makes them, and what they are told."""

    stand_ins: StandIns
    account: Account
    iam: "IAMClient"
    said: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def storage(self) -> ArchiveStorage:
        keys = UploaderKeys(USER, SECRET, self.account.session, self.pauses.append)
        return ArchiveStorage(
            dev_on(self.stand_ins),
            self.account,
            BUCKET,
            keys,
            self.said.append,
        )

    def key_ids(self) -> set[str]:
        listed = self.iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]
        return {each["AccessKeyId"] for each in listed}

    def kept(self) -> dict[str, str]:
        client = self.stand_ins.secretsmanager()
        content: dict[str, str] = json.loads(
            client.get_secret_value(SecretId=SECRET)["SecretString"]
        )
        return content

    def told(self) -> list[Any]:
        """Return the storage settings that OpenTok was sent, and took."""
        calls = self.stand_ins.opentok.calls
        return [call.json for call in calls if call.method == "PUT" and call.status == 200]


@pytest.fixture(scope="module")
def account(aws_session: boto3.Session) -> Account:
    return Account("123456789012", "eu-west-1", aws_session)


@pytest.fixture(scope="module")
def iam(account: Account) -> Iterator["IAMClient"]:
    client = account.session.client("iam")
    yield client
    client.close()


@pytest.fixture
def owner(stand_ins: StandIns, account: Account, iam: "IAMClient") -> Iterator[Owner]:
    iam.create_user(UserName=USER)
    stand_ins.s3().create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    known = Owner(stand_ins, account, iam)
    yield known
    known.storage().switch_off()
    for key_id in known.key_ids():
        iam.delete_access_key(UserName=USER, AccessKeyId=key_id)
    iam.delete_user(UserName=USER)


def test_opentok_is_given_the_bucket_and_the_users_one_key_which_is_kept(owner: Owner) -> None:
    owner.storage().switch_on()

    kept = owner.kept()
    assert owner.key_ids() == {kept["accessKey"]}
    (told,) = owner.told()
    assert told == {"type": "s3", "config": kept | {"bucket": BUCKET}, "fallback": "opentok"}


def test_the_owner_reads_what_was_done_and_no_key(owner: Owner) -> None:
    owner.storage().switch_on()

    said = "\n".join(owner.said)
    assert BUCKET in said
    assert SECRET in said
    assert not [each for each in owner.kept().values() if each in said]


def test_doing_it_again_rotates_the_key(owner: Owner) -> None:
    owner.storage().switch_on()
    first = owner.kept()

    owner.storage().switch_on()

    assert owner.kept() != first
    assert owner.key_ids() == {owner.kept()["accessKey"]}
    assert [each["config"]["accessKey"] for each in owner.told()] == [
        first["accessKey"],
        owner.kept()["accessKey"],
    ]


def test_a_key_that_aws_does_not_know_everywhere_yet_is_waited_for(owner: Owner) -> None:
    owner.stand_ins.aws.fail(LIST, error="InvalidAccessKeyId", status=403, times=2)

    owner.storage().switch_on()

    assert len(owner.pauses) == 2
    assert len(owner.told()) == 1


def test_a_key_that_never_works_is_not_given_to_opentok(owner: Owner) -> None:
    owner.storage().switch_on()
    before = owner.kept()["accessKey"]
    owner.stand_ins.aws.fail(LIST, error="AccessDenied", status=403, times=100)

    for _ in range(2):
        with pytest.raises(DeployError, match="does not accept the new key") as failure:
            owner.storage().switch_on()

    assert "make deploy STAGE=dev" in failure.value.remedy
    assert [each["config"]["accessKey"] for each in owner.told()] == [before]
    assert before in owner.key_ids()


def s3_is_away(stand_ins: StandIns) -> None:
    stand_ins.aws.fail(LIST, error="NoSuchBucket", status=404)


def opentok_is_away(stand_ins: StandIns) -> None:
    stand_ins.opentok.faults.add(Fault("/archive/storage", status=503), times=2)


def opentok_refuses(stand_ins: StandIns) -> None:
    stand_ins.opentok.faults.add(
        Fault("/archive/storage", status=400, body='{"message":"Invalid config"}'), times=1
    )


def secret_is_not_kept(stand_ins: StandIns) -> None:
    stand_ins.aws.fail("SecretsManager.PutSecretValue", error="AccessDeniedException")


@pytest.mark.parametrize(
    "interrupt", [s3_is_away, opentok_is_away, opentok_refuses, secret_is_not_kept]
)
def test_whatever_interrupts_it_opentok_has_a_key_that_works_and_the_next_run_ends_it(
    interrupt: Callable[[StandIns], None], owner: Owner
) -> None:
    owner.storage().switch_on()
    interrupt(owner.stand_ins)

    with pytest.raises((DeployError, ClientError)):
        owner.storage().switch_on()
    assert owner.told()[-1]["config"]["accessKey"] in owner.key_ids()
    owner.stand_ins.opentok.faults.clear()
    owner.storage().switch_on()

    assert owner.key_ids() == {owner.kept()["accessKey"]}
    assert owner.told()[-1]["config"] == owner.kept() | {"bucket": BUCKET}
    for each in owner.said:
        assert owner.kept()["secretKey"] not in each


def test_keys_that_nobody_has_kept_make_room(owner: Owner) -> None:
    for _ in range(2):
        owner.iam.create_access_key(UserName=USER)

    owner.storage().switch_on()

    assert owner.key_ids() == {owner.kept()["accessKey"]}


@pytest.mark.parametrize("text", ["no json", "[]", '{"accessKey": "AKIA1"}'])
def test_what_is_no_key_is_replaced_by_one(owner: Owner, text: str) -> None:
    owner.stand_ins.secretsmanager().create_secret(Name=SECRET, SecretString=text)

    owner.storage().switch_on()

    assert owner.key_ids() == {owner.kept()["accessKey"]}


def test_a_refusal_of_opentoks_is_reported_with_what_to_do(owner: Owner) -> None:
    opentok_refuses(owner.stand_ins)

    with pytest.raises(DeployError, match="400 Invalid config") as failure:
        owner.storage().switch_on()

    assert "run this again" in failure.value.remedy
    assert owner.kept()["secretKey"] not in f"{failure.value!r} {failure.value.__cause__!r}"


def test_switching_it_off_tells_opentok_first_and_leaves_no_key_but_the_recordings(
    owner: Owner,
) -> None:
    owner.storage().switch_on()
    owner.stand_ins.s3().put_object(Bucket=BUCKET, Key="47/a1/archive.mp4", Body=b"a film")

    opentok_is_away(owner.stand_ins)
    with pytest.raises(DeployError):
        owner.storage().switch_off()
    assert owner.key_ids() == {owner.kept()["accessKey"]}
    owner.storage().switch_off()

    deleted = [call for call in owner.stand_ins.opentok.calls if call.method == "DELETE"]
    assert (deleted[-1].path, deleted[-1].status) == (STORAGE, 204)
    assert owner.key_ids() == set()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        owner.kept()
    assert owner.stand_ins.s3().list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1


def test_switching_off_what_is_off_does_no_harm(owner: Owner) -> None:
    owner.storage().switch_off()
    owner.storage().switch_off()

    assert "already" in owner.said[-3]


def test_a_vonage_applications_recordings_are_sent_there_likewise(owner: Owner) -> None:
    keys = {"applicationId": APPLICATION_ID, "privateKey": owner.stand_ins.vonage.private}
    owner.stand_ins.put_secret(keys)

    owner.storage().switch_on()

    assert len(owner.told()) == 1
    (call,) = owner.stand_ins.opentok.calls
    assert call.path == f"/v2/project/{APPLICATION_ID}/archive/storage"


def test_a_stage_without_a_bucket_for_recordings_says_how_to_get_one(
    stand_ins: StandIns, account: Account
) -> None:
    with pytest.raises(DeployError, match="has no bucket") as failure:
        archive_storage_of(dev_on(stand_ins), account)

    assert '"ARCHIVE_BUCKET": "roomkey-dev-archives-123456789012-eu-west-1"' in failure.value.remedy
    assert "make deploy STAGE=dev" in failure.value.remedy
