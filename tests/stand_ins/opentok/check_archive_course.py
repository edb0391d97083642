"""The changes of archives over time and by the session's clients, and their callbacks."""

import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import requests
import time_machine

from tests.stand_ins.archiving import found, listed, start
from tests.stand_ins.callback_receiver import CallbackReceiver
from tests.stand_ins.clients import join, leave, publish, rest, unpublish
from tests.stand_ins.known import API_KEY, RunningOpenTok

S3: dict[str, Any] = {
    "type": "s3",
    "config": {"accessKey": "AKIA", "secretKey": "hush", "bucket": "recordings"},
    "fallback": "none",
}


@pytest.fixture
def archive_receiver(
    opentok_service: RunningOpenTok, receiver: CallbackReceiver
) -> CallbackReceiver:
    """Return a receiver of archive callbacks alone."""
    opentok_service.stand_in.deliver_to("session", None)
    opentok_service.stand_in.deliver_to("archive", receiver.url)
    return receiver


def statuses(service: RunningOpenTok, archive_receiver: CallbackReceiver) -> list[str]:
    assert service.stand_in.settle(5)
    return [each.content["status"] for each in archive_receiver.received]


def test_a_stopped_archive_soon_has_a_file_by_the_clock(
    opentok_service: RunningOpenTok, routed_id: str, archive_receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.archive_ready_after = 3
    with time_machine.travel(
        datetime(2026, 11, 25, 12, 0, 0, 777_000, tzinfo=UTC), tick=False
    ) as clock:
        publish(opentok_service, join(opentok_service, routed_id))
        started = start(opentok_service, routed_id)
        clock.shift(90.5)
        rest(opentok_service, "POST", f"archive/{started['id']}/stop")
        clock.shift(2.9)
        early = found(opentok_service, started["id"])
        clock.shift(0.2)
        ready = found(opentok_service, started["id"])
        clock.shift(timedelta(hours=72))
        expired = found(opentok_service, started["id"])

    assert started["createdAt"] % 1000 == 777
    assert early["createdAt"] == ready["createdAt"] == started["createdAt"] - 777
    assert (early["status"], early["duration"], early["size"]) == ("stopped", 90, 0)
    assert (ready["status"], ready["duration"]) == ("available", 90)
    assert ready["size"] > 0
    assert (expired["status"], expired["url"]) == ("expired", None)
    assert statuses(opentok_service, archive_receiver) == [
        "started",
        "stopped",
        "available",
        "expired",
    ]


def test_callbacks_hold_the_whole_archive_and_are_signed_by_their_own_secret(
    opentok_service: RunningOpenTok, routed_id: str, archive_receiver: CallbackReceiver
) -> None:
    join(opentok_service, routed_id)
    started = start(opentok_service, routed_id)

    assert statuses(opentok_service, archive_receiver) == ["started"]
    (callback,) = archive_receiver.received
    assert callback.verified_claims(opentok_service.stand_in.callback_secrets["archive"])
    whole_second = started["createdAt"] // 1000 * 1000
    assert callback.content == started | {"createdAt": whole_second, "updatedAt": whole_second}


def test_a_registered_address_hears_of_archives(
    opentok_service: RunningOpenTok, routed_id: str, archive_receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.deliver_to("archive", None)
    registered = {"group": "archive", "event": "status", "url": archive_receiver.url}
    rest(opentok_service, "POST", "callback", json=registered)
    join(opentok_service, routed_id)

    start(opentok_service, routed_id)

    assert statuses(opentok_service, archive_receiver) == ["started"]


def test_a_test_moves_an_archive_on(
    opentok_service: RunningOpenTok, routed_id: str, archive_receiver: CallbackReceiver
) -> None:
    join(opentok_service, routed_id)
    archive_id = start(opentok_service, routed_id)["id"]
    url = f"{opentok_service.url}/sim/archives/{archive_id}"

    moved = requests.post(url, json={"status": "failed", "reason": "failure"}, timeout=5)

    assert (moved.status_code, moved.json()["status"]) == (200, "failed")
    assert found(opentok_service, archive_id)["reason"] == "failure"
    assert statuses(opentok_service, archive_receiver) == ["started", "failed"]
    assert requests.post(url, json={"status": "gone"}, timeout=5).status_code == 400
    elsewhere = url.replace(archive_id, API_KEY)
    assert requests.post(elsewhere, json={"status": "failed"}, timeout=5).status_code == 404


def test_an_archive_pauses_while_nobody_publishes(
    opentok_service: RunningOpenTok, routed_id: str, archive_receiver: CallbackReceiver
) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False) as clock:
        alice = join(opentok_service, routed_id)
        archive_id = start(opentok_service, routed_id)["id"]
        stream = publish(opentok_service, alice)
        clock.shift(10)
        unpublish(opentok_service, stream)
        clock.shift(100)
        publish(opentok_service, alice)
        clock.shift(20)
        stopped = rest(opentok_service, "POST", f"archive/{archive_id}/stop").json()

    assert statuses(opentok_service, archive_receiver) == [
        "started",
        "paused",
        "started",
        "stopped",
    ]
    assert stopped["duration"] == 30


def test_an_archive_ends_a_minute_after_the_last_has_left(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False) as clock:
        alice = join(opentok_service, routed_id)
        archive_id = start(opentok_service, routed_id)["id"]
        leave(opentok_service, alice)
        clock.shift(59)
        bob = join(opentok_service, routed_id)
        clock.shift(59)
        leave(opentok_service, bob)
        clock.shift(59)
        assert found(opentok_service, archive_id)["status"] == "started"
        clock.shift(1)
        ended = found(opentok_service, archive_id)

    assert (ended["status"], ended["reason"]) == ("stopped", "session ended")
    assert ended["duration"] == 59 + 59 + 60


def test_an_archive_ends_after_four_hours(opentok_service: RunningOpenTok, routed_id: str) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False) as clock:
        join(opentok_service, routed_id)
        archive_id = start(opentok_service, routed_id)["id"]
        clock.shift(timedelta(hours=4))
        ended = found(opentok_service, archive_id)

    assert (ended["status"], ended["duration"]) == ("stopped", 14_400)
    assert ended["reason"] == "maximum duration exceeded"


def test_an_automatic_archive_lasts_from_the_first_to_the_last_client(
    opentok_service: RunningOpenTok, always_archived: str, archive_receiver: CallbackReceiver
) -> None:
    assert listed(opentok_service) == []
    alice, bob = (join(opentok_service, always_archived) for _ in "12")
    leave(opentok_service, alice)
    (archive_id,) = listed(opentok_service)
    running = found(opentok_service, archive_id)
    leave(opentok_service, bob)

    assert (running["status"], running["name"]) == ("started", "All of it")
    assert running["resolution"] == "1280x720"
    assert found(opentok_service, archive_id)["reason"] == "session ended"
    join(opentok_service, always_archived)
    assert statuses(opentok_service, archive_receiver) == ["started", "stopped", "started"]
    assert len(listed(opentok_service, f"?sessionId={always_archived}")) == 2


def test_an_automatic_archive_cannot_be_stopped_and_allows_others_by_tag(
    opentok_service: RunningOpenTok, always_archived: str
) -> None:
    join(opentok_service, always_archived)
    (archive_id,) = listed(opentok_service)

    unmoved = rest(opentok_service, "POST", f"archive/{archive_id}/stop")
    untagged = rest(opentok_service, "POST", "archive", json={"sessionId": always_archived})
    start(opentok_service, always_archived, multiArchiveTag="mine")

    assert (unmoved.status_code, unmoved.json()["status"]) == (200, "started")
    assert untagged.status_code == 409


def test_an_automatic_archive_of_four_hours_is_followed_by_another(
    opentok_service: RunningOpenTok, always_archived: str
) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False) as clock:
        join(opentok_service, always_archived)
        clock.shift(timedelta(hours=4, minutes=1))
        second, first = listed(opentok_service)

        assert found(opentok_service, first)["status"] == "available"
        assert found(opentok_service, second)["status"] == "started"


def ready(service: RunningOpenTok, routed_id: str, **wanted: Any) -> str:
    """Return the id of an available archive."""
    join(service, routed_id)
    archive_id = str(start(service, routed_id, **wanted)["id"])
    service.stand_in.move_archive(archive_id, "available")
    return archive_id


def test_each_link_to_the_file_is_new_and_good_for_ten_minutes(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    archive_id = ready(opentok_service, routed_id)
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        first, second = (found(opentok_service, archive_id) for _ in "12")
        clock.shift(599)
        file = requests.get(first["url"], timeout=5)
        forged = requests.get(first["url"].replace("Nonce=", "Nonce=0"), timeout=5)
        clock.shift(2)
        late = requests.get(first["url"], timeout=5)

    assert first["url"] != second["url"]
    assert (file.status_code, len(file.content)) == (200, first["size"])
    assert file.headers["Content-Type"] == "video/mp4"
    assert file.content[4:8] == b"ftyp"
    assert (forged.status_code, late.status_code) == (403, 403)


def test_an_individual_archive_is_a_zip_with_its_transcript_beside_it(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    wanted = {"outputMode": "individual", "hasTranscription": True}
    archive = found(opentok_service, ready(opentok_service, routed_id, **wanted))

    file = requests.get(archive["url"], timeout=5)
    transcript = requests.get(archive["transcription"]["url"], timeout=5)

    assert zipfile.ZipFile(BytesIO(file.content)).testzip() is None
    assert archive["transcription"]["status"] == "completed"
    assert transcript.json()["archiveId"] == archive["id"]


def test_downloads_are_no_calls_of_opentoks_api(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    archive = found(opentok_service, ready(opentok_service, routed_id))
    before = len(opentok_service.stand_in.calls)

    requests.get(archive["url"], timeout=5)

    assert len(opentok_service.stand_in.calls) == before


def test_an_archive_in_the_owners_storage_is_uploaded_and_has_no_link(
    opentok_service: RunningOpenTok, routed_id: str, archive_receiver: CallbackReceiver
) -> None:
    opentok_service.stand_in.archive_ready_after = 0
    assert rest(opentok_service, "PUT", "archive/storage", json=S3).status_code == 200
    join(opentok_service, routed_id)
    archive_id = start(opentok_service, routed_id)["id"]
    rest(opentok_service, "POST", f"archive/{archive_id}/stop")

    archive = found(opentok_service, archive_id)

    assert (archive["status"], archive["url"]) == ("uploaded", None)
    assert statuses(opentok_service, archive_receiver) == ["started", "stopped", "uploaded"]


@pytest.mark.parametrize(
    "change",
    [
        {"type": "ftp"},
        {"config": {}},
        {"config": S3["config"] | {"bucket": ""}},
        {"type": "azure"},
        {"fallback": "other"},
        {"sse": "kms"},
    ],
)
def test_storage_that_is_none_is_400(
    opentok_service: RunningOpenTok, change: dict[str, Any]
) -> None:
    assert rest(opentok_service, "PUT", "archive/storage", json=S3 | change).status_code == 400
    assert rest(opentok_service, "DELETE", "archive/storage").status_code == 404


def test_storage_is_given_up(opentok_service: RunningOpenTok) -> None:
    azure = {"accountName": "a", "accountKey": "k", "container": "c"}
    rest(opentok_service, "PUT", "archive/storage", json={"type": "azure", "config": azure})

    assert rest(opentok_service, "DELETE", "archive/storage").status_code == 204
    assert rest(opentok_service, "DELETE", "archive/storage").status_code == 404
