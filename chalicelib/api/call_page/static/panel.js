// @ts-check
// People and chat, with what moderators may do.

import { element, made, onClick } from "./elements.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("./types.js").CallState} CallState */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Person} Person */
/** @typedef {import("./roomkey.js").RoomkeyRoom} RoomkeyRoom */

export class Panel {
  #people = element("people", HTMLUListElement);
  #chat = element("chat", HTMLOListElement);
  #to = element("chat-to", HTMLSelectElement);
  #text = element("chat-text", HTMLInputElement);
  #limit = element("limit", HTMLInputElement);
  /** @type {string | null} */
  #recording = null;
  #locked = false;

  /**
   * @param {RoomkeyRoom} room
   * @param {() => Call | null} call
   * @param {(error: unknown) => void} failed
   */
  constructor(room, call, failed) {
    this.#room = room;
    this.#call = call;
    this.#failed = failed;
    onClick("mute-all", () => room.muteAll(call()?.own.streams ?? []), failed);
    onClick("lock", () => this.#setLocked(!this.#locked), failed);
    onClick("record", () => this.#toggleRecording(), failed);
    element("limit-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const seats = this.#limit.value === "" ? null : Number(this.#limit.value);
      room.change({ maxParticipants: seats }).catch(failed);
    });
    element("chat-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const said = call()?.say(this.#text.value, this.#to.value || null);
      said?.then(() => {
        this.#text.value = "";
      }, failed);
    });
  }

  #room;
  #call;
  #failed;

  /** Show the settings that moderators may change. */
  async showRoom() {
    const room = await this.#room.state();
    this.#locked = room.state === "locked";
    pressed("lock", this.#locked);
    this.#limit.value = room.maxParticipants === null ? "" : String(room.maxParticipants);
  }

  /** @param {CallState} state */
  show(state) {
    const moderates = state.role === "moderator";
    this.#recording = state.recording;
    element("moderation", HTMLElement).hidden = !moderates;
    pressed("record", state.recording !== null);
    this.#people.replaceChildren(...state.people.map((each) => this.#person(each, moderates)));
    this.#offerReaders(state.people);
  }

  /** @param {Message} message */
  say({ from, to, text }) {
    const line = made("li", {}, made("b", {}, to === null ? from : `${from} to ${to}`), ` ${text}`);
    line.dataset.private = String(to !== null);
    this.#chat.append(line);
    line.scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {Person} person
   * @param {boolean} moderates
   */
  #person(person, moderates) {
    const { connectionId, name, own, userId } = person;
    const item = made("li", {}, made("span", {}, own ? `${name} (you)` : name));
    if (!moderates || own) return item;
    const streamId = this.#call()?.others.streamOf(connectionId);
    if (streamId !== undefined) item.append(this.#button("Mute", name, () => this.#room.mute(streamId)));
    item.append(this.#button("Remove", name, () => this.#room.disconnect(connectionId)));
    if (userId !== null) item.append(this.#button("Ban", name, () => this.#room.ban(userId)));
    return item;
  }

  /**
   * @param {string} title
   * @param {string} name
   * @param {() => Promise<unknown>} act
   */
  #button(title, name, act) {
    const button = made("button", { type: "button", ariaLabel: `${title} ${name}` }, title);
    button.addEventListener("click", () => act().catch(this.#failed));
    return button;
  }

  /** @param {Person[]} people */
  #offerReaders(people) {
    const chosen = this.#to.value;
    const name = this.#to.selectedOptions[0]?.textContent ?? "";
    const others = people.filter(({ own }) => !own);
    this.#to.replaceChildren(
      made("option", { value: "" }, "everybody"),
      ...others.map(({ connectionId, name }) => made("option", { value: connectionId }, name)),
    );
    if (chosen !== "" && !others.some(({ connectionId }) => connectionId === chosen)) {
      // What was meant for one person must not reach everybody.
      const left = name.endsWith(" (has left)") ? name : `${name} (has left)`;
      this.#to.append(made("option", { value: chosen }, left));
    }
    this.#to.value = chosen;
  }

  /** @param {boolean} locked */
  async #setLocked(locked) {
    await this.#room.change({ locked });
    this.#locked = locked;
    pressed("lock", locked);
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
