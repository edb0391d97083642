"""One structured line per request, and never a secret, a bearer or a client token in it."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from stand_ins.http.faults import Fault
from tests.support.bearers import forged
from tests.support.gateway import Gateway, Reply
from tests.support.log_lines import log_lines
from tests.support.servers.stand_ins import (
    API_KEY,
    API_SECRET,
    APPLICATION_ID,
    PRIVACY_KEY,
    StandIns,
    new_vonage_keys,
)

pytestmark = pytest.mark.usual_privacy

CREATE = "/session/create"
JOIN = "/rooms/standup/tokens"
HIDDEN = "Dr Miller, oncology"


def only_line(capture: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = log_lines(capture)
    return line


def fields_of(line: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a line, except for durations; unknown fields are absent."""
    names = ("level", "request_id", "method", "route", "status", "user", "room", "code")
    assert set(line) >= set(names) - {"user", "room"} | {"milliseconds"}
    return {name: line.get(name) for name in names}


class TestOneLine:
    def test_a_success_is_logged_with_user_room_and_duration(
        self, gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        gateway.request("POST", JOIN, bearer=stand_ins.identity.bearer("alice"))

        line = only_line(capsys)

        assert fields_of(line) == {
            "level": "INFO",
            "request_id": "gateway-request-1",
            "method": "POST",
            "route": "/rooms/{room}/tokens",
            "status": 201,
            "user": "alice",
            "room": "standup",
            "code": "ok",
        }
        assert 0 < line["milliseconds"] < 60_000
        assert line["service"] == "roomkey-test"
        assert line["timestamp"]

    def test_health_is_logged_without_user_or_room(
        self, gateway: Gateway, capsys: pytest.CaptureFixture[str]
    ) -> None:
        gateway.request("GET", "/health")

        line = fields_of(only_line(capsys))

        assert (line["status"], line["user"], line["room"], line["code"]) == (200, None, None, "ok")

    def test_a_refused_bearer_is_logged_without_the_user_it_claims(
        self, gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        gateway.request("POST", JOIN, bearer=stand_ins.identity.bearer("alice", aud="elsewhere"))

        line = fields_of(only_line(capsys))

        assert (line["status"], line["user"], line["code"]) == (401, None, "unauthenticated")

    def test_a_wrong_field_is_logged_with_the_user_and_room(
        self, gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bearer = stand_ins.identity.bearer("alice")
        gateway.request("POST", JOIN, bearer=bearer, body='{"role":"king"}')

        line = fields_of(only_line(capsys))

        assert (line["status"], line["user"], line["room"]) == (422, "alice", "standup")
        assert (line["level"], line["code"]) == ("INFO", "invalid_field")

    def test_a_method_that_no_route_has_is_logged(
        self, gateway: Gateway, capsys: pytest.CaptureFixture[str]
    ) -> None:
        reply = gateway.request("PATCH", "/token")

        line = fields_of(only_line(capsys))

        assert reply.status == 405
        assert (line["method"], line["route"], line["status"]) == ("PATCH", "/token", 405)
        assert line["code"] == "method_not_allowed"

    def test_an_outage_is_an_error_with_a_note_for_the_operator(
        self, gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stand_ins.opentok.faults.add(Fault(CREATE, status=400))
        gateway.request("POST", JOIN, bearer=stand_ins.identity.bearer("alice"))

        line = only_line(capsys)

        assert (line["level"], line["status"], line["code"]) == ("ERROR", 502, "provider_refused")
        assert "400 Bad Request" in line["note"]

    def test_a_bug_is_logged_with_its_cause_under_the_callers_request_id(
        self, gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        key = {"pk": {"S": "room#standup"}, "sk": {"S": "room"}}
        table = stand_ins.environment["ROOMS_TABLE"]
        stand_ins.dynamodb().put_item(TableName=table, Item=key)

        reply = gateway.request("POST", JOIN, bearer=stand_ins.identity.bearer("alice"))

        line = only_line(capsys)
        assert (reply.status, reply.code) == (500, "internal")
        assert reply.json["requestId"] == line["request_id"]
        assert (line["level"], line["status"], line["code"]) == ("ERROR", 500, "internal")
        assert (line["user"], line["room"]) == ("alice", "standup")
        assert line["note"] == "KeyError"
        assert "dynamodb" in line["stack"]
        assert "KeyError" not in reply.text

    def test_a_bug_of_chalice_is_logged_too(
        self, gateway: Gateway, capsys: pytest.CaptureFixture[str]
    ) -> None:
        @gateway.app.route("/broken")
        def broken() -> None:
            raise RuntimeError("broken")

        broken_gateway = Gateway(gateway.app)
        reply = broken_gateway.request("GET", "/broken")

        line = only_line(capsys)
        assert (reply.status, reply.code) == (500, "internal")
        assert (line["status"], line["code"]) == (500, "internal")

    def test_what_a_caller_sends_cannot_break_the_line(
        self, gateway: Gateway, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        user = 'eve","level":"INFO"}\u2028\u2029\\n{"code":"ok"'
        gateway.request("POST", JOIN, bearer=stand_ins.identity.bearer(user))

        written = capsys.readouterr().out

        request, *audited, rest = written.split("\n")
        assert rest == ""
        assert json.loads(request)["user"] == user
        actors = {json.loads(line)["action"]: json.loads(line)["actor"] for line in audited}
        assert actors == {"room_created": user, "admission": user}

    def test_a_higher_level_leaves_the_errors(
        self, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        gateway = stand_ins.gateway(LOG_LEVEL="ERROR")
        stand_ins.aws.fail("DynamoDB.GetItem", error="AccessDeniedException")
        bearer = stand_ins.identity.bearer("alice")

        gateway.request("GET", "/health")
        gateway.request("POST", JOIN, bearer=bearer)

        assert only_line(capsys)["code"] == "store_unavailable"

    def test_an_unknown_level_does_not_end_the_log(
        self, stand_ins: StandIns, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stand_ins.gateway(LOG_LEVEL="chatty").request("GET", "/health")

        assert only_line(capsys)["code"] == "ok"


class Secrets:
    """The texts that must be written nowhere, in whole or in part."""

    def __init__(self) -> None:
        self._parts: set[str] = set()

    def add(self, secret: str) -> str:
        """Remember the secret, its JWT segments or its lines, and return it."""
        parts = secret.split(".") if secret.startswith("ey") else secret.splitlines()
        # A JWT's header is no secret, nor are the lines around a key.
        self._parts |= {part[:40] for part in parts if len(part) >= 40 and "-----" not in part}
        return secret

    def found_in(self, text: str) -> set[str]:
        return {part for part in self._parts if part in text}


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Yield the log of every logger of the process at level DEBUG."""
    names = ("", "botocore", "boto3", "urllib3", "requests", "opentok", "jwt", "roomkey")
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    caplog.handler.setLevel(logging.DEBUG)
    yield caplog
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


class TestSecrecy:
    def send_all_kinds(
        self, gateway: Gateway, stand_ins: StandIns, secrets: Secrets
    ) -> list[Reply]:
        """Send requests that succeed, and requests that fail in every known way."""
        identity = stand_ins.identity
        alice = secrets.add(identity.bearer("alice", name="Alice"))
        mallory = secrets.add(identity.bearer("mallory"))
        refused = [
            secrets.add(identity.bearer("alice", aud="elsewhere")),
            secrets.add(identity.bearer("alice", lifetime_seconds=-600)),
            secrets.add(identity.bearer("alice", headers={"kid": "unknown"})),
            secrets.add(identity.bearer("alice", headers={"kid": None})),
            secrets.add(forged({"alg": "none"}, {"sub": "alice", "filler": "f" * 60})),
            secrets.add("garbage-" * 20),
        ]
        ask = gateway.request
        replies = [ask("POST", JOIN, bearer=bearer) for bearer in refused]
        replies += [
            ask("POST", JOIN, bearer=alice, body='{"data":"x"}'),
            ask("POST", "/rooms/retro/tokens", bearer=alice),
            ask("GET", "/token?username=alice", bearer=alice),
            ask("PUT", "/rooms/standup", bearer=alice, body='{"e2ee":true}'),
            ask("PUT", "/rooms/private", bearer=alice, body='{"members":[]}'),
            ask("POST", "/rooms/private/tokens", bearer=mallory),
            ask("POST", JOIN, bearer=mallory, body='{"role":"moderator"}'),
            ask("POST", JOIN, bearer=alice, body='{"role":7}'),
            ask("POST", JOIN, bearer=alice, body="{"),
            ask("POST", JOIN, bearer=alice, body=f'{{"token":"{alice}"}}'),
            ask("POST", "/rooms/a%20b/tokens", bearer=alice),
            ask("GET", "/rooms", bearer=alice),
            ask("GET", "/rooms?cursor=damaged", bearer=alice),
            ask("PATCH", "/token", bearer=alice),
            ask("GET", "/health", bearer=alice),
        ]
        replies += self.send_into_outages(gateway, stand_ins, alice)
        replies.append(ask("DELETE", "/rooms/retro", bearer=alice))
        return replies

    def send_into_outages(
        self, gateway: Gateway, stand_ins: StandIns, alice: str
    ) -> Iterator[Reply]:
        echo = json.dumps({"code": -1, "message": "Bad Gateway"})
        for fault, times in (
            (Fault(CREATE, status=403), 2),
            (Fault(CREATE, status=400), 1),
            (Fault(CREATE, status=502, body=echo), 3),
            (Fault(CREATE, status=200, body="<html>"), 3),
            (Fault(CREATE, drop=True), 3),
        ):
            stand_ins.opentok.faults.add(fault, times)
            yield gateway.request("POST", "/rooms/new/tokens", bearer=alice)
        for operation in ("DynamoDB.GetItem", "DynamoDB.TransactWriteItems"):
            stand_ins.aws.fail(operation, error="AccessDeniedException")
            yield gateway.request("POST", "/rooms/new/tokens", bearer=alice)
            stand_ins.aws.fail(operation, error="Nonsense", status=418)
            yield gateway.request("POST", "/rooms/new/tokens", bearer=alice)
        table = stand_ins.environment["ROOMS_TABLE"]
        broken = {"pk": {"S": "room#broken"}, "sk": {"S": "room"}}
        stand_ins.dynamodb().put_item(TableName=table, Item=broken)
        yield gateway.request("POST", "/rooms/broken/tokens", bearer=alice)

    @staticmethod
    def tokens_in(replies: list[Reply]) -> list[str]:
        answers = [reply.json for reply in replies if reply.text]
        return [answer["token"] for answer in answers if "token" in answer]

    @pytest.mark.parametrize("kind", ["opentok", "vonage", "refused", "malformed"])
    def test_no_secret_bearer_or_client_token_is_ever_written(
        self,
        stand_ins: StandIns,
        capfd: pytest.CaptureFixture[str],
        everything_logged: pytest.LogCaptureFixture,
        kind: str,
    ) -> None:
        secrets = Secrets()
        other_key = new_vonage_keys().private
        contents: dict[str, dict[str, object]] = {
            "opentok": {
                "apiKey": API_KEY,
                "apiSecret": secrets.add(API_SECRET),
                "privacyKeys": [secrets.add(PRIVACY_KEY)],
            },
            "vonage": {
                "applicationId": APPLICATION_ID,
                "privateKey": secrets.add(stand_ins.vonage.private),
            },
            "refused": {"apiKey": API_KEY, "apiSecret": secrets.add("5ec2e7c0" * 5)},
            "malformed": {
                "applicationId": APPLICATION_ID,
                "privateKey": secrets.add(other_key)[:-100],
            },
        }
        stand_ins.put_secret(contents[kind])
        privacy = "strict" if kind == "opentok" else "usual"
        gateway = stand_ins.gateway(LOG_LEVEL="DEBUG", PRIVACY=privacy)
        # The test's own calls to AWS are not the app's secrets.
        everything_logged.clear()
        capfd.readouterr()

        replies = self.send_all_kinds(gateway, stand_ins, secrets)

        tokens = [secrets.add(token) for token in self.tokens_in(replies)]
        written = capfd.readouterr()
        assert bool(tokens) == (kind in {"opentok", "vonage"})
        lines = [json.loads(line) for line in written.out.splitlines()]
        assert len([each for each in lines if each["message"] == "request"]) == len(replies)
        assert secrets.found_in(written.out) == set()
        assert secrets.found_in(written.err) == set()
        assert secrets.found_in(everything_logged.text) == set()

    def test_no_signal_and_no_name_of_an_archive_is_ever_written(
        self,
        stand_ins: StandIns,
        capfd: pytest.CaptureFixture[str],
        everything_logged: pytest.LogCaptureFixture,
    ) -> None:
        gateway = stand_ins.gateway(LOG_LEVEL="DEBUG")
        bearer = stand_ins.identity.bearer("alice")
        always = {"archiveMode": "always", "archiveName": HIDDEN}
        calls = [
            ("POST", "/rooms/standup/signals", {"type": "chat", "data": HIDDEN}),
            ("POST", "/rooms/standup/archives", {"name": HIDDEN}),
            ("PUT", "/rooms/retro", always),
        ]
        assert gateway.request("PUT", "/rooms/standup", bearer=bearer).status == 201
        repeated = json.dumps({"code": 15099, "message": HIDDEN, "description": HIDDEN})
        stand_ins.opentok.faults.add(Fault("/", status=400, body=repeated), len(calls))
        everything_logged.clear()
        capfd.readouterr()

        for method, path, body in calls:
            gateway.request(method, path, bearer=bearer, body=json.dumps(body))

        written = capfd.readouterr()
        assert written.out.count("400 code 15099") == 3
        assert HIDDEN not in written.out + written.err + everything_logged.text

    def test_the_search_would_find_a_secret(self, stand_ins: StandIns) -> None:
        secrets = Secrets()
        bearer = secrets.add(stand_ins.identity.bearer("alice"))
        secrets.add(stand_ins.vonage.private)
        _, payload, signature = bearer.split(".")

        assert secrets.found_in(f"signature={signature}")
        assert secrets.found_in(f"claims {payload[:50]}")
        assert secrets.found_in(json.dumps(stand_ins.vonage.private)) != set()
        assert secrets.found_in("nothing of it") == set()
