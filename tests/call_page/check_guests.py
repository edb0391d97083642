"""Guests on the call page: from the link to pixels, by way of the waiting room."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Request, expect

from tests.call_page.person import People, Person
from tests.e2e.roomkey_process import Roomkey, soon

ASKED_AGAIN = 12_000
"""The milliseconds within which the page of somebody who waits has asked again, and shows it."""
WAITS = "The host will let you in soon"
COUNTS_NOTES = """
window.notes = 0;
const { start } = OscillatorNode.prototype;
OscillatorNode.prototype.start = function (...when) {
  window.notes += 1;
  start.apply(this, when);
};
"""
GRANTED = ["camera", "microphone", "clipboard-read", "clipboard-write"]
"""With two of them only, Chromium would take the camera away again."""
KEEPS_NOTHING = """
for (const name of ["localStorage", "sessionStorage"]) {
  const get = () => { throw new DOMException("denied", "SecurityError"); };
  Object.defineProperty(window, name, { get });
}
"""
ASKS_FOR_THE_CAMERA = """
const { mediaDevices } = navigator;
const capture = mediaDevices.getUserMedia.bind(mediaDevices);
window.asked = 0;
mediaDevices.getUserMedia = (wanted) => {
  if (!window.undecided) return capture(wanted);
  window.asked += 1;
  return new Promise(() => {});
};
"""
"""Once `undecided` is set, the browser's question about the camera stays unanswered."""
KEPT = "JSON.stringify(localStorage) + location.href + document.referrer"


def readable(*persons: Person) -> None:
    for person in persons:
        found = Axe().run(person.page).response["violations"]
        assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []
        assert not person.must_scroll_sideways


def link_from(host: Person, *, uses: str) -> str:
    """Have the host make a link, and return it."""
    host.button("Invite a guest").click()
    host.page.get_by_label("Good for").select_option(label=uses)
    host.button("Make a link").click()
    expect(host.page.locator("#link-code svg")).to_be_visible()
    return host.page.get_by_label("Link", exact=True).input_value()


def copied_by(host: Person) -> str:
    """Return what the host's clipboard has once the link is copied."""
    host.page.context.grant_permissions(GRANTED)
    host.button("Copy the link").click()
    expect(host.page.locator("#inviting-status")).to_have_text("The link is copied.")
    text: str = host.page.evaluate("navigator.clipboard.readText()")
    return text


def comes(guest: Person, link: str, name: str) -> None:
    guest.page.goto(link)
    guest.asks_to_join(name)


def without_secrets(request: Request) -> str:
    """Return what servers learn of a request by its first line and its referrer."""
    # Playwright shows the fragment too, which browsers keep to themselves.
    return request.url.partition("#")[0] + request.headers.get("referer", "")


def waits(guest: Person, place: str) -> None:
    expect(guest.page.locator("#lobby-title")).to_have_text(WAITS)
    expect(guest.page.locator("#room-state")).to_have_text(place, timeout=ASKED_AGAIN)


def ends(guest: Person, title: str) -> None:
    expect(guest.page.locator("#over-title")).to_have_text(title, timeout=ASKED_AGAIN)


def test_guests_come_from_a_link_to_pixels_when_the_host_lets_them_in(
    people: People, roomkey: Roomkey
) -> None:
    alice = people.person("alice", width=375)
    bea, carl = people.person("bea", width=375), people.person("carl")
    asked: list[str] = []
    bea.page.on("request", lambda request: asked.append(without_secrets(request)))
    alice.page.add_init_script(COUNTS_NOTES)
    alice.asks("PUT", "/rooms/practice", {"waitingRoom": True, "maxParticipants": 2})
    alice.joins("practice", "Alice")

    link = link_from(alice, uses="Everybody who has it")
    readable(alice)
    assert copied_by(alice) == link
    alice.button("Close").click()

    comes(bea, link, "Bea")
    waits(bea, "You are next.")
    comes(carl, link, "Carl")
    waits(carl, "One person is before you.")
    code = link.partition("invitation=")[2]
    assert len(code) == len("x" * 27)
    assert code not in bea.page.evaluate(KEPT)
    bea.page.reload()
    waits(bea, "You are next.")
    readable(bea, carl)

    expect(alice.page.locator("#waiting li")).to_have_count(2, timeout=ASKED_AGAIN)
    expect(alice.button("People and chat 2 waiting")).to_be_visible()
    assert alice.page.title() == "(2) practice \N{EN DASH} call"
    assert alice.page.evaluate("window.notes") > 0
    readable(alice)

    alice.button("Let in Bea").click()
    expect(bea.page.locator("body")).to_have_attribute("data-stage", "call", timeout=ASKED_AGAIN)
    assert alice.sees("Bea") > 0
    assert bea.sees("Alice") > 0
    expect(bea.button("Invite a guest")).to_be_hidden()
    expect(alice.page.locator("#people")).to_contain_text("Bea (guest)")

    alice.button("Let in Carl").click()
    alice.is_warned("This room is full.")
    waits(carl, "You are next.")
    alice.button("Turn away Carl").click()
    ends(carl, "The host did not let you in.")
    expect(alice.page.locator("#door")).to_be_hidden()
    readable(carl)

    alice.button("Invite a guest").click()
    alice.page.locator("#links").get_by_role("button").click()
    ends(bea, "You were taken out of the room.")
    bea.button("Join again").click()
    bea.button("Join").click()
    ends(bea, "This link is no longer good.")
    expect(bea.button("Join again")).to_be_hidden()
    readable(bea)
    assert any("/invitations/tokens" in each for each in asked)
    assert not [each for each in asked if code in each]
    assert code not in roomkey.output


def test_a_host_without_an_account_lets_a_guest_in(people: People) -> None:
    alice, host, guest = (people.person(each) for each in ("alice", "host", "guest"))
    alice.asks("PUT", "/rooms/lesson", {"waitingRoom": True})
    made = alice.asks("POST", "/rooms/lesson/invitations", {"role": "moderator", "maxUses": 1})

    comes(host, made["url"], "Teacher")
    host.is_in()
    expect(host.button("Record")).to_be_hidden()
    host.button("Lock the room").click()
    expect(host.button("Lock the room")).to_have_attribute("aria-pressed", "true")
    host.button("Lock the room").click()
    expect(host.button("Lock the room")).to_have_attribute("aria-pressed", "false")
    link = link_from(host, uses="One person")
    expect(host.page.get_by_label("Comes as a host")).to_be_hidden()
    links = host.page.locator("#links")
    expect(links).to_contain_text("A host: 1 of 1 came.")
    expect(links.get_by_role("button", name="End")).to_have_count(1)  # of the guest's link alone
    host.button("Close").click()

    comes(guest, link, "Pupil")
    waits(guest, "You are next.")
    host.button("Let in Pupil").click()
    expect(guest.page.locator("body")).to_have_attribute("data-stage", "call", timeout=ASKED_AGAIN)
    assert guest.sees("Teacher") > 0
    guest.page.reload()  # The same device is the same guest: the only use is not taken twice.
    guest.asks_to_join("Pupil")
    guest.is_in()


def test_a_browser_that_keeps_nothing_and_a_lost_answer_cost_no_place(people: People) -> None:
    alice, bea, carl = (people.person(each) for each in ("alice", "bea", "carl"))
    alice.asks("PUT", "/rooms/clinic", {"waitingRoom": True})
    made = alice.asks("POST", "/rooms/clinic/invitations", {})
    bea.page.add_init_script(KEEPS_NOTHING)
    asked: list[str] = []
    bea.page.on("request", lambda request: asked.append(request.url))

    bea.page.goto(made["url"])
    bea.reads("Your browser keeps nothing for this page")
    assert "#" not in bea.page.url
    bea.asks_to_join("   ")
    bea.reads("Please give your name")
    expect(bea.page.get_by_label("Your name")).to_be_focused()
    assert not [each for each in asked if "/tokens" in each]
    bea.asks_to_join("Bea")
    waits(bea, "You are next.")
    comes(carl, made["url"], "Carl")
    waits(carl, "One person is before you.")

    bea.page.route("**/invitations/tokens", lambda route: route.abort(), times=1)
    waits(bea, "The service cannot be reached. Asking again.")
    waits(bea, "You are next.")
    listed = alice.asks("GET", "/rooms/clinic/waiting")["items"]
    assert [each["name"] for each in listed] == ["Bea", "Carl"]
    assert len(bea.complaints) == 1
    assert "net::ERR_FAILED" in bea.complaints.pop()


def test_who_is_taken_out_while_the_browser_asks_for_the_camera_may_join_again(
    people: People,
) -> None:
    alice, bea = people.person("alice"), people.person("bea")
    bea.page.add_init_script(ASKS_FOR_THE_CAMERA)
    alice.asks("PUT", "/rooms/quick", {"waitingRoom": True})
    made = alice.asks("POST", "/rooms/quick/invitations", {})
    comes(bea, made["url"], "Bea")
    waits(bea, "You are next.")
    bea.page.evaluate("window.undecided = true")

    alice.asks("POST", "/rooms/quick/waiting/admissions")
    assert soon(lambda: bea.page.evaluate("window.asked"))  # She is in, and publishes.
    assert soon(lambda: alice.asks("GET", "/rooms/quick/connections")["items"])
    (connection,) = alice.asks("GET", "/rooms/quick/connections")["items"]
    alice.asks("DELETE", f"/rooms/quick/connections/{connection['id']}")
    ends(bea, "You were taken out of the room.")

    bea.button("Join again").click()
    bea.button("Join").click()
    waits(bea, "You are next.")
