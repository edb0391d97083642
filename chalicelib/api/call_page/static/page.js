// @ts-check
// The page around the call. Its address says which room. `bearer.js` has kept the bearer.

import { Call } from "./call.js";
import { element, onClick, setText } from "./elements.js";
import { Lobby } from "./lobby.js";
import { Notices } from "./notices.js";
import { Panel } from "./panel.js";
import { Refusal, RoomkeyRoom } from "./roomkey.js";
import { complaint, counts, duration, endOf, retryAfter, sentence, stateOf } from "./sentences.js";
import { Tiles } from "./tiles.js";

/** What gets the focus where a stage begins; what had it is hidden then. */
const BEGINNINGS = { lobby: "lobby-title", call: "stage", over: "over-title" };

const WARNED_MS = 120_000; // Rooms are warned two minutes before they close.

const api = location.pathname.replace(/\/call\/?$/, "");
const roomName = new URLSearchParams(location.search).get("room") ?? "";
const bearer = sessionStorage.getItem("bearer") ?? "";
const room = new RoomkeyRoom(api, roomName, async () => bearer);
const tiles = new Tiles();
const lobby = new Lobby();
/** @type {Call | null} */
let call = null;
let joining = false;
let waiting = 0;
let closingTimer = 0;
const notices = new Notices(async () => call?.unblockAudio());
const panel = new Panel(room, () => call, complain);

/** @param {"lobby" | "call" | "over"} stage */
function goTo(stage) {
  const changes = document.body.dataset.stage !== stage;
  document.body.dataset.stage = stage;
  if (changes) element(BEGINNINGS[stage], HTMLElement).focus();
}

/** @param {unknown} error */
function complain(error) {
  console.warn(error);
  notices.warn(complaint(error));
}

async function showRoom() {
  const line = element("room-state", HTMLElement);
  try {
    line.textContent = stateOf(await room.state());
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const isNew = error.code === "room_not_found";
    line.textContent = isNew ? "This room is new: it opens as you join." : sentence(error);
  }
}

/** The room's warning is sent once: who joins after it must read the room itself. */
async function showClosing() {
  const { closesAt } = await room.state();
  const soon = closesAt !== null && Date.parse(closesAt) - Date.now() < WARNED_MS;
  if (soon && call !== null) screen.closing(closesAt);
}

/** @param {import("./types.js").Choice} [choice] Of the call before, where the network was lost. */
async function join(choice) {
  if (joining) return; // A double click.
  joining = true;
  clearInterval(waiting);
  element("room-state", HTMLElement).textContent = "Joining …";
  const chosen = lobby.chosen();
  try {
    call = new Call(OT, room, screen, choice ?? chosen);
    await call.join();
    lobby.close();
    if (call !== null) {
      goTo("call");
      showClosing().catch((error) => console.warn(error));
    }
  } catch (error) {
    call = null;
    refuse(error);
  } finally {
    joining = false;
  }
}

/**
 * Say why one cannot join; ask again by itself where waiting may help.
 * @param {unknown} error
 */
function refuse(error) {
  goTo("lobby");
  void lobby.open();
  const line = element("room-state", HTMLElement);
  if (!(error instanceof Refusal)) {
    console.warn(error);
    line.textContent = "The call could not be connected. Please try again.";
    return;
  }
  const seconds = retryAfter(error);
  if (seconds === null) {
    line.textContent = sentence(error);
    return;
  }
  const until = Date.now() + seconds * 1000;
  const countDown = () => {
    const left = (until - Date.now()) / 1000;
    line.textContent = `${sentence(error)} Asking again in ${duration(left)}.`;
    if (left <= 0) void join();
  };
  waiting = window.setInterval(countDown, 1000);
  countDown();
}

/** @type {import("./types.js").Screen} */
const screen = {
  show: (state) => {
    if (state.connected) panel.show(state);
    const publishes = state.role !== "subscriber";
    for (const id of ["microphone", "camera", "switch-camera", "share"]) {
      element(id, HTMLElement).hidden = !publishes;
    }
    for (const id of ["camera", "switch-camera"]) {
      if (state.camera === null) element(id, HTMLElement).hidden = true;
    }
    switchedTo("microphone", state.microphone, "Microphone on", "Microphone off");
    switchedTo("camera", state.camera === true, "Camera on", "Camera off");
    switchedTo("share", state.sharing, "Stop sharing", "Share screen");
    element("recording", HTMLElement).hidden = state.recording === null;
    const count = element("count", HTMLElement);
    count.hidden = !state.connected;
    setText(count, counts(state.people.length, state.publishing));
    notices.show(state);
  },
  addTile: (tile) => tiles.add(tile),
  changeTile: (id, change) => tiles.change(id, change),
  removeTile: (id) => tiles.remove(id),
  level: (id, level) => tiles.level(id, level),
  chat: (message) => panel.say(message),
  notify: (text) => notices.tell(text),
  closing: (closesAt) => {
    clearInterval(closingTimer);
    const line = element("closing", HTMLElement);
    const countDown = () => {
      line.textContent = `Closes in ${duration((Date.parse(closesAt) - Date.now()) / 1000)}`;
    };
    line.hidden = false;
    closingTimer = window.setInterval(countDown, 1000);
    countDown();
  },
  ended: (reason) => {
    const choice = call?.choice;
    call = null;
    clearInterval(closingTimer);
    for (const id of ["closing", "count", "recording"]) element(id, HTMLElement).hidden = true;
    if (reason !== "networkDisconnected") room.forget(); // Roomkey says whether one may come back.
    tiles.clear();
    panel.leave();
    notices.clear();
    setText(element("over-title", HTMLElement), endOf(reason));
    goTo("over");
    if (reason === "networkDisconnected") void join(choice);
  },
};

/**
 * @param {string} id
 * @param {boolean} on
 * @param {string} whileOn
 * @param {string} whileOff
 */
function switchedTo(id, on, whileOn, whileOff) {
  const button = element(id, HTMLElement);
  button.dataset.on = String(on);
  setText(button, on ? whileOn : whileOff);
}

element("join-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void join();
});
onClick("microphone", () => call?.own.setMicrophone(!isOn("microphone")), complain);
onClick("camera", () => call?.own.setCamera(!isOn("camera")), complain);
onClick("switch-camera", () => call?.own.switchCamera(), complain);
onClick(
  "share",
  () => (isOn("share") ? call?.stopSharing() : call?.shareScreen()),
  complain,
);
onClick("leave", () => call?.leave());
onClick("open-panel", () => {
  const open = document.body.dataset.panel !== "closed";
  document.body.dataset.panel = open ? "closed" : "open";
  element("open-panel", HTMLElement).ariaExpanded = String(!open);
});
onClick("again", () => {
  goTo("lobby");
  void lobby.open();
  return showRoom();
});

/** @param {string} id */
function isOn(id) {
  return element(id, HTMLElement).dataset.on === "true";
}

/** Return the name in the bearer, which Roomkey shows to the others. */
function nameInBearer() {
  try {
    const part = (bearer.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
    const { name, sub } = JSON.parse(new TextDecoder().decode(bytes));
    return String(name ?? sub ?? "");
  } catch {
    return "";
  }
}

if (typeof OT === "undefined") {
  notices.fail("The client library could not be loaded. Check the network, then load this page again.");
} else {
  // Only the local stand-in for OpenTok.js says something about itself.
  element("library-note", HTMLElement).textContent = Reflect.get(OT, "standIn") ?? "";
}
lobby.suggest(nameInBearer());
document.title = `${roomName} – call`;
element("room-name", HTMLElement).textContent = roomName;
void lobby.open();
showRoom().catch(complain);
