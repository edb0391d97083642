"""Bad requests of every kind: a problem names the field, and nothing is created."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.gateway import Gateway, Reply
from tests.support.odd_text import odd_text
from tests.support.servers.stand_ins import StandIns

ROOM = "/rooms/standup"
TOKENS = "/rooms/standup/tokens"


def send(
    gateway: Gateway,
    stand_ins: StandIns,
    method: str,
    path: str,
    body: bytes | str | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    bearer = stand_ins.identity.bearer("alice")
    return gateway.request(method, path, bearer=bearer, body=body, headers=headers)


def assert_nothing_was_made(stand_ins: StandIns) -> None:
    assert stand_ins.items() == []
    assert stand_ins.opentok.calls == []


@pytest.mark.parametrize(("method", "path"), [("PUT", ROOM), ("POST", TOKENS)])
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nul",
        b'{"role":',
        b"{'role':'publisher'}",
        b'{"role":"publisher"} x',
        b"\xef\xbb\xbf{}",
        b'{"data":"\xff"}',
        b'{"data":"\xed\xa0\x80"}',
        b'{"data":"\\ud800"}',
        b'{"data":"\\udc00x"}',
        b'{"a":NaN}',
        b"[" * 60_000,
        b'{"a":' * 9_000,
        "\ud800",
    ],
)
def test_what_is_no_json_in_utf8_is_400(
    gateway: Gateway, stand_ins: StandIns, method: str, path: str, body: bytes | str
) -> None:
    reply = send(gateway, stand_ins, method, path, body)
    assert (reply.status, reply.code) == (400, "malformed_json")
    assert_nothing_was_made(stand_ins)


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        (TOKENS, '{"role":"publisher","role":"moderator"}', '"role"'),
        (TOKENS, '{"role":"publisher","rol\\u0065":"publisher"}', '"role"'),
        (TOKENS, '{"a":1,"a":1}', '"a"'),
        (f"{ROOM}/sip", '{"sip":{"uri":"sip:a@b","headers":{"X-A":"b","X-A":"c"}}}', '"X-A"'),
        (f"{ROOM}/broadcasts", '{"outputs":{"rtmp":[{"id":"a"},{"id":"b","id":"c"}]}}', '"id"'),
        (TOKENS, f'{{"{"a" * 999}":1,"{"a" * 999}":1}}', f'"{"a" * 100}"'),
    ],
)
def test_what_says_something_twice_is_400(
    gateway: Gateway, stand_ins: StandIns, path: str, body: str, name: str
) -> None:
    reply = send(gateway, stand_ins, "POST", path, body)
    assert (reply.status, reply.code) == (400, "malformed_json")
    assert name in reply.json["detail"]
    assert_nothing_was_made(stand_ins)


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "7", "true"])
@pytest.mark.parametrize(("method", "path"), [("PUT", ROOM), ("POST", TOKENS)])
def test_json_that_is_no_object_is_422(
    gateway: Gateway, stand_ins: StandIns, method: str, path: str, body: str
) -> None:
    reply = send(gateway, stand_ins, method, path, body)
    assert (reply.status, reply.code, reply.field) == (422, "invalid_field", "body")
    assert_nothing_was_made(stand_ins)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "owner"}, "role"),
        ({"role": "Publisher"}, "role"),
        ({"role": 7}, "role"),
        ({"expiresIn": 0}, "expiresIn"),
        ({"expiresIn": -60}, "expiresIn"),
        ({"expiresIn": 59}, "expiresIn"),
        ({"expiresIn": 60.0}, "expiresIn"),
        ({"expiresIn": 3600.5}, "expiresIn"),
        ({"expiresIn": 86401}, "expiresIn"),
        ({"expiresIn": 10**30}, "expiresIn"),
        ({"expiresIn": 10**18}, "expiresIn"),
        ({"expiresIn": "3600"}, "expiresIn"),
        ({"expiresIn": True}, "expiresIn"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": ["Alice"]}, "name"),
        ({"data": {"seat": 7}}, "data"),
        ({"data": "x" * 1000}, "data"),
        ({"layoutClasses": "focus"}, "layoutClasses"),
        ({"layoutClasses": ["focus", 7]}, "layoutClasses[1]"),
        ({"layoutClasses": ["two words"]}, "layoutClasses[0]"),
        ({"layoutClasses": [""]}, "layoutClasses[0]"),
        ({"layoutClasses": ["x\n"]}, "layoutClasses[0]"),
        ({"layoutClasses": ["x" * 1001]}, "layoutClasses"),
        ({"userId": "root"}, "userId"),
        ({"sessionId": "1_abc"}, "sessionId"),
        ({"": 1}, ""),
        ({"__proto__": {}}, "__proto__"),
    ],
)
def test_a_token_requests_broken_field_is_named(
    gateway: Gateway, stand_ins: StandIns, body: object, field: str
) -> None:
    reply = send(gateway, stand_ins, "POST", TOKENS, json.dumps(body))
    assert (reply.status, reply.code, reply.field) == (422, "invalid_field", field)
    assert_nothing_was_made(stand_ins)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"mediaMode": "p2p"}, "mediaMode"),
        ({"mediaMode": None}, "mediaMode"),
        ({"archiveMode": "always", "mediaMode": "relayed"}, "archiveMode"),
        ({"archiveMode": "always", "e2ee": True}, "archiveMode"),
        ({"e2ee": True, "mediaMode": "relayed"}, "e2ee"),
        ({"e2ee": "true"}, "e2ee"),
        ({"archiveName": "take"}, "archiveName"),
        ({"archiveMode": "always", "archiveName": ""}, "archiveName"),
        ({"archiveMode": "always", "archiveName": "x" * 81}, "archiveName"),
        ({"archiveMode": "always", "archiveName": "take\n"}, "archiveName"),
        ({"archiveResolution": "640x480"}, "archiveResolution"),
        ({"archiveMode": "always", "archiveResolution": "800x600"}, "archiveResolution"),
        ({"location": "1"}, "location"),
        ({"location": "2001:db8::1"}, "location"),
        ({"location": "192.0.2.256"}, "location"),
        ({"location": ""}, "location"),
        ({"location": 1}, "location"),
        ({"defaultRole": "moderator"}, "defaultRole"),
        ({"defaultRole": "host"}, "defaultRole"),
        ({"moderators": "bob"}, "moderators"),
        ({"moderators": [""]}, "moderators[0]"),
        ({"moderators": ["x" * 256]}, "moderators[0]"),
        ({"moderators": [f"u{n}" for n in range(51)]}, "moderators"),
        ({"members": [f"u{n}" for n in range(501)]}, "members"),
        ({"members": ["bob", None]}, "members[1]"),
        ({"maxParticipants": 0}, "maxParticipants"),
        ({"maxParticipants": 251}, "maxParticipants"),
        ({"maxParticipants": 2.0}, "maxParticipants"),
        ({"maxParticipants": "2"}, "maxParticipants"),
        ({"opensAt": "2026-03-01T12:00:00"}, "opensAt"),
        ({"opensAt": "tomorrow"}, "opensAt"),
        ({"opensAt": 1772366400}, "opensAt"),
        ({"closesAt": "2026-02-30T12:00:00Z"}, "closesAt"),
        ({"closesAt": "9999-12-31T23:59:59-12:00"}, "closesAt"),
        ({"opensAt": "2030-01-02T00:00:00Z", "closesAt": "2030-01-01T00:00:00Z"}, "closesAt"),
        ({"opensAt": "2030-01-01T00:00:00Z", "closesAt": "2030-01-01T00:00:00Z"}, "closesAt"),
        ({"archivesFor": "everyone"}, "archivesFor"),
        ({"archiveRetentionDays": 0}, "archiveRetentionDays"),
        ({"archiveRetentionDays": 3651}, "archiveRetentionDays"),
        ({"room": "other"}, "room"),
        ({"createdBy": "root"}, "createdBy"),
        ({"max_participants": 3}, "max_participants"),
    ],
)
def test_a_rooms_broken_setting_is_named(
    gateway: Gateway, stand_ins: StandIns, body: object, field: str
) -> None:
    reply = send(gateway, stand_ins, "PUT", ROOM, json.dumps(body))
    assert (reply.status, reply.code, reply.field) == (422, "invalid_field", field)
    assert reply.json["errors"][0]["reason"]
    assert_nothing_was_made(stand_ins)


def test_the_error_for_an_unknown_role_lists_the_known_ones(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    reply = send(gateway, stand_ins, "POST", TOKENS, '{"role":"owner"}')
    assert reply.json["errors"][0]["reason"] == (
        "must be one of subscriber, publisher, publisheronly, moderator"
    )


@pytest.mark.parametrize(
    "name",
    [
        *("a b", "a%20b", "%2e%2e", "..", "a;b", "standup;x=1", "\U0001f600", "%F0%9F%98%80"),
        *("x" * 129, "a.b", "a%2Fb", "%00", "a+b", "a,b", "\u0661"),
    ],
)
@pytest.mark.parametrize(("method", "suffix"), [("PUT", ""), ("POST", "/tokens"), ("DELETE", "")])
def test_a_name_that_no_room_can_have_is_refused(
    gateway: Gateway, stand_ins: StandIns, method: str, suffix: str, name: str
) -> None:
    reply = send(gateway, stand_ins, method, f"/rooms/{name}{suffix}")
    assert (reply.status, reply.field) == (422, "room")
    assert_nothing_was_made(stand_ins)


def test_a_path_cut_at_a_semicolon_does_not_reach_the_room_before_it(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    event = gateway.event("GET", "/rooms/standup")
    event["headers"] = {"Authorization": f"Bearer {stand_ins.identity.bearer('alice')}"}
    event["requestContext"]["path"] = "/api/rooms/standup;x"
    assert gateway.send(event).field == "room"


@pytest.mark.parametrize("name", ["constructor", "__proto__", "toString", "-", "_", "x" * 128])
def test_odd_names_of_allowed_characters_are_names_like_any_other(
    gateway: Gateway, stand_ins: StandIns, name: str
) -> None:
    assert send(gateway, stand_ins, "PUT", f"/rooms/{name}").status == 201
    reply = send(gateway, stand_ins, "POST", f"/rooms/{name}/tokens")
    assert (reply.status, reply.json["room"]) == (201, name)


@pytest.mark.parametrize("body", [None, "", b"", " \r\n\t", "{}"])
@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "nonsense", ""]
)
def test_an_empty_body_of_any_type_asks_for_nothing_special(
    gateway: Gateway, stand_ins: StandIns, body: bytes | str | None, content_type: str | None
) -> None:
    headers = None if content_type is None else {"Content-Type": content_type}
    assert send(gateway, stand_ins, "POST", TOKENS, body, headers).status == 201


def test_the_content_type_is_not_looked_at(gateway: Gateway, stand_ins: StandIns) -> None:
    for content_type in ("text/plain", "multipart/form-data", "application/octet-stream"):
        headers = {"Content-Type": content_type}
        reply = send(gateway, stand_ins, "POST", TOKENS, '{"role":"subscriber"}', headers)
        assert reply.json["role"] == "subscriber"


def test_a_body_in_base64_is_read(gateway: Gateway, stand_ins: StandIns) -> None:
    event = gateway.event("POST", TOKENS, "eyJyb2xlIjoic3Vic2NyaWJlciJ9")
    event["headers"] = {"authorization": f"Bearer {stand_ins.identity.bearer('alice')}"}
    event["isBase64Encoded"] = True
    assert gateway.send(event).json["role"] == "subscriber"


def test_a_body_may_have_64_kib_and_not_one_byte_more(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    longest = b"{}".ljust(64 * 1024)
    assert send(gateway, stand_ins, "POST", TOKENS, longest).status == 201
    stand_ins.start_anew()
    reply = send(gateway, stand_ins, "POST", TOKENS, longest + b" ")
    assert (reply.status, reply.code) == (413, "body_too_large")
    assert_nothing_was_made(stand_ins)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("page=2", "page"),
        ("cursor=", "cursor"),
        ("cursor=abc", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=%F0%9F%98%80", "cursor"),
    ],
)
def test_a_lists_broken_parameter_is_named(
    gateway: Gateway, stand_ins: StandIns, query: str, field: str
) -> None:
    reply = send(gateway, stand_ins, "GET", f"/rooms?{query}")
    assert (reply.status, reply.code, reply.field) == (422, "invalid_field", field)


def test_halves_of_surrogate_pairs_in_a_query_are_refused(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    event = gateway.event("GET", "/token")
    event["headers"] = {"authorization": f"Bearer {stand_ins.identity.bearer('alice')}"}
    event["multiValueQueryStringParameters"] = {"username": ["\ud800"]}
    assert gateway.send(event).status == 422


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | odd_text(20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_text(8), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["role", "expiresIn", "name", "data", "layoutClasses", "mediaMode", "members", "opensAt"]
)


@settings(
    derandomize=True,
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.dictionaries(FIELDS, JSON, max_size=4) | JSON, path=st.sampled_from([ROOM, TOKENS]))
def test_no_json_whatsoever_is_a_fault_of_ours(
    gateway: Gateway, stand_ins: StandIns, body: object, path: str
) -> None:
    method = "PUT" if path == ROOM else "POST"
    reply = send(gateway, stand_ins, method, path, json.dumps(body))
    assert reply.status in {200, 201, 409, 422}
    assert isinstance(reply.json, dict)


@settings(
    derandomize=True,
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.binary(max_size=60))
def test_no_bytes_whatsoever_are_a_fault_of_ours(
    gateway: Gateway, stand_ins: StandIns, body: bytes
) -> None:
    assert send(gateway, stand_ins, "POST", TOKENS, body).status in {201, 400, 422}


# Values that look like the text that msgspec puts before a field's path in its messages.
PATH_IN_A_VALUE = "x` - at `$.zzz"


@pytest.mark.parametrize("tail", ["", "`", "[0]`", "'"])
@pytest.mark.parametrize(
    "field", ["mediaMode", "archiveMode", "archiveResolution", "defaultRole", "archivesFor"]
)
def test_no_value_can_pass_for_the_path_of_a_field(
    gateway: Gateway, stand_ins: StandIns, field: str, tail: str
) -> None:
    reply = send(gateway, stand_ins, "PUT", ROOM, json.dumps({field: PATH_IN_A_VALUE + tail}))
    assert (reply.status, reply.field) == (422, field)
    assert "must be one of" in reply.json["errors"][0]["reason"]
    assert "zzz" not in reply.text


@pytest.mark.parametrize("name", [PATH_IN_A_VALUE, f"{PATH_IN_A_VALUE}`", "a`b", "\n"])
def test_no_unknown_field_can_pass_for_another(
    gateway: Gateway, stand_ins: StandIns, name: str
) -> None:
    reply = send(gateway, stand_ins, "POST", TOKENS, json.dumps({name: 1}))
    assert (reply.status, reply.field) == (422, name)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"maxParticipants": "2"}, "must be a whole number"),
        ({"maxParticipants": 0}, "must be at least 1"),
        ({"maxParticipants": 251}, "must be at most 250"),
        ({"e2ee": "yes"}, "must be true or false"),
        ({"moderators": "bob"}, "must be a list"),
        ({"moderators": [7]}, "must be a string"),
        ({"members": ["bob\n"]}, "must not contain control characters"),
        ({"archiveName": ""}, "must have at least 1 character(s)"),
        ({"archiveName": "a\0"}, "must not contain control characters"),
        ({"opensAt": "noon"}, "must be an RFC 3339 time, as in 2026-01-31T12:00:00Z"),
        ({"opensAt": "2026-01-31T12:00:00"}, "must have a time zone, as in 2026-01-31T12:00:00Z"),
    ],
)
def test_a_reason_says_what_to_send_instead(
    gateway: Gateway, stand_ins: StandIns, body: object, reason: str
) -> None:
    reply = send(gateway, stand_ins, "PUT", ROOM, json.dumps(body))
    assert reply.json["errors"][0]["reason"] == reason


def test_the_reason_for_a_name_that_nobody_sees_says_so(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    reply = send(gateway, stand_ins, "POST", TOKENS, json.dumps({"name": " "}))
    assert reply.json["errors"] == [
        {
            "field": "name",
            "reason": "must have a visible character, and no control or direction character",
        }
    ]
