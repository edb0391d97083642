// @ts-check
// Who waits to be let in, for moderators: a list, a badge, and a sound for who comes.

import { element, made, onClick, setText } from "./elements.js";
import { KeyedList } from "./keyed_list.js";
import { arrival } from "./sentences.js";

/** @typedef {import("./roomkey.js").RoomkeyRoom} RoomkeyRoom */
/** @typedef {import("./roomkey.js").WaitingUser} WaitingUser */

const NOTES = [660, 880]; // Hertz
const NOTE_SECONDS = 0.15;
const LOUDNESS = 0.15;

export class Door {
  #list = element("waiting", HTMLUListElement);
  #badge = element("badge", HTMLElement);
  /** @type {Set<string>} Who has been announced. */
  #known = new Set();
  #looks = 0;

  /**
   * @param {RoomkeyRoom} room
   * @param {(text: string) => void} announce
   * @param {(error: unknown) => void} failed
   */
  constructor(room, announce, failed) {
    this.#room = room;
    this.#announce = announce;
    this.#failed = failed;
    this.#items = new KeyedList(
      this.#list,
      (/** @type {WaitingUser} */ user) => this.#item(user),
      () => {},
    );
    onClick("admit-all", () => this.#act(() => room.admitAll()), failed);
  }

  #room;
  #announce;
  #failed;
  #items;

  /** Ask who waits, and tell of who is new. */
  async look() {
    this.#looks += 1;
    const look = this.#looks;
    const waiting = await this.#room.waiting();
    if (look !== this.#looks) return; // A later look knows better.
    const news = waiting.filter(({ id }) => !this.#known.has(id));
    this.#known = new Set(waiting.map(({ id }) => id));
    this.#show(waiting);
    if (news.length === 0) return;
    this.#announce(arrival(news.map(nameOf)));
    chime().catch((error) => console.warn(error));
  }

  /** Nobody waits, or this user need not know. */
  close() {
    this.#looks += 1;
    this.#known.clear();
    this.#show([]);
  }

  /** @param {WaitingUser[]} waiting */
  #show(waiting) {
    const number = waiting.length;
    const door = element("door", HTMLElement);
    if (number === 0 && door.contains(document.activeElement)) {
      element("people", HTMLElement).focus();
    }
    door.hidden = number === 0;
    element("admit-all", HTMLElement).hidden = number < 2;
    this.#badge.hidden = number === 0;
    setText(/** @type {Element} */ (this.#badge.firstElementChild), String(number));
    document.title = document.title.replace(/^(\(\d+\) )?/, number === 0 ? "" : `(${number}) `);
    this.#items.show(waiting.map((user) => [user.id, user]));
  }

  /** @param {WaitingUser} user */
  #item(user) {
    const name = nameOf(user);
    const acts = made(
      "span",
      { className: "acts" },
      this.#button("Let in", name, () => this.#room.admit(user.id)),
      this.#button("Turn away", name, () => this.#room.turnAway(user.id)),
    );
    acts.firstElementChild?.classList.add("act");
    const shown = made("span", { className: "who" }, name);
    if (user.guest) shown.append(" ", made("small", {}, "guest"));
    return made("li", {}, shown, acts);
  }

  /**
   * @param {string} title
   * @param {string} name
   * @param {() => Promise<unknown>} act
   */
  #button(title, name, act) {
    const button = made("button", { type: "button", ariaLabel: `${title} ${name}` }, title);
    button.addEventListener("click", () => this.#act(act).catch(this.#failed));
    return button;
  }

  /** @param {() => Promise<unknown>} act */
  async #act(act) {
    try {
      await act();
    } finally {
      await this.look(); // Who is let in or has gone is no longer listed, whatever the answer was.
    }
  }
}

/** @param {WaitingUser} user */
function nameOf({ name, userId, guest }) {
  return name ?? (guest ? "Somebody" : userId);
}

/** Play two short notes. */
async function chime() {
  const audio = new AudioContext();
  const volume = new GainNode(audio, { gain: LOUDNESS });
  volume.connect(audio.destination);
  const ended = NOTES.map((frequency, index) => {
    const note = new OscillatorNode(audio, { frequency });
    note.connect(volume);
    note.start(index * NOTE_SECONDS);
    note.stop((index + 1) * NOTE_SECONDS);
    return new Promise((resolve) => note.addEventListener("ended", resolve));
  });
  await Promise.all(ended);
  await audio.close();
}
