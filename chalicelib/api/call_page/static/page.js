// @ts-check
// The page around the call. Its address says which room. `bearer.js` has kept the bearer.

import { Call } from "./call.js";
import { element, onClick, setText } from "./elements.js";
import { InvitedRoom } from "./invited_room.js";
import { Inviting } from "./inviting.js";
import { device, tab } from "./kept.js";
import { Lobby } from "./lobby.js";
import { Notices } from "./notices.js";
import { Panel } from "./panel.js";
import { Refusal, RoomkeyRoom } from "./roomkey.js";
import {
  complaint,
  counts,
  duration,
  endOf,
  nameProblem,
  retryAfter,
  sentence,
  stateOf,
  waitingPause,
  wayOut,
} from "./sentences.js";
import { Tiles } from "./tiles.js";
import { WaitingLine } from "./waiting_line.js";

/** What gets the focus where a stage begins; what had it is hidden then. */
const BEGINNINGS = { lobby: "lobby-title", call: "stage", over: "over-title" };

const WARNED_MS = 120_000; // Rooms are warned two minutes before they close.

const api = location.pathname.replace(/\/call\/?$/, "");
const bearer = tab.getItem("bearer") ?? "";
const code = tab.getItem("invitation");
const room = code === null ? signedInRoom() : new InvitedRoom(api, code, device);
const tiles = new Tiles();
const lobby = new Lobby();
/** @type {Call | null} */
let call = null;
let countdown = 0;
let turn = 0; // Who stops waiting, or whose call has ended, hears nothing more of what was asked before.
let joining = -1; // The turn whose join is under way.
let closingTimer = 0;
const notices = new Notices(async () => call?.unblockAudio());
const panel = new Panel(room, () => call, (text) => notices.tell(text), complain);
const waitingLine = new WaitingLine();
const inviting = new Inviting(room, location.origin + location.pathname);

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

function signedInRoom() {
  const name = new URLSearchParams(location.search).get("room") ?? "";
  return new RoomkeyRoom(api, name, async () => bearer);
}

async function showRoom() {
  const state = element("room-state", HTMLElement);
  if (room.invited) {
    const invited = "You are invited. Give your name, and join.";
    state.textContent = device.lasts
      ? invited
      : `${invited} Your browser keeps nothing for this page: loaded again, it does not know you.`;
    return;
  }
  try {
    state.textContent = stateOf(await room.state());
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const isNew = error.code === "room_not_found";
    state.textContent = isNew ? "This room is new: it opens as you join." : sentence(error);
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
  if (joining === turn) return; // A double click.
  const mine = turn;
  joining = mine;
  clearInterval(countdown);
  const state = element("room-state", HTMLElement);
  if (waitingLine.waitsAs === null) state.textContent = "Joining …";
  try {
    // Until the user is admitted, the lobby keeps the devices.
    const { role } = await room.admission(choice?.name ?? lobby.name);
    if (mine !== turn) return;
    waitingLine.leave(); // Whatever becomes of the call, the next join begins anew.
    state.textContent = "Joining …";
    showName();
    const chosen = lobby.chosen();
    call = new Call(OT, room, screen, choice ?? chosen);
    await call.join();
    if (mine !== turn) return; // It has ended already.
    lobby.close();
    goTo("call");
    if (!room.invited || role === "moderator") {
      showClosing().catch((error) => console.warn(error));
    }
  } catch (error) {
    if (mine !== turn) return;
    call = null;
    refuse(error);
  } finally {
    if (joining === mine) joining = -1;
  }
}

/**
 * Say why one cannot join; ask again by itself where waiting may help.
 * @param {unknown} error
 */
function refuse(error) {
  goTo("lobby");
  if (!lobby.isOpen) void lobby.open();
  if (error instanceof Refusal) {
    const pause = waitingPause(error, waitingLine.waitsAs !== null);
    if (pause !== null) {
      waitingLine.wait(error, pause, lobby.name, () => void join());
      return;
    }
  }
  waitingLine.leave();
  const state = element("room-state", HTMLElement);
  if (!(error instanceof Refusal)) {
    console.warn(error);
    state.textContent = "The call could not be connected. Please try again.";
    return;
  }
  if (wayOut(error.code) !== "") {
    turnBack(error);
    return;
  }
  const seconds = retryAfter(error);
  if (seconds === null) {
    state.textContent = sentence(error);
    return;
  }
  const until = Date.now() + seconds * 1000;
  const countDown = () => {
    const left = (until - Date.now()) / 1000;
    state.textContent = `${sentence(error)} Asking again in ${duration(left)}.`;
    if (left <= 0) void join();
  };
  countdown = window.setInterval(countDown, 1000);
  countDown();
}

/**
 * Say that this way into the room has ended.
 * @param {Refusal} refusal
 */
function turnBack(refusal) {
  lobby.chosen(); // The devices are free.
  endWith(sentence(refusal), wayOut(refusal.code));
  element("again", HTMLElement).hidden = refusal.code === "invitation_invalid";
}

/**
 * @param {string} title
 * @param {string} [note]
 */
function endWith(title, note = "") {
  setText(element("over-title", HTMLElement), title);
  setText(element("over-note", HTMLElement), note);
  element("again", HTMLElement).hidden = false;
  goTo("over");
}

/** A guest learns the room's name with the admission. */
function showName() {
  document.title = room.name === "" ? "Call" : `${room.name} – call`;
  element("room-name", HTMLElement).textContent = room.name === "" ? "Call" : room.name;
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
  waiting: () => panel.lookAtDoor(),
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
    turn += 1;
    clearInterval(closingTimer);
    for (const id of ["closing", "count", "recording"]) element(id, HTMLElement).hidden = true;
    if (reason !== "networkDisconnected") room.forget(); // Roomkey says whether one may come back.
    tiles.clear();
    panel.leave();
    inviting.close();
    notices.clear();
    endWith(endOf(reason));
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
  const problem = nameProblem(lobby.name, room.invited);
  if (problem === "") {
    void join();
    return;
  }
  clearInterval(countdown);
  setText(element("room-state", HTMLElement), problem);
  lobby.askForName();
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
onClick("stop-waiting", () => {
  turn += 1;
  waitingLine.leave();
  return showRoom();
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
const { waitsAs } = waitingLine;
if (room.invited) lobby.requireName();
else lobby.suggest(nameInBearer());
lobby.name = waitsAs ?? "";
showName();
void lobby.open();
if (waitsAs === null) showRoom().catch(complain);
else void join();
