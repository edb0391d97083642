from typing import Any

import pytest
from opentok import MediaModes, OutputModes, StreamModes
from opentok.exceptions import ArchiveError, NotFoundError, RequestError

from tests.stand_ins.archiving import found, listed, start
from tests.stand_ins.clients import join, leave, publish, rest
from tests.stand_ins.known import (
    API_KEY,
    APPLICATION_ID,
    OTHER_API_KEY,
    RunningOpenTok,
    project_jwt,
)

UNKNOWN = "11111111-2222-4333-8444-555555555555"


def test_the_sdk_starts_and_stops_an_archive(opentok_service: RunningOpenTok, entered: str) -> None:
    client = opentok_service.client()

    started = client.start_archive(entered, name="Standup")
    stopped = client.stop_archive(started.id)

    assert (started.status, started.name, started.partner_id) == ("started", "Standup", 45000001)
    assert (stopped.status, stopped.id) == ("stopped", started.id)
    assert client.get_archive(started.id).created_at == started.created_at


def test_a_new_archive_is_returned_in_full(opentok_service: RunningOpenTok, entered: str) -> None:
    started = start(opentok_service, entered)

    assert started == {
        "id": started["id"],
        "status": "started",
        "name": None,
        "reason": "",
        "sessionId": entered,
        "projectId": int(API_KEY),
        "partnerId": int(API_KEY),
        "createdAt": started["createdAt"],
        "updatedAt": started["createdAt"],
        "size": 0,
        "duration": 0,
        "outputMode": "composed",
        "streamMode": "auto",
        "hasAudio": True,
        "hasVideo": True,
        "resolution": "640x480",
        "sha256sum": "",
        "password": "",
        "certificate": "",
        "hasTranscription": False,
        "event": "archive",
        "url": None,
    }


def test_options_are_returned_if_they_were_chosen(
    opentok_service: RunningOpenTok, entered: str
) -> None:
    chosen = {
        "hasVideo": False,
        "resolution": "1920x1080",
        "multiArchiveTag": "wide",
        "maxBitrate": 100_000,
        "streamMode": "manual",
        "layout": {"type": "bestFit", "screenshareType": "pip"},
    }

    started = start(opentok_service, entered, **chosen)

    del chosen["layout"]  # OpenTok does not return it
    assert started | chosen == started
    assert started["streams"] == []


def test_an_individual_archive_has_no_resolution_and_may_have_a_transcription(
    opentok_service: RunningOpenTok, entered: str
) -> None:
    started = start(
        opentok_service,
        entered,
        outputMode="individual",
        hasTranscription=True,
        transcriptionProperties={"primaryLanguageCode": "de-DE", "hasSummary": True},
    )

    assert "resolution" not in started
    assert started["transcription"] == {
        "status": "requested",
        "url": None,
        "reason": "",
        "primaryLanguageCode": "de-DE",
        "hasSummary": True,
    }
    opentok_service.stand_in.move_archive(started["id"], "failed", "failure")
    assert found(opentok_service, started["id"])["transcription"]["status"] == "failed"


def test_a_vonage_application_owns_its_archive(
    opentok_service: RunningOpenTok, vonage_key_path: str
) -> None:
    client = opentok_service.vonage_client(vonage_key_path)
    session_id = client.create_session(media_mode=MediaModes.routed).session_id
    opentok_service.stand_in.connect(client.generate_token(session_id))

    client.start_archive(session_id, output_mode=OutputModes.individual)

    (call,) = [each for each in opentok_service.stand_in.calls if each.path.endswith("/archive")]
    assert call.path == f"/v2/project/{APPLICATION_ID}/archive"
    (archive,) = client.get_archives().items
    moved = opentok_service.stand_in.move_archive(archive.id, "paused")
    assert moved["applicationId"] == APPLICATION_ID
    assert "partnerId" not in moved


@pytest.mark.parametrize(
    "wanted",
    [
        {"sessionId": None},
        {"sessionId": ""},
        {"sessionId": "no session id"},
        {"hasAudio": False, "hasVideo": False},
        {"resolution": "800x600"},
        {"outputMode": "individual", "resolution": "640x480"},
        {"outputMode": "individual", "layout": {"type": "pip"}},
        {"outputMode": "individual", "quantizationParameter": 20},
        {"outputMode": "mixed"},
        {"streamMode": "some"},
        {"maxBitrate": 99_999},
        {"maxBitrate": 6_000_001},
        {"quantizationParameter": 14},
        {"quantizationParameter": 41},
        {"maxBitrate": 100_000, "quantizationParameter": 15},
        {"hasTranscription": True},
        {"layout": {"type": "custom"}},
        {"layout": {"type": "pip", "stylesheet": "stream{}"}},
        {"layout": {"type": "pip", "screenshareType": "pip"}},
        {"layout": {"type": "grid"}},
    ],
)
def test_what_opentok_forbids_is_400_and_starts_nothing(
    opentok_service: RunningOpenTok, entered: str, wanted: dict[str, Any]
) -> None:
    answer = rest(opentok_service, "POST", "archive", json={"sessionId": entered} | wanted)

    assert answer.status_code == 400
    assert listed(opentok_service) == []


def test_nobody_connected_is_404_with_a_message_alone(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    never = rest(opentok_service, "POST", "archive", json={"sessionId": routed_id})
    leave(opentok_service, join(opentok_service, routed_id))
    no_more = rest(opentok_service, "POST", "archive", json={"sessionId": routed_id})

    assert (never.status_code, no_more.status_code) == (404, 404)
    message = "Not found. No clients are actively connected to the OpenTok session."
    assert never.json() == no_more.json() == {"message": message}
    with pytest.raises(NotFoundError):
        opentok_service.client().start_archive(routed_id)


def test_another_projects_session_is_not_found(
    opentok_service: RunningOpenTok, entered: str
) -> None:
    headers = {
        "X-OPENTOK-AUTH": project_jwt("76543210fedcba9876543210fedcba9876543210", iss=OTHER_API_KEY)
    }

    answer = rest(
        opentok_service,
        "POST",
        "archive",
        key=OTHER_API_KEY,
        headers=headers,
        json={"sessionId": entered},
    )

    assert answer.status_code == 404


def test_a_relayed_session_is_409_15008(opentok_service: RunningOpenTok, session_id: str) -> None:
    join(opentok_service, session_id)

    answer = rest(opentok_service, "POST", "archive", json={"sessionId": session_id})

    message = "Only routed sessions are allowed to initiate archives."
    assert answer.status_code == 409
    assert answer.json() == {"code": 15008, "message": message, "description": message}


def test_each_tag_is_archived_once_at_a_time(opentok_service: RunningOpenTok, entered: str) -> None:
    client = opentok_service.client()
    plain = client.start_archive(entered)
    client.start_archive(entered, multi_archive_tag="wide")

    for tag in (None, "wide"):
        with pytest.raises(ArchiveError):
            client.start_archive(entered, multi_archive_tag=tag)

    client.stop_archive(plain.id)
    client.start_archive(entered)
    assert len(listed(opentok_service)) == 3


def test_only_what_was_started_can_be_stopped(
    opentok_service: RunningOpenTok, entered: str
) -> None:
    archive_id = start(opentok_service, entered)["id"]
    first = rest(opentok_service, "POST", f"archive/{archive_id}/stop")
    again = rest(opentok_service, "POST", f"archive/{archive_id}/stop")
    opentok_service.stand_in.move_archive(archive_id, "available")

    refused = rest(opentok_service, "POST", f"archive/{archive_id}/stop")

    assert first.json()["reason"] == "user initiated"
    assert (again.status_code, again.json()) == (200, first.json())
    assert (refused.status_code, refused.json()["code"]) == (409, 15002)
    assert refused.json()["message"].endswith("started OR paused OR stopped")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/stop"), ("GET", ""), ("DELETE", ""), ("PUT", "/layout"), ("PATCH", "/streams")],
)
def test_an_unknown_archive_is_404_and_what_is_no_id_400(
    opentok_service: RunningOpenTok, method: str, path: str
) -> None:
    body = {"type": "pip", "addStream": UNKNOWN}

    absent = rest(opentok_service, method, f"archive/{UNKNOWN}{path}", json=body)
    malformed = rest(opentok_service, method, f"archive/none{path}", json=body)

    assert (absent.status_code, absent.json()["code"]) == (404, -1)
    assert absent.json()["message"] == "Not found. You passed in an invalid archive ID."
    assert malformed.status_code == 400


def test_an_archive_is_deleted_once_it_has_a_file(
    opentok_service: RunningOpenTok, entered: str
) -> None:
    client = opentok_service.client()
    archive_id = client.start_archive(entered).id
    client.stop_archive(archive_id)
    with pytest.raises(RequestError):
        client.delete_archive(archive_id)
    refused = rest(opentok_service, "DELETE", f"archive/{archive_id}")
    opentok_service.stand_in.move_archive(archive_id, "available")

    client.delete_archive(archive_id)

    assert (refused.status_code, refused.json()["code"]) == (409, 15004)
    assert refused.json()["message"].endswith("available OR uploaded OR deleted")
    assert listed(opentok_service) == []
    assert rest(opentok_service, "DELETE", f"archive/{archive_id}").status_code == 204


def test_a_list_is_newest_first_by_page_and_by_session(
    opentok_service: RunningOpenTok, entered: str
) -> None:
    client = opentok_service.client()
    other_session = client.create_session(media_mode=MediaModes.routed).session_id
    join(opentok_service, other_session)
    ids = [start(opentok_service, entered, multiArchiveTag=tag)["id"] for tag in "abc"]
    elsewhere = start(opentok_service, other_session)["id"]

    assert listed(opentok_service) == [elsewhere, *ids[::-1]]
    assert listed(opentok_service, "?offset=1&count=2") == [ids[2], ids[1]]
    page = client.get_archives(offset=1, count=1, session_id=entered)
    assert ([each.id for each in page], page.count) == ([ids[1]], 3)
    assert rest(opentok_service, "GET", "archive?count=1001").status_code == 400


def test_the_sdk_changes_the_layout_while_it_records(
    opentok_service: RunningOpenTok, entered: str
) -> None:
    client = opentok_service.client()
    archive_id = client.start_archive(entered).id

    client.set_archive_layout(archive_id, "custom", "stream.instructor{}")

    layout = opentok_service.stand_in.inspect("archives", archive_id)["layout"]
    assert layout == {"type": "custom", "stylesheet": "stream.instructor{}"}
    refused = rest(opentok_service, "PUT", f"archive/{archive_id}/layout", json={"type": "custom"})
    assert refused.status_code == 400


def test_the_sdk_chooses_streams_in_mode_manual(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    client = opentok_service.client()
    alice = join(opentok_service, routed_id)
    camera, screen = publish(opentok_service, alice), publish(opentok_service, alice)
    archive_id = client.start_archive(routed_id, stream_mode=StreamModes.manual).id

    client.add_archive_stream(archive_id, camera, has_audio=True, has_video=False)
    client.add_archive_stream(archive_id, screen)
    client.remove_archive_stream(archive_id, screen)

    taken = [{"streamId": camera, "hasAudio": True, "hasVideo": False}]
    assert found(opentok_service, archive_id)["streams"] == taken
    client.stop_archive(archive_id)
    assert "streams" not in found(opentok_service, archive_id)


def test_a_stream_that_ended_is_no_longer_archived(
    opentok_service: RunningOpenTok, routed_id: str
) -> None:
    alice = join(opentok_service, routed_id)
    camera, _ = publish(opentok_service, alice), publish(opentok_service, alice)
    archive_id = start(opentok_service, routed_id, streamMode="manual")["id"]
    patched = {"addStream": camera}
    rest(opentok_service, "PATCH", f"archive/{archive_id}/streams", json=patched)

    opentok_service.client().force_disconnect(routed_id, alice)
    join(opentok_service, routed_id)

    opentok_service.stand_in.move_archive(archive_id, "started")
    assert found(opentok_service, archive_id)["streams"] == []


@pytest.mark.parametrize(
    ("mode", "patch", "status"),
    [
        ("auto", {"addStream": UNKNOWN}, 405),
        ("manual", {"addStream": UNKNOWN}, 404),
        ("manual", {"removeStream": UNKNOWN}, 404),
        ("manual", {}, 400),
        ("manual", {"addStream": UNKNOWN, "removeStream": UNKNOWN}, 400),
        ("manual", {"addStream": UNKNOWN, "hasAudio": False, "hasVideo": False}, 400),
    ],
)
def test_a_stream_patch_that_cannot_be_is_refused(
    opentok_service: RunningOpenTok, entered: str, mode: str, patch: dict[str, Any], status: int
) -> None:
    archive_id = start(opentok_service, entered, streamMode=mode)["id"]

    answer = rest(opentok_service, "PATCH", f"archive/{archive_id}/streams", json=patch)

    assert answer.status_code == status
