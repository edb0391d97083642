"""Answers that are not OpenTok's, or repeat what no log may show."""

import gzip
from collections.abc import Callable, Iterator

import pytest

from chalicelib.adapters.opentok.api_client import (
    MAX_RESPONSE_BYTES,
    ApiClient,
    Request,
    Transport,
)
from chalicelib.adapters.opentok.archives import OpenTokArchives
from chalicelib.adapters.opentok.broadcasts import OpenTokBroadcasts
from chalicelib.adapters.opentok.captions import OpenTokCaptions
from chalicelib.adapters.opentok.connections import OpenTokConnections
from chalicelib.adapters.opentok.renders import OpenTokRenders
from chalicelib.adapters.opentok.sdk_client import SdkClients
from chalicelib.adapters.opentok.sessions_and_tokens import OpenTokPlatform
from chalicelib.adapters.opentok.telephony import OpenTokTelephony
from chalicelib.core.model.room_settings import ArchiveMode, MediaMode, RoomSettings
from chalicelib.core.ports.credentials import OpenTokCredentials
from chalicelib.core.ports.media_platforms import StartRequest
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import utc_now
from chalicelib.errors import ProviderRefused, ProviderUnavailable
from tests.fakes.outside import FakeCredentials
from tests.support.servers.answering_server import (
    SOCKET_BYTES,
    Answer,
    AnsweringServer,
    answering_server,
)
from tests.support.servers.stand_ins import API_KEY, API_SECRET

HUGE = 50_000_000
SESSION, CONNECTION, MEDIA = "1_x", "c-1", "m-1"
HTML = b"<html>Sign in to the hotel's network</html>"
HIDDEN = "Dr Miller, oncology"


def soon() -> Deadline:
    """Return a deadline that leaves no time for a second attempt."""
    return Deadline(2.9)


class Clients:
    """The adapters of one OpenTok."""

    def __init__(self, url: str) -> None:
        projects = SdkClients(FakeCredentials(OpenTokCredentials(API_KEY, API_SECRET)), url)
        transport = Transport()
        client = ApiClient(projects, transport)
        self.connections = OpenTokConnections(client)
        self.archives = OpenTokArchives(client, utc_now)
        self.broadcasts = OpenTokBroadcasts(client, utc_now)
        self.captions = OpenTokCaptions(client, utc_now)
        self.renders = OpenTokRenders(client, utc_now)
        self.telephony = OpenTokTelephony(client)
        self.platform = OpenTokPlatform(projects, transport)


@pytest.fixture(scope="module")
def server() -> Iterator[AnsweringServer]:
    with answering_server() as server:
        yield server


@pytest.fixture(scope="module")
def clients(server: AnsweringServer) -> Clients:
    return Clients(server.url)


Call = Callable[[Clients], object]
WITHOUT_BODY: dict[str, Call] = {
    "a disconnection": lambda all_: all_.connections.disconnect(SESSION, CONNECTION, soon()),
    "a signal": lambda all_: all_.connections.signal(SESSION, None, None, HIDDEN, soon()),
    "a deletion": lambda all_: all_.archives.delete(MEDIA, soon()),
    "an archive's stream": lambda all_: all_.archives.change_streams(MEDIA, {}, soon()),
    "a broadcast's stream": lambda all_: all_.broadcasts.change_streams(MEDIA, {}, soon()),
}
"""Calls that OpenTok answers with 204."""
WITH_BODY: dict[str, Call] = {
    "a mute": lambda all_: all_.connections.mute_stream(SESSION, CONNECTION, soon()),
    "a mute of all": lambda all_: all_.connections.mute_all(SESSION, [], soon(), active=True),
    "an archive's layout": lambda all_: all_.archives.set_layout(MEDIA, {}, soon()),
    "a broadcast's layout": lambda all_: all_.broadcasts.set_layout(MEDIA, {}, soon()),
    "tones": lambda all_: all_.telephony.play_digits(SESSION, None, "1", soon()),
}
"""Calls that OpenTok answers with 200, and an object or nothing."""
STOPS: dict[str, Call] = {
    "the end of captions": lambda all_: all_.captions.stop(MEDIA, soon()),
    "the end of a render": lambda all_: all_.renders.stop(MEDIA, soon()),
}


@pytest.mark.parametrize("call", WITHOUT_BODY)
def test_only_204_means_that_a_call_without_an_answer_was_performed(
    server: AnsweringServer, clients: Clients, call: str
) -> None:
    for answer in (Answer(), Answer(b"{}"), Answer(HTML), Answer(b"{}", status=202)):
        server.answer = answer
        with pytest.raises(ProviderUnavailable):
            WITHOUT_BODY[call](clients)

    server.answer = Answer(status=204)
    assert WITHOUT_BODY[call](clients) is True


@pytest.mark.parametrize("call", WITH_BODY)
def test_only_200_with_an_object_or_nothing_means_that_a_call_was_performed(
    server: AnsweringServer, clients: Clients, call: str
) -> None:
    for answer in (Answer(HTML), Answer(b"null"), Answer(status=204), Answer(b"{}", status=202)):
        server.answer = answer
        with pytest.raises(ProviderUnavailable):
            WITH_BODY[call](clients)

    for answer in (Answer(), Answer(b"{}")):
        server.answer = answer
        assert WITH_BODY[call](clients) is True


@pytest.mark.parametrize("call", STOPS)
def test_html_ends_neither_captions_nor_a_render(
    server: AnsweringServer, clients: Clients, call: str
) -> None:
    server.answer = Answer(HTML)
    with pytest.raises(ProviderUnavailable):
        STOPS[call](clients)

    server.answer = Answer()
    STOPS[call](clients)


ALWAYS_ARCHIVED = RoomSettings(
    media_mode=MediaMode.ROUTED, archive_mode=ArchiveMode.ALWAYS, archive_name=HIDDEN
)
NAMED = StartRequest(SESSION, {"name": HIDDEN})
KNOWING: dict[str, Call] = {
    "a signal": WITHOUT_BODY["a signal"],
    "a start": lambda all_: all_.archives.start(NAMED, soon()),
    "an archive": lambda all_: all_.archives.one(MEDIA, soon()),
    "a list of archives": lambda all_: all_.archives.of_session(SESSION, soon()),
    "a stop": lambda all_: all_.archives.stop(MEDIA, soon()),
    "a deletion": WITHOUT_BODY["a deletion"],
    "a layout": WITH_BODY["an archive's layout"],
    "a stream": WITHOUT_BODY["an archive's stream"],
    "a session": lambda all_: all_.platform.create_session(ALWAYS_ARCHIVED, None, soon()),
}
"""Calls that hold the data of a signal or the name of an archive, or are about the archive."""


@pytest.mark.parametrize(
    ("status", "call"),
    [
        *((status, call) for status in (400, 403, 500) for call in KNOWING),
        *((200, call) for call in KNOWING if call != "a layout"),
    ],
)
def test_what_opentok_repeats_is_in_no_error_and_no_note(
    server: AnsweringServer, clients: Clients, status: int, call: str
) -> None:
    repeated = b'{"code":15099,"message":"Not valid: %b","name":"%b"}' % (2 * (HIDDEN.encode(),))
    server.answer = Answer(repeated, status=status)

    with pytest.raises((ProviderRefused, ProviderUnavailable)) as failed:
        KNOWING[call](clients)

    error: BaseException | None = failed.value
    assert str(failed.value.note).startswith(("POST", "GET", "DELETE", "PUT", "PATCH", "session"))
    while error is not None:
        assert HIDDEN not in f"{error!r} {vars(error)}"
        error = error.__cause__


def test_a_note_has_the_number_of_opentoks_reason(
    server: AnsweringServer, clients: Clients
) -> None:
    server.answer = Answer(b'{"code":15099,"message":"No."}', status=400)

    with pytest.raises(ProviderRefused) as failed:
        clients.archives.start(NAMED, soon())

    assert failed.value.note == "POST archive: 400 code 15099"


HUGE_ANSWERS = {
    "of a declared length": Answer(b"{}", padding=HUGE),
    "in chunks": Answer(b"{}", padding=HUGE, declared=False),
    "with an error": Answer(b"{}", padding=HUGE, status=500),
}


@pytest.mark.parametrize("kind", HUGE_ANSWERS)
def test_fifty_megabytes_of_opentoks_are_read_up_to_a_bound(kind: str) -> None:
    with answering_server(HUGE_ANSWERS[kind]) as server:
        assert_no_answer_of_opentoks(server)
    assert server.most_sent < MAX_RESPONSE_BYTES + SOCKET_BYTES


def test_an_answer_of_opentoks_counts_by_its_length_without_compression() -> None:
    body = gzip.compress(b" " * (MAX_RESPONSE_BYTES + 1))
    with answering_server(Answer(body, headers={"Content-Encoding": "gzip"})) as server:
        assert_no_answer_of_opentoks(server)


def assert_no_answer_of_opentoks(server: AnsweringServer) -> None:
    request = Request("POST", f"{server.url}/session/create", {})
    with pytest.raises(ProviderUnavailable):
        Transport().send(request, soon())
