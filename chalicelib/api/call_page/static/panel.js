// @ts-check
// People and chat, with what moderators may do.

import { Door } from "./door.js";
import { element, made, onClick, setText } from "./elements.js";
import { KeyedList } from "./keyed_list.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("./types.js").CallState} CallState */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Person} Person */
/** @typedef {{ person: Person, moderates: boolean }} Listed */
/** @typedef {[HTMLElement, HTMLElement, HTMLElement, HTMLElement]} PartsOfItem */
/** @typedef {import("./roomkey.js").RoomkeyRoom} RoomkeyRoom */

const ROOM_MS = 10_000; // So soon a moderator sees what another one has changed.

export class Panel {
  #chat = element("chat", HTMLOListElement);
  #to = element("chat-to", HTMLSelectElement);
  #text = element("chat-text", HTMLInputElement);
  #limit = element("limit", HTMLInputElement);
  #limitForm = element("limit-form", HTMLFormElement);
  /** @type {string | null} */
  #recording = null;
  #locked = false;
  #waitingRoom = false;
  #changes = 0;
  #watching = 0;

  /**
   * @param {RoomkeyRoom} room
   * @param {() => Call | null} call
   * @param {(text: string) => void} announce
   * @param {(error: unknown) => void} failed
   */
  constructor(room, call, announce, failed) {
    this.#room = room;
    this.#door = new Door(room, announce, failed);
    this.#call = call;
    this.#failed = failed;
    this.#people = new KeyedList(
      element("people", HTMLUListElement),
      (/** @type {Listed} */ { person }) => this.#item(person),
      (item, listed) => this.#update(item, listed),
    );
    this.#readers = new KeyedList(
      this.#to,
      ([value]) => made("option", { value }),
      (option, [, name]) => setText(option, name),
    );
    onClick("mute-all", () => room.muteAll(call()?.own.streams ?? []), failed);
    onClick("lock", () => this.#change({ locked: !this.#locked }), failed);
    onClick("waiting-room", () => this.#change({ waitingRoom: !this.#waitingRoom }), failed);
    onClick("record", () => this.#toggleRecording(), failed);
    this.#limitForm.addEventListener("submit", (event) => {
      event.preventDefault();
      const seats = this.#limit.value === "" ? null : Number(this.#limit.value);
      this.#change({ maxParticipants: seats }).catch(failed);
    });
    element("chat-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.#text.value;
      const said = call()?.say(text, this.#to.value || null);
      said?.then(() => {
        // The next message may be there already.
        if (this.#text.value === text) this.#text.value = "";
      }, failed);
    });
  }

  #room;
  #door;
  #call;
  #failed;
  #people;
  /** @type {KeyedList<[string, string], HTMLOptionElement>} */
  #readers;

  /** @param {CallState} state */
  show(state) {
    const moderates = state.role === "moderator";
    this.#recording = state.recording;
    element("moderation", HTMLElement).hidden = !moderates;
    element("record", HTMLElement).hidden = this.#room.invited; // It costs money: guests may not.
    element("chat-form", HTMLElement).hidden = state.role === "publisheronly"; // It may not signal.
    pressed("record", state.recording !== null);
    this.#people.show(
      state.people.map((person) => [person.connectionId, { person, moderates }]),
    );
    this.#offerReaders(state.people);
    if (moderates && this.#watching === 0) this.#watchRoom();
  }

  /** The call has ended. */
  leave() {
    clearInterval(this.#watching);
    this.#watching = 0;
    this.#people.show([]);
    this.#door.close();
  }

  /** Somebody has come to wait, or waits no longer. */
  lookAtDoor() {
    if (this.#watching !== 0) this.#door.look().catch((error) => console.warn(error));
  }

  /** @param {Message} message */
  say({ from, to, text }) {
    const line = made("li", {}, made("b", {}, to === null ? from : `${from} to ${to}`), ` ${text}`);
    line.dataset.private = String(to !== null);
    this.#chat.append(line);
    const log = /** @type {HTMLElement} */ (this.#chat.parentElement);
    log.scrollTop = log.scrollHeight; // The page itself stays where it is.
  }

  /**
   * Make the line of a person, with all that a moderator may do.
   * @param {Person} person
   */
  #item({ connectionId }) {
    const item = made("li", {}, made("span", { className: "who" }));
    const acts = made(
      "span",
      { className: "acts" },
      this.#button("Mute", () => this.#mute(connectionId)),
      this.#button("Remove", () => this.#room.disconnect(connectionId)),
      this.#button("Ban", () => this.#room.ban(item.dataset.user ?? "")),
    );
    item.append(acts);
    return item;
  }

  /**
   * @param {HTMLLIElement} item
   * @param {Listed} listed
   */
  #update(item, { person: { connectionId, name, own, userId }, moderates }) {
    const parts = /** @type {unknown} */ ([...item.querySelectorAll("span.who, button")]);
    const [label, mute, remove, ban] = /** @type {PartsOfItem} */ (parts);
    const others = moderates && !own;
    // Nobody has verified the name of a guest.
    const note = own ? " (you)" : userId?.startsWith("guest:") ? " (guest)" : "";
    setText(label, `${name}${note}`);
    // Who it is may become known later.
    item.dataset.user = userId ?? "";
    for (const button of [mute, remove, ban]) button.ariaLabel = `${button.textContent} ${name}`;
    mute.hidden = !others || this.#call()?.others.streamOf(connectionId) === undefined;
    remove.hidden = !others;
    ban.hidden = !others || userId === null;
  }

  /**
   * @param {string} title
   * @param {() => Promise<unknown>} act
   */
  #button(title, act) {
    const button = made("button", { type: "button" }, title);
    button.addEventListener("click", () => act().catch(this.#failed));
    return button;
  }

  /** @param {Person[]} people */
  #offerReaders(people) {
    const chosen = this.#to.value;
    const name = this.#to.selectedOptions[0]?.textContent ?? "";
    /** @type {[string, string][]} */
    const readers = [["", "everybody"]];
    for (const { connectionId, name, own } of people) if (!own) readers.push([connectionId, name]);
    if (!readers.some(([connectionId]) => connectionId === chosen)) {
      // What was meant for one person must not reach everybody.
      readers.push([chosen, name.endsWith(" (has left)") ? name : `${name} (has left)`]);
    }
    this.#readers.show(readers.map((each) => [each[0], each]));
    this.#to.value = chosen;
  }

  /** Show the settings that moderators may change, and what another moderator makes of them. */
  #watchRoom() {
    const look = () => {
      if (!document.hidden) this.#showRoom().catch((error) => console.warn(error));
    };
    this.#watching = window.setInterval(look, ROOM_MS);
    look();
  }

  async #showRoom() {
    const changes = this.#changes;
    const room = await this.#room.state();
    if (changes !== this.#changes) return; // This is what the room was before.
    this.#locked = room.state === "locked";
    pressed("lock", this.#locked);
    this.#waitingRoom = room.waitingRoom;
    pressed("waiting-room", this.#waitingRoom);
    if (this.#waitingRoom) this.lookAtDoor();
    else this.#door.close();
    if (this.#limitForm.contains(document.activeElement)) return; // The user is changing it.
    this.#limit.value = room.maxParticipants === null ? "" : String(room.maxParticipants);
  }

  /** @param {{ locked?: boolean, maxParticipants?: number | null, waitingRoom?: boolean }} changes */
  async #change(changes) {
    this.#changes += 1;
    await this.#room.change(changes);
    this.#changes += 1;
    if (changes.locked !== undefined) this.#locked = changes.locked;
    if (changes.waitingRoom !== undefined) this.#waitingRoom = changes.waitingRoom;
    pressed("lock", this.#locked);
    pressed("waiting-room", this.#waitingRoom);
  }

  /** @param {string} connectionId */
  async #mute(connectionId) {
    const streamId = this.#call()?.others.streamOf(connectionId);
    if (streamId !== undefined) await this.#room.mute(streamId);
  }

  async #toggleRecording() {
    if (this.#recording === null) await this.#room.record();
    else await this.#room.stopRecording(this.#recording);
  }
}

/**
 * @param {string} id
 * @param {boolean} on
 */
export function pressed(id, on) {
  element(id, HTMLElement).ariaPressed = String(on);
}
