// @ts-check
// The page around the call. Its address says which room. `bearer.js` has kept the bearer.

import { Call } from "./call.js";
import { element, onClick } from "./elements.js";
import { Lobby } from "./lobby.js";
import { Panel, pressed } from "./panel.js";
import { Refusal, RoomkeyRoom } from "./roomkey.js";
import { deviceProblem, duration, endOf, retryAfter, sentence, stateOf } from "./sentences.js";
import { Tiles } from "./tiles.js";

const NOTICE_MS = 8_000;

const api = location.pathname.replace(/\/call\/?$/, "");
const roomName = new URLSearchParams(location.search).get("room") ?? "";
const bearer = sessionStorage.getItem("bearer") ?? "";
const room = new RoomkeyRoom(api, roomName, async () => bearer);
const tiles = new Tiles();
const lobby = new Lobby();
/** @type {Call | null} */
let call = null;
let joining = false;
let notice = 0;
let warning = 0;
let waiting = 0;
let closingTimer = 0;
const panel = new Panel(room, () => call, complain);

/** @param {"lobby" | "call" | "over"} stage */
function goTo(stage) {
  document.body.dataset.stage = stage;
}

/**
 * Show a text above the call, for a while or until the next one.
 * @param {string} text
 * @param {boolean} [stays]
 */
function tell(text, stays = false) {
  const banner = element("banner", HTMLElement);
  clearTimeout(notice);
  notice = 0;
  banner.textContent = text;
  banner.hidden = text === "";
  if (text && !stays) notice = window.setTimeout(() => tell(""), NOTICE_MS);
}

/**
 * Show an error for a while, beside what is told: a connection that is back must not hide it.
 * @param {string} text
 */
function warn(text) {
  const line = element("warning", HTMLElement);
  clearTimeout(warning);
  line.textContent = text;
  line.hidden = false;
  warning = window.setTimeout(() => (line.hidden = true), NOTICE_MS);
}

/** @param {unknown} error */
function complain(error) {
  console.warn(error);
  const { message, name } = /** @type {Error} */ (error);
  const isOfDevices = /^OT_(USER|NO_|HARD|UNSUPP|UNABLE|CONSTR)|^Not(Allowed|Found|Readable)/.test(name);
  if (error instanceof Refusal) warn(sentence(error));
  else warn(isOfDevices ? deviceProblem({ name }) : message);
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
      panel.showRoom().catch(complain);
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
    switchedTo("microphone", state.microphone, "Microphone on", "Microphone off");
    switchedTo("camera", state.camera, "Camera on", "Camera off");
    switchedTo("share", state.sharing, "Stop sharing", "Share screen");
    element("recording", HTMLElement).hidden = state.recording === null;
    const count = element("count", HTMLElement);
    count.hidden = !state.connected;
    count.textContent = `${state.people.length} in the call, ${tiles.count} seen or heard`;
    if (state.reconnecting) tell("The connection is lost. Reconnecting …", true);
    else if (state.audioBlocked) offerSound();
    else if (notice === 0) tell("");
  },
  addTile: (tile) => tiles.add(tile),
  changeTile: (id, change) => tiles.change(id, change),
  removeTile: (id) => tiles.remove(id),
  level: (id, level) => tiles.level(id, level),
  chat: (message) => panel.say(message),
  notify: (text) => tell(text),
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
    tell("");
    goTo("over");
    const title = element("over-title", HTMLElement);
    title.textContent = endOf(reason);
    title.focus();
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
  pressed(id, on);
  element(id, HTMLElement).textContent = on ? whileOn : whileOff;
}

function offerSound() {
  const banner = element("banner", HTMLElement);
  tell("Your browser keeps the sound off. ", true);
  const button = document.createElement("button");
  button.textContent = "Turn on sound";
  button.addEventListener("click", () => void call?.unblockAudio().then(() => tell("")));
  banner.append(button);
}

element("join-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void join();
});
onClick("microphone", () => call?.own.setMicrophone(!isPressed("microphone")));
onClick("camera", () => call?.own.setCamera(!isPressed("camera")));
onClick("switch-camera", () => call?.own.switchCamera(), complain);
onClick(
  "share",
  () => (isPressed("share") ? call?.stopSharing() : call?.shareScreen()),
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
function isPressed(id) {
  return element(id, HTMLElement).ariaPressed === "true";
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
  tell("The client library could not be loaded. Check the network, then load this page again.", true);
} else {
  // Only the local stand-in for OpenTok.js says something about itself.
  element("library-note", HTMLElement).textContent = Reflect.get(OT, "standIn") ?? "";
}
lobby.suggest(nameInBearer());
document.title = `${roomName} – call`;
element("room-name", HTMLElement).textContent = roomName;
void lobby.open();
showRoom().catch(complain);
