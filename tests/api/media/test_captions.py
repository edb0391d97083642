"""Captions over HTTP, from start to stop."""

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest

from stand_ins.http.faults import Fault
from tests.support.live import Live, running_live
from tests.support.noon import NOON
from tests.support.servers.stand_ins import API_KEY, API_SECRET, CALLBACK_SECRET, StandIns

pytestmark = pytest.mark.usefixtures("clock")
CAPTIONS = "/rooms/standup/captions"
STARTED = '{"captionsId": "7c0680fc-6274-4de5-a66f-d0648e8d3ac2"}'
PATH_SECRET = "a-path-that-nobody-guesses-0123456789"


def start(live: Live, **options: object) -> str:
    reply = live.ask("alice", "POST", CAPTIONS, options)
    assert reply.status == 202, reply.text
    live.settle()
    return str(reply.json["captionsId"])


def stop(live: Live, captions_id: str, room: str = "standup", user: str = "alice") -> Any:
    return live.ask(user, "POST", f"/rooms/{room}/captions/{captions_id}/stop")


def told_opentok(stand_ins: StandIns) -> Any:
    """Return the body of the last request to OpenTok for captions."""
    calls = [each for each in stand_ins.opentok.calls if each.path.endswith("/captions")]
    return calls[-1].json


def test_every_option_is_opentoks(entered: Live) -> None:
    options = {"languageCode": "en-GB", "maxDuration": 300, "partialCaptions": False}
    captions_id = start(entered, **options)
    told = told_opentok(entered.stand_ins)
    assert options.items() <= told.items()
    assert entered.stand_ins.opentok.inspect("captions", captions_id)["status"] == "started"


def test_their_token_is_a_moderators_for_minutes_and_of_no_user(entered: Live) -> None:
    start(entered)
    token = told_opentok(entered.stand_ins)["token"]
    claims = jwt.decode(token, API_SECRET, algorithms=["HS256"], options={"verify_aud": False})
    assert claims["role"] == "moderator"
    assert claims["exp"] == int((NOON + timedelta(minutes=5)).timestamp())
    data = json.loads(claims["connection_data"])
    assert (data["userId"], data["service"]) == (None, "captions")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"languageCode": "english please"}, "languageCode"),
        ({"languageCode": ""}, "languageCode"),
        ({"maxDuration": 299}, "maxDuration"),
        ({"maxDuration": 14_401}, "maxDuration"),
        ({"partialCaptions": "yes"}, "partialCaptions"),
        ({"statusCallbackUrl": "https://mallory.test/here"}, "statusCallbackUrl"),
    ],
)
def test_what_opentok_forbids_is_refused_before_it_is_asked(
    entered: Live, options: dict[str, object], field: str
) -> None:
    reply = entered.ask("alice", "POST", CAPTIONS, options)
    assert (reply.status, reply.field) == (422, field)
    assert entered.stand_ins.opentok.calls == []


def test_a_room_has_one_set_at_a_time_and_a_refusal_names_it(entered: Live) -> None:
    captions_id = start(entered)
    refused = entered.ask("alice", "POST", CAPTIONS, {})
    assert (refused.status, refused.code) == (409, "already_captioning")
    assert refused.json["captionsId"] == captions_id
    assert stop(entered, captions_id).status == 202
    assert start(entered) != captions_id


ALREADY = '{"code": 60003, "message": "Audio captioning is already enabled"}'


def test_captions_that_are_not_on_record_are_refused_without_an_id(entered: Live) -> None:
    entered.stand_ins.opentok.faults.add(Fault("/captions", status=409, body=ALREADY))
    refused = entered.ask("alice", "POST", CAPTIONS, {})
    assert (refused.status, refused.code) == (409, "already_captioning")
    assert "captionsId" not in refused.json
    assert "everybody has left" in refused.json["detail"]


def test_they_are_stopped_once_in_their_own_room_by_moderators(entered: Live) -> None:
    captions_id = start(entered)
    entered.room("retro")
    for wrong in (stop(entered, captions_id, "retro"), stop(entered, "x"), stop(entered, "..%2F")):
        assert (wrong.status, wrong.code) == (404, "captions_not_found")
    assert stop(entered, captions_id, user="bob").code == "not_a_moderator"
    assert entered.stand_ins.opentok.count("/stop") == 0

    stopped = stop(entered, captions_id)
    assert (stopped.status, stopped.text) == (202, "")
    assert entered.stand_ins.opentok.inspect("captions", captions_id)["status"] == "stopped"
    again = stop(entered, captions_id)
    assert (again.status, again.code) == (409, "captions_not_running")


def test_opentok_is_sent_where_the_api_is_and_no_caller_chooses_that(entered: Live) -> None:
    entered.stand_ins.opentok.faults.add(Fault("/captions", status=202, body=STARTED))
    bearer = entered.stand_ins.identity.bearer("alice")
    headers = {
        "Authorization": [f"Bearer {bearer}"],
        "Host": ["mallory.test"],
        "X-Forwarded-Host": ["mallory.test"],
    }
    event = entered.gateway.event("POST", CAPTIONS, "{}", headers)
    event["requestContext"]["domainName"] = "a1b2.execute-api.eu-west-1.amazonaws.com"
    assert entered.gateway.send(event).status == 202
    told = told_opentok(entered.stand_ins)["statusCallbackUrl"]
    assert told == "https://a1b2.execute-api.eu-west-1.amazonaws.com/api/callbacks/captions"


def test_without_signatures_opentok_is_sent_the_secret_path_or_none(stand_ins: StandIns) -> None:
    secrets = {"session": [CALLBACK_SECRET]}
    stand_ins.put_secret({"apiKey": API_KEY, "apiSecret": API_SECRET, "callbackSecrets": secrets})
    for settings, expected in (
        (
            {"CALLBACK_PATH_SECRET": PATH_SECRET},
            f"https://api.test/callbacks/captions/{PATH_SECRET}",
        ),
        ({}, None),
    ):
        with running_live(stand_ins, **settings) as live:
            live.ask("alice", "PUT", "/rooms/standup", {})
            stand_ins.opentok.faults.add(Fault("/captions", status=202, body=STARTED))
            headers = {"Authorization": [f"Bearer {stand_ins.identity.bearer('alice')}"]}
            event = live.gateway.event("POST", CAPTIONS, "{}", headers)
            # As behind a domain of one's own, which has no stage in its paths.
            event["requestContext"] |= {"domainName": "api.test", "path": CAPTIONS}
            assert live.gateway.send(event).status == 202
            assert told_opentok(stand_ins).get("statusCallbackUrl") == expected
