"""All that can be rehearsed: failures that the stand-ins play, and refusals of a room."""

from typing import Any, Final

from local.page.rehearsal import Call, Rehearsal

_TIMES = 10_000
_ROOM = "/rooms/$ROOM"
_TOKENS = f"{_ROOM}/tokens"
_NO_FAULTS = Call("POST", "/sim/faults", {"path": "", "times": 0})
_JOIN = Call("POST", _TOKENS, user="alice")
_ASK_OPENTOK = Call("PUT", f"{_ROOM}-relayed", {"mediaMode": "relayed"}, user="alice")
"""A new room whose session is not of the pool, because its options are not the default ones."""
_CONNECTED = (
    Call("POST", _TOKENS, user="alice", keep="TOKEN"),
    Call("POST", "/sim/connections", {"token": "$TOKEN"}),
)
_WHO_IS_IN = Call("GET", f"{_ROOM}/connections", user="alice", after_seconds=1)


def _callbacks(plan: dict[str, Any]) -> Call:
    return Call("POST", "/sim/callbacks", plan)


def _every_call(**fault: object) -> tuple[Call, ...]:
    """Return the calls that give every call to OpenTok's REST API this fault, and no other."""
    return (
        _NO_FAULTS,
        *(
            Call("POST", "/sim/faults", {"path": path, "times": _TIMES, **fault})
            for path in ("/session/create", "/v2/project")
        ),
    )


OPENTOK: Final = (
    Rehearsal(
        "refused",
        "OpenTok refuses",
        "OpenTok answers 403 to the service's credentials. Rooms that have a session can still be "
        "joined, and new ones take a session of the pool. A relayed room needs one of its own.",
        "provider_refused",
        "The user reads “detail, with Retry-After” if there is one, and may press Join again.",
        _every_call(status=403),
        (_JOIN, _ASK_OPENTOK),
        (_NO_FAULTS,),
    ),
    Rehearsal(
        "slow",
        "OpenTok is slow",
        "Each of OpenTok's answers takes 3 seconds. A new room does not wait for them, because the "
        "pool has a session for it. A relayed room waits for one of them.",
        None,
        "The app shows that it waits. “no answer within 10 s” counts as a failure.",
        _every_call(delayMs=3000),
        (_JOIN, _ASK_OPENTOK),
        (_NO_FAULTS,),
    ),
    Rehearsal(
        "down",
        "OpenTok is down",
        "OpenTok closes each connection without an answer. New rooms open all the same, with "
        "sessions of the pool. A relayed room needs a session of its own.",
        "provider_unavailable",
        "The user reads “detail, with Retry-After” if there is one, and may press Join again.",
        _every_call(drop=True),
        (_JOIN, _ASK_OPENTOK),
        (_NO_FAULTS,),
    ),
)

CALLBACKS: Final = (
    Rehearsal(
        "lost",
        "Callbacks are lost",
        "OpenTok reports nothing. A client that connects now is missing until reconciliation finds "
        "it, after a minute at most, and without its user.",
        None,
        "Users notice nothing, because clients learn from the SDK who is in. The list of GET "
        "/rooms/{room}/connections is late.",
        (_callbacks({"drop": _TIMES}),),
        (*_CONNECTED, _WHO_IS_IN),
        (_callbacks({"drop": 0}),),
    ),
    Rehearsal(
        "doubled",
        "Callbacks are doubled",
        "OpenTok reports everything twice. Roomkey counts each client once.",
        None,
        "Users notice nothing, and counts stay right.",
        (_callbacks({"duplicate": _TIMES}),),
        (*_CONNECTED, _WHO_IS_IN),
        (_callbacks({"duplicate": 0}),),
    ),
    Rehearsal(
        "late",
        "Callbacks are late",
        "OpenTok keeps its reports back until you undo this. Who connects is missing until then.",
        None,
        "Users notice nothing, because clients learn from the SDK who is in. The list of GET "
        "/rooms/{room}/connections is late.",
        (_callbacks({"order": "hold"}),),
        (*_CONNECTED, _WHO_IS_IN),
        (_callbacks({"order": "forward"}),),
    ),
)

ROOMS: Final = (
    Rehearsal(
        "full",
        "The room is full",
        "Alice has the only seat of a room, and Bob wants to join.",
        "room_full",
        "The user reads “This room is full. Please try again in Retry-After seconds.” Without a "
        "Retry-After, “all seats are kept by people who are in”.",
        (Call("PUT", _ROOM, {"maxParticipants": 1}, user="alice"), _JOIN),
        (Call("POST", _TOKENS, user="bob"),),
        (Call("PATCH", _ROOM, {"maxParticipants": 2}, user="alice"),),
    ),
    Rehearsal(
        "banned",
        "The user is banned",
        "Alice bans Bob from her room, and Bob wants to join.",
        "banned",
        "The user reads “A moderator has banned you from this room.” Then “nothing helps”.",
        (_JOIN, Call("POST", f"{_ROOM}/bans", {"userId": "bob"}, user="alice", keep="BAN")),
        (Call("POST", _TOKENS, user="bob"),),
        (Call("DELETE", f"{_ROOM}/bans/$BAN", user="alice"),),
    ),
    Rehearsal(
        "expired",
        "The token has expired",
        "The next two client tokens count as expired: the one that is tried here, and the next one "
        "in a call.",
        None,
        "Connecting fails with “OT_AUTHENTICATION_ERROR, AuthorizationFailure, 1004”. The app "
        "“asks for another token, once”.",
        (Call("POST", "/sim/tokens", {"expired": 2}),),
        _CONNECTED,
        (Call("POST", "/sim/tokens", {"expired": 0}),),
    ),
)

_BOB = Call("GET", f"{_ROOM}/connections", user="alice", keep="CONNECTION")
_BOBS_STREAM = Call("GET", f"{_ROOM}/connections", user="alice", keep="STREAM")
NETWORK: Final = (
    Rehearsal(
        "network-lost",
        "Bob loses the network",
        "Bob's client is cut off for 10 seconds. After more than 20 seconds it would be out.",
        None,
        "By “the SDK's reconnecting and reconnected events” the app “tells the user; the SDK does "
        "the rest”.",
        (_BOB, Call("POST", "/sim/connections/$CONNECTION/network", {"lostSeconds": 10})),
        (),
        (Call("POST", "/sim/connections/$CONNECTION/network", {"lostSeconds": 0}),),
        room="standup",
    ),
    Rehearsal(
        "network-slow",
        "Bob's network is slow",
        "Bob's network is too slow for video. The others hear him, and do not see him.",
        None,
        "By “videoDisabled, with the reason quality” the app “says that the network is too slow, "
        "and shows the person without a picture”.",
        (_BOBS_STREAM, Call("POST", "/sim/streams/$STREAM/quality", {"video": "disabled"})),
        (),
        (Call("POST", "/sim/streams/$STREAM/quality", {"video": "enabled"}),),
        room="standup",
    ),
)

GROUPS: Final = (
    ("OpenTok", OPENTOK),
    ("Callbacks", CALLBACKS),
    ("Rooms and tokens", ROOMS),
    ("The network of somebody in a call", NETWORK),
)
"""All rehearsals, by what fails."""
