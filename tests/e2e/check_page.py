"""The page of `make run` in a real browser, as `make check` runs it."""

import json
import re
import shlex
import time
from collections.abc import Iterator
from typing import Any, Literal

import jwt
import pytest
import requests
from playwright.sync_api import Browser, Error, Locator, Page, expect

from local.ports import Ports
from tests.e2e.bob import bob_in_the_call
from tests.e2e.roomkey_process import Roomkey, running_roomkey
from tests.support.accessibility import violations

METHODS = {"get", "put", "post", "patch", "delete"}
JOIN = "[data-path='/rooms/{room}/tokens']"
PATHS = "elements => elements.map(element => element.dataset.path)"


class Visit:
    """A visit of the page, with the browser's complaints and the addresses it called."""

    def __init__(self, page: Page, ports: Ports) -> None:
        self.page = page
        self.ports = ports
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._note(message.type, message.text))

    @property
    def asked_elsewhere(self) -> list[str]:
        """Return the addresses that are not the stack's own."""
        own = (f"{self.ports.page_url}/", f"{self.ports.app_url}/", "data:")
        return [url for url in self.asked if not url.startswith(own)]

    def arrive(self) -> None:
        self.page.goto(self.ports.page_url)
        expect(self.page.locator("#health-summary")).not_to_have_text("Checking …")

    def unfold(self, name: str) -> None:
        self.page.get_by_role("navigation").get_by_role("link", name=name).click()

    def arrive_at_the_reference(self) -> None:
        self.arrive()
        self.unfold("API reference")
        expect(self.page.locator(".opblock-tag").first).to_be_visible()

    def open_tags(self, *tags: str) -> None:
        """Open these tags of the reference, or all."""
        for tag in self.page.locator(".opblock-tag").all():
            if not tags or tag.get_attribute("data-tag") in tags:
                tag.click()

    def rehearsal(self, title: str) -> Locator:
        heading = self.page.get_by_role("heading", name=title)
        return self.page.get_by_role("listitem").filter(has=heading)

    def width(self) -> Any:
        return self.page.evaluate("document.documentElement.scrollWidth")

    def lightness(self, scheme: Literal["light", "dark"]) -> int:
        """Return the sum of the background's red, green and blue in this scheme."""
        self.page.emulate_media(color_scheme=scheme)
        colours: list[int] = self.page.evaluate(
            "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)"
        )
        return sum(colours)

    def part(self, name: str) -> Locator:
        heading = self.page.get_by_role("heading", name=name)
        return self.page.locator("#health").get_by_role("listitem").filter(has=heading)

    def ask(self, user: str, room: str, role: str = "", *, admin: bool = False) -> None:
        """Fill in the form, and wait for the outcome."""
        form = self.page.locator("#wanted")
        form.get_by_label("User").fill(user)
        form.get_by_label("Role").select_option(role)
        form.get_by_label("Admin").set_checked(admin)
        form.get_by_label("Room", exact=True).fill(room)
        form.get_by_label("Room", exact=True).press("Enter")
        expect(self.outcome).to_have_attribute("data-state", re.compile("granted|refused"))

    @property
    def outcome(self) -> Locator:
        return self.page.locator("#outcome")

    def text(self, title: str) -> str:
        return self.page.get_by_label(title, exact=True).inner_text()

    def claims(self) -> Any:
        return json.loads(self.text("Its claims, decoded but not verified"))

    def _note(self, kind: str, text: str) -> None:
        """Note a message, but no logged refusal, which is no fault of the page."""
        refusal = text.startswith("Failed to load resource: the server responded with a status of")
        if kind in {"error", "warning"} and not refusal:
            self.complaints.append(text)


@pytest.fixture(scope="module")
def roomkey() -> Iterator[Roomkey]:
    with running_roomkey() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, roomkey: Roomkey) -> Iterator[Visit]:
    """A visit, in which the page asks nobody but the stack, and the browser never complains."""
    with browser.new_context() as context:
        visit = Visit(context.new_page(), roomkey.ports)
        yield visit
    assert visit.complaints == []
    assert visit.asked
    assert visit.asked_elsewhere == []


def test_it_reads_call_token_rehearsal_and_folded_health_and_reference(visit: Visit) -> None:
    visit.arrive()

    headings = visit.page.get_by_role("heading", level=2).all_inner_texts()
    assert headings == [
        "Call",
        "Get a token",
        "Rehearsal",
        "Attendance and usage",
        "Health",
        "API reference",
    ]
    folded = visit.page.locator("main > details:not([open])")
    assert folded.evaluate_all("folds => folds.map(fold => fold.id)") == [
        "use",
        "health",
        "reference",
    ]
    assert not [url for url in visit.asked if "renderer" in url or "openapi" in url]


def test_attendance_and_usage_are_drawn(visit: Visit) -> None:
    visit.arrive()
    visit.ask("dora", "gallery", "publisher")
    expect(visit.outcome).to_contain_text("201 Created")
    connections = f"{visit.ports.opentok_url}/sim/connections"
    requests.post(connections, json={"token": visit.text("The token")}, timeout=10)
    visit.unfold("Usage")
    note, drawn = visit.page.locator("#use-note"), visit.page.locator("#use-drawn")
    for _ in range(50):  # the callback may come a moment later
        expect(note).to_contain_text("gallery, connections")
        if "dora" in drawn.inner_text():
            break
        visit.page.get_by_role("button", name="Read again").click()
    expect(drawn.get_by_role("row", name="dora")).to_contain_text("now")
    expect(note).to_contain_text("connections in 24 hours: 1.")


def test_usage_is_drawn_although_the_room_of_the_form_does_not_exist(visit: Visit) -> None:
    visit.arrive()
    visit.page.locator("#room").fill("nowhere")
    visit.unfold("Usage")
    note, drawn = visit.page.locator("#use-note"), visit.page.locator("#use-drawn")
    expect(note).to_contain_text("Room nowhere does not exist")
    expect(note).to_contain_text("This month, all rooms: ")
    expect(drawn.get_by_role("table", name="Usage by day")).to_be_visible()


def test_every_part_is_healthy(visit: Visit) -> None:
    visit.arrive()
    visit.unfold("Health")

    expect(visit.page.locator("#health-summary")).to_have_text("Every part is healthy.")
    for name in ("The app", "OpenTok", "Identity", "AWS"):
        expect(visit.part(name)).to_contain_text("healthy")


def test_a_part_that_is_down_is_shown_as_down_until_it_is_up_again(visit: Visit) -> None:
    visit.arrive()
    visit.unfold("Health")
    fault = {"path": "jwks", "status": 503, "times": 1}
    requests.post(f"{visit.ports.opentok_url}/sim/faults", json=fault, timeout=10)

    visit.page.get_by_role("button", name="Check again").click()

    expect(visit.page.locator("#health-summary")).to_have_text("Down: 1 of 4 parts.")
    expect(visit.part("Identity")).to_contain_text("down")
    expect(visit.part("Identity")).to_contain_text("Answers 503")
    expect(visit.part("OpenTok")).to_contain_text("healthy")
    visit.page.get_by_role("button", name="Check again").click()
    expect(visit.page.locator("#health-summary")).to_have_text("Every part is healthy.")


def test_health_unfolds_by_itself_if_a_part_is_down(visit: Visit) -> None:
    fault = {"path": "jwks", "status": 503, "times": 1}
    requests.post(f"{visit.ports.opentok_url}/sim/faults", json=fault, timeout=10)

    visit.arrive()

    expect(visit.part("Identity")).to_contain_text("Answers 503")


def test_every_operation_of_the_app_is_shown(visit: Visit) -> None:
    document = requests.get(f"{visit.ports.app_url}/openapi.json", timeout=10).json()
    described = [
        (method, path)
        for path, operations in document["paths"].items()
        for method in operations
        if method in METHODS
    ]
    visit.arrive_at_the_reference()
    visit.open_tags()

    shown = visit.page.locator(".opblock-summary")
    expect(shown).to_have_count(len(described))
    paths = visit.page.locator(".opblock-summary-path").evaluate_all(PATHS)
    methods = visit.page.locator(".opblock-summary-method").all_inner_texts()
    assert sorted(zip(map(str.lower, methods), paths, strict=True)) == sorted(described)
    expect(visit.page.locator("#reference-note")).to_have_count(0)


def test_without_the_apps_document_the_page_says_so(visit: Visit) -> None:
    visit.page.route("**/openapi.json", lambda route: route.fulfill(status=404, json={}))

    visit.arrive()
    visit.unfold("API reference")

    expect(visit.page.locator("#reference-note")).to_have_text(
        f"The app's document cannot be loaded: {visit.ports.app_url}/openapi.json answers 404."
    )
    expect(visit.page.locator("#health-summary")).to_have_text("Every part is healthy.")


def test_the_form_brings_a_token_that_opens_the_session(visit: Visit) -> None:
    visit.arrive()

    visit.ask("dora", "atelier", "publisher")

    expect(visit.outcome).to_contain_text("201 Created")
    token = visit.text("The token")
    assert visit.claims() == jwt.decode(token, options={"verify_signature": False})
    assert json.loads(visit.claims()["connection_data"])["userId"] == "dora"
    assert json.loads(visit.text("The full answer"))["role"] == "publisher"
    connections = f"{visit.ports.opentok_url}/sim/connections"
    connected = requests.post(connections, json={"token": token}, timeout=10)
    assert connected.json()["role"] == "publisher"


def test_the_command_shown_asks_for_the_same(visit: Visit) -> None:
    visit.arrive()
    visit.ask("dora", "atelier", "subscriber")

    curl, *arguments = shlex.split(visit.text("The same call in a terminal"))

    assert curl == "curl"
    assert arguments[:4] == ["-sS", "-X", "POST", f"{visit.ports.app_url}/rooms/atelier/tokens"]
    assert arguments[4::2] == ["-H", "-d"]
    name, value = arguments[5].split(": ", 1)
    again = requests.post(arguments[3], arguments[7], headers={name: value}, timeout=10)
    assert (again.status_code, again.json()["role"]) == (201, "subscriber")


def test_a_refused_role_shows_the_problem_and_no_token(visit: Visit) -> None:
    visit.arrive()
    visit.ask("alice", "hers")
    visit.ask("bob", "hers", "moderator")

    expect(visit.outcome).to_contain_text("403 Forbidden")
    expect(visit.outcome).to_contain_text("role_not_allowed")
    assert set(json.loads(visit.text("The rest of the answer"))) == {"requestId"}
    expect(visit.page.get_by_label("The token", exact=True)).to_have_count(0)


def test_an_admin_moderates_the_rooms_of_others(visit: Visit) -> None:
    visit.arrive()
    visit.ask("alice", "theirs")
    visit.ask("root", "theirs", "moderator", admin=True)

    expect(visit.outcome).to_contain_text("201 Created")
    assert visit.claims()["role"] == "moderator"


def test_a_user_who_cannot_be_is_refused_with_the_reason(visit: Visit) -> None:
    visit.arrive()
    visit.ask("x" * 256, "atelier")

    expect(visit.outcome).to_contain_text("400 BAD REQUEST")
    expect(visit.outcome).to_contain_text("sub")


def test_an_app_that_cannot_be_reached_is_shown_as_such_and_not_as_a_refusal(visit: Visit) -> None:
    visit.page.route("**/rooms/*/tokens", lambda route: route.abort())
    visit.arrive()
    visit.ask("alice", "standup")

    expect(visit.outcome).to_contain_text(
        f"{visit.ports.app_url} does not answer, or does not allow this page to read the answer."
    )
    assert visit.complaints == ["Failed to load resource: net::ERR_FAILED"]
    visit.complaints.clear()


def test_what_is_typed_stays_text(visit: Visit) -> None:
    markup = "<img src=x onerror=\"document.title='taken'\">"
    visit.arrive()
    visit.ask(markup, "atelier")
    assert json.loads(visit.claims()["connection_data"])["userId"] == markup

    visit.ask("dora", f"it's {markup}")

    expect(visit.outcome).to_contain_text("422 ")
    assert visit.outcome.inner_text().count("room: ") == 1
    expect(visit.page.locator("#token img")).to_have_count(0)
    assert visit.page.title() == "Roomkey on this machine"


def test_the_reference_is_tried_out_as_the_forms_last_user(visit: Visit) -> None:
    visit.arrive_at_the_reference()
    visit.open_tags("tokens")
    operation = visit.page.locator(".opblock", has=visit.page.locator(JOIN))
    expect(operation).to_be_visible()
    visit.ask("erin", "atelier")

    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_placeholder("room").fill("atelier")
    operation.get_by_role("button", name="Execute").click()

    answer = operation.locator(".live-responses-table")
    expect(answer).to_contain_text("201")
    expect(answer).to_contain_text('"room": "atelier"')


def test_the_browser_lets_the_page_ask_nobody_else(browser: Browser, roomkey: Roomkey) -> None:
    with browser.new_context() as context:
        visit = Visit(context.new_page(), roomkey.ports)
        visit.arrive()

        with pytest.raises(Error, match="Failed to fetch"):
            visit.page.evaluate("url => fetch(url)", roomkey.ports.aws_url)

        assert any("Content Security Policy" in text for text in visit.complaints)


@pytest.mark.parametrize(
    ("title", "refusal"),
    [
        ("OpenTok refuses", "502 Bad Gateway"),
        ("The room is full", "409 Conflict"),
        ("The user is banned", "403 Forbidden"),
        ("The token has expired", "403 FORBIDDEN"),
    ],
)
def test_a_rehearsal_happens_by_a_button_and_is_undone_by_another(
    visit: Visit, title: str, refusal: str
) -> None:
    visit.arrive()
    rehearsal = visit.rehearsal(title)

    rehearsal.get_by_role("button", name="Make it happen").click()

    expect(rehearsal.get_by_role("status")).to_contain_text(refusal)
    rehearsal.get_by_role("button", name="Undo").click()
    expect(rehearsal.get_by_role("status")).to_contain_text("201 C")


def test_a_page_that_is_loaded_anew_undoes_what_happened_before(visit: Visit) -> None:
    visit.arrive()
    visit.rehearsal("OpenTok refuses").get_by_role("button", name="Make it happen").click()
    expect(visit.rehearsal("OpenTok refuses").get_by_role("status")).to_contain_text("502")

    visit.arrive()
    rehearsal = visit.rehearsal("OpenTok refuses")
    rehearsal.get_by_role("button", name="Undo").click()

    expect(rehearsal.get_by_role("status")).to_contain_text("201 Created")


def test_without_bob_in_the_call_his_network_cannot_fail(visit: Visit) -> None:
    visit.arrive()
    visit.ask("alice", "standup")
    rehearsal = visit.rehearsal("Bob loses the network")

    rehearsal.get_by_role("button", name="Make it happen").click()

    expect(rehearsal.get_by_role("status")).to_contain_text("Bob is not in the call")


def test_bobs_network_is_cut_off_by_a_button(visit: Visit) -> None:
    visit.arrive()
    rehearsal = visit.rehearsal("Bob loses the network")

    with bob_in_the_call(visit.ports) as bob:
        rehearsal.get_by_role("button", name="Make it happen").click()
        expect(rehearsal.get_by_role("status")).to_have_text("Done.")
        assert bob.is_cut_off()
        rehearsal.get_by_role("button", name="Undo").click()
        expect(rehearsal.get_by_role("status")).to_have_text("Undone.")
        assert bob.comes_back()


def test_the_stand_ins_credentials_are_shown_and_the_key_opens_it(visit: Visit) -> None:
    visit.arrive()
    visit.page.get_by_text("Use a server SDK").click()
    key, secret, application = visit.page.locator("#credentials dd code").all_inner_texts()
    private = requests.get(f"{visit.ports.page_url}/page/private.key", timeout=10).text
    now = int(time.time())
    usual = {"iat": now, "exp": now + 60, "jti": "1"}
    by_project = jwt.encode(usual | {"iss": key, "ist": "project"}, secret)
    by_application = jwt.encode(usual | {"application_id": application}, private, "RS256")

    for name, value in (
        ("X-OPENTOK-AUTH", by_project),
        ("Authorization", f"Bearer {by_application}"),
    ):
        url = f"{visit.ports.opentok_url}/session/create"
        assert requests.post(url, headers={name: value}, timeout=10).ok


@pytest.mark.parametrize("width", [375, 1280])
def test_it_fits_and_is_readable_by_all_in_the_light_and_in_the_dark(
    visit: Visit, width: int
) -> None:
    visit.page.set_viewport_size({"width": width, "height": 740})
    visit.arrive()
    visit.ask("alice", "standup")
    visit.rehearsal("The room is full").get_by_role("button", name="Make it happen").click()
    visit.page.get_by_text("Use a server SDK").click()
    visit.unfold("Usage")
    expect(visit.page.locator("#use-note")).to_contain_text("standup, connections")
    visit.unfold("Health")

    assert violations(visit.page) == []
    assert visit.width() == width
    assert visit.lightness("light") > 3 * 128 > visit.lightness("dark")


def test_the_reference_is_short_and_readable_by_all(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 375, "height": 740})
    visit.arrive_at_the_reference()

    assert visit.page.locator("#reference").evaluate("fold => fold.scrollHeight") < 2000
    assert visit.width() == 375
    visit.open_tags("rooms", "tokens")
    operation = visit.page.locator(".opblock", has=visit.page.locator(JOIN))
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    expect(operation.get_by_role("button", name="Execute")).to_be_visible()
    assert violations(visit.page) == []
