"""Archives that OpenTok uploads to the operator's own bucket."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
import time_machine

from tests.support.live import Live, running_live
from tests.support.servers.stand_ins import API_KEY, StandIns

pytestmark = pytest.mark.usefixtures("clock")
BUCKET = "roomkey-test-archives-1"
ARCHIVES = "/rooms/standup/archives"


@pytest.fixture
def recorded(stand_ins: StandIns) -> Iterator[Live]:
    """Yield the service with a bucket, and a room in which bob publishes."""
    stand_ins.s3().create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    with running_live(stand_ins, ARCHIVE_BUCKET=BUCKET) as live:
        live.room()
        live.publish(live.enter("bob"))
        live.settle()
        yield live


def upload(live: Live, name: str, **options: object) -> str:
    """Record an archive, upload its file as OpenTok does, and return the archive's path."""
    archive: Any = live.ask("alice", "POST", ARCHIVES, options).json
    path = f"{ARCHIVES}/{archive['id']}"
    assert live.ask("alice", "POST", f"{path}/stop").status == 200
    key = f"{API_KEY}/{archive['id']}/{name}"
    live.stand_ins.s3().put_object(Bucket=BUCKET, Key=key, Body=b"a recording")
    live.stand_ins.opentok.move_archive(archive["id"], "uploaded")
    live.settle()
    live.stand_ins.opentok.clear_calls()
    live.stand_ins.aws.clear_calls()
    return path


@pytest.mark.parametrize(
    ("mode", "name", "kind"),
    [
        ("composed", "archive.mp4", "video/mp4"),
        ("individual", "archive.zip", "application/zip"),
    ],
)
def test_media_leads_to_the_file_in_the_bucket_without_asking_opentok(
    recorded: Live, mode: str, name: str, kind: str
) -> None:
    path = upload(recorded, name, outputMode=mode)

    reply = recorded.ask("bob", "GET", f"{path}/media")

    assert reply.status == 302
    assert recorded.stand_ins.opentok.calls == []
    assert not [each for each in recorded.stand_ins.aws.calls if BUCKET in each]
    answer = requests.get(reply.headers["Location"], timeout=5)
    assert (answer.content, answer.headers["Content-Type"]) == (b"a recording", kind)


def test_a_recording_that_fell_back_to_opentoks_cloud_is_served_from_there(recorded: Live) -> None:
    archive = recorded.ask("alice", "POST", ARCHIVES, {}).json
    recorded.ask("alice", "POST", f"{ARCHIVES}/{archive['id']}/stop")
    recorded.stand_ins.opentok.move_archive(archive["id"], "available")
    recorded.settle()

    reply = recorded.ask("bob", "GET", f"{ARCHIVES}/{archive['id']}/media")

    assert reply.status == 302
    assert reply.headers["Location"].startswith(recorded.stand_ins.opentok_server.url)


def test_deleting_an_archive_deletes_its_file(recorded: Live) -> None:
    path = upload(recorded, "archive.mp4")

    assert recorded.ask("alice", "DELETE", path).status == 204

    assert recorded.stand_ins.s3().list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    assert recorded.ask("bob", "GET", f"{path}/media").code == "archive_not_found"


def test_a_file_that_cannot_be_deleted_now_can_be_later(recorded: Live) -> None:
    path = upload(recorded, "archive.mp4")
    file = f"/{BUCKET}/{API_KEY}/{path.rpartition('/')[2]}/archive.mp4"
    recorded.stand_ins.aws.fail(f"DELETE {file}", error="AccessDenied", status=403)

    assert recorded.ask("alice", "DELETE", path).code == "store_unavailable"
    assert recorded.ask("alice", "DELETE", path).status == 204

    assert recorded.stand_ins.s3().list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def deletes(live: Live) -> list[str]:
    """Return the paths of all requests to OpenTok that delete."""
    return [call.path for call in live.stand_ins.opentok.calls if call.method == "DELETE"]


def test_while_its_file_cannot_be_deleted_an_archive_stays_at_opentok_and_on_record(
    recorded: Live,
) -> None:
    path = upload(recorded, "archive.mp4")
    file = f"/{BUCKET}/{API_KEY}/{path.rpartition('/')[2]}/archive.mp4"
    recorded.stand_ins.aws.fail(f"DELETE {file}", error="AccessDenied", status=403)

    assert recorded.ask("alice", "DELETE", path).code == "store_unavailable"

    recorded.settle()
    assert deletes(recorded) == []
    assert recorded.ask("bob", "GET", path).json["status"] == "uploaded"


def test_of_one_that_is_being_processed_the_file_stays(recorded: Live) -> None:
    archive_id = recorded.ask("alice", "POST", ARCHIVES, {}).json["id"]
    path = f"{ARCHIVES}/{archive_id}"
    recorded.ask("alice", "POST", f"{path}/stop")
    key = f"{API_KEY}/{archive_id}/archive.mp4"
    recorded.stand_ins.s3().put_object(Bucket=BUCKET, Key=key, Body=b"a recording")

    assert recorded.ask("alice", "DELETE", path).code == "archive_not_ready"

    assert recorded.stand_ins.s3().list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1


def test_of_one_whose_upload_was_not_heard_of_the_file_is_deleted_too(recorded: Live) -> None:
    archive_id = recorded.ask("alice", "POST", ARCHIVES, {}).json["id"]
    path = f"{ARCHIVES}/{archive_id}"
    recorded.ask("alice", "POST", f"{path}/stop")
    recorded.settle()
    recorded.stand_ins.opentok.deliver_to("archive", None)
    key = f"{API_KEY}/{archive_id}/archive.mp4"
    recorded.stand_ins.s3().put_object(Bucket=BUCKET, Key=key, Body=b"a recording")
    recorded.stand_ins.opentok.move_archive(archive_id, "uploaded")

    assert recorded.ask("alice", "DELETE", path).status == 204

    assert recorded.stand_ins.s3().list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    assert len(deletes(recorded)) == 1


def test_what_a_room_keeps_no_longer_leaves_the_bucket(
    recorded: Live, clock: time_machine.Traveller
) -> None:
    recorded.patch(archiveRetentionDays=1)
    path = upload(recorded, "archive.mp4")

    clock.shift(timedelta(days=1))
    recorded.run("delete_expired_archives")

    assert recorded.stand_ins.s3().list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    assert recorded.ask("bob", "GET", f"{path}/media").code == "archive_not_found"
