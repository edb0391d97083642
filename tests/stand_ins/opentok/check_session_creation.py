import base64
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
import requests
from opentok import ArchiveModes, MediaModes

from tests.stand_ins.known import API_KEY, APPLICATION_ID, RunningOpenTok, project_jwt

SESSION_ID = re.compile(r"[12]_[A-Za-z0-9_-]+")
JAVA_DATE = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d PST \d{4}")


def fields_of(session_id: str) -> list[str]:
    encoded = session_id[2:]
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode().split("~")


def create(service: RunningOpenTok, form: dict[str, str], **headers: str) -> requests.Response:
    sent = {"X-OPENTOK-AUTH": project_jwt(), "Accept": "application/json"} | headers
    return requests.post(f"{service.url}/session/create", data=form, headers=sent, timeout=5)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"media_mode": MediaModes.relayed},
        {"media_mode": MediaModes.routed},
        {"media_mode": MediaModes.routed, "archive_mode": ArchiveModes.always},
        {
            "media_mode": MediaModes.routed,
            "archive_mode": ArchiveModes.always,
            "archive_name": "n" * 80,
            "archive_resolution": "1080x1920",
        },
        {"media_mode": MediaModes.routed, "e2ee": True},
        {"location": "203.0.113.9"},
    ],
)
def test_the_sdk_creates_a_session_with_every_legal_combination_of_options(
    opentok_service: RunningOpenTok, options: dict[str, Any]
) -> None:
    session = opentok_service.client().create_session(**options)

    assert SESSION_ID.fullmatch(session.session_id)


def test_a_routed_session_id_has_the_fields_of_a_real_one(
    opentok_service: RunningOpenTok,
) -> None:
    session = opentok_service.client().create_session(
        media_mode=MediaModes.routed, location="203.0.113.9"
    )

    version, key, location, milliseconds, random, flag, *rest = fields_of(session.session_id)
    assert (version, key, location, flag, rest) == ("1", API_KEY, "203.0.113.9", "", ["", ""])
    assert re.fullmatch(r"\d{13}", milliseconds)
    assert len(base64.b64decode(random)) == 18


def test_a_relayed_session_id_carries_the_flag_p(opentok_service: RunningOpenTok) -> None:
    session = opentok_service.client().create_session(media_mode=MediaModes.relayed)

    assert fields_of(session.session_id)[5] == "P"
    assert 72 <= len(session.session_id) <= 76


def test_no_two_sessions_have_the_same_id(opentok_service: RunningOpenTok) -> None:
    client = opentok_service.client()

    assert len({client.create_session().session_id for _ in range(20)}) == 20


def test_the_json_answer_has_exactly_the_recorded_shape(opentok_service: RunningOpenTok) -> None:
    answer = create(opentok_service, {})

    (session,) = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert session == {
        "session_id": session["session_id"],
        "project_id": API_KEY,
        "partner_id": API_KEY,
        "create_dt": session["create_dt"],
        "session_status": None,
        "status_invalid": None,
        "media_server_hostname": None,
        "messaging_server_url": None,
        "messaging_url": None,
        "symphony_address": None,
        "properties": None,
        "ice_server": None,
        "session_segment_id": session["session_segment_id"],
        "ice_servers": None,
        "ice_credential_expiration": 86100,
    }
    assert JAVA_DATE.fullmatch(session["create_dt"])


def test_the_answer_is_xml_where_json_is_not_asked_for(opentok_service: RunningOpenTok) -> None:
    answer = create(opentok_service, {}, Accept="*/*")

    session = ET.fromstring(answer.text).find("Session")  # noqa: S314 - our own stand-in's XML
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert session is not None
    assert SESSION_ID.fullmatch(session.findtext("session_id", ""))
    assert session.findtext("partner_id") == API_KEY
    assert JAVA_DATE.fullmatch(session.findtext("create_dt", ""))


def test_without_a_body_the_session_is_routed(opentok_service: RunningOpenTok) -> None:
    (session,) = create(opentok_service, {}).json()

    assert fields_of(session["session_id"])[5] == ""


@pytest.mark.parametrize(
    "form",
    [
        {"p2p.preference": "sometimes"},
        {"archiveMode": "never"},
        {"archiveMode": "always", "p2p.preference": "enabled"},
        {"archiveMode": "always", "p2p.preference": "always"},
        {"archiveMode": "manual", "archiveName": ""},
        {"archiveName": "minutes"},
        {"archiveResolution": "640x480"},
        {"archiveMode": "always", "archiveName": ""},
        {"archiveMode": "always", "archiveName": "n" * 81},
        {"archiveMode": "always", "archiveResolution": "640x481"},
        {"location": "2001:db8::1"},
        {"location": "203.0.113"},
        {"location": ""},
        {"e2ee": "yes"},
        {"e2ee": "true", "p2p.preference": "enabled"},
        {"e2ee": "true", "archiveMode": "always"},
    ],
)
def test_what_opentok_refuses_is_400_with_the_error_triplet(
    opentok_service: RunningOpenTok, form: dict[str, str]
) -> None:
    answer = create(opentok_service, form)

    error = answer.json()
    assert answer.status_code == 400
    assert error == {"code": -1, "message": error["message"], "description": error["message"]}


def test_a_body_that_is_no_form_is_415(opentok_service: RunningOpenTok) -> None:
    answer = requests.post(
        f"{opentok_service.url}/session/create",
        json={"archiveMode": "always"},
        headers={"X-OPENTOK-AUTH": project_jwt(), "Accept": "application/json"},
        timeout=5,
    )

    assert answer.status_code == 415


def test_a_vonage_application_creates_a_session_of_its_own(
    opentok_service: RunningOpenTok, vonage_key_path: str
) -> None:
    session = opentok_service.vonage_client(vonage_key_path).create_session()

    assert fields_of(session.session_id)[1] == APPLICATION_ID
    assert len(session.session_id) == 112


def test_calls_are_recorded_with_their_form_and_status(opentok_service: RunningOpenTok) -> None:
    opentok_service.client().create_session(location="203.0.113.9")
    create(opentok_service, {"e2ee": "yes"})

    first, second = opentok_service.stand_in.calls
    assert (first.method, first.path, first.status) == ("POST", "/session/create", 200)
    assert first.form == {
        "p2p.preference": "enabled",
        "archiveMode": "manual",
        "location": "203.0.113.9",
        "e2ee": "false",
    }
    assert (second.status, second.form) == (400, {"e2ee": "yes"})


def test_calls_are_counted_by_a_part_of_their_path_until_cleared(
    opentok_service: RunningOpenTok,
) -> None:
    opentok_service.client().create_session()
    requests.get(f"{opentok_service.url}/sim/sessions/none", timeout=5)

    assert opentok_service.stand_in.count("session/create") == 1
    assert opentok_service.stand_in.count("") == 1
    opentok_service.stand_in.clear_calls()
    assert opentok_service.stand_in.calls == []


def test_a_route_that_does_not_exist_is_an_error_triplet(opentok_service: RunningOpenTok) -> None:
    answer = requests.get(
        f"{opentok_service.url}/nowhere", headers={"Accept": "application/json"}, timeout=5
    )

    assert answer.status_code == 404
    assert answer.json() == {"code": -1, "message": "Not Found", "description": "Not Found"}
