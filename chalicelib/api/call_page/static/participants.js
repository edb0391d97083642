// @ts-check
// Who is behind a connection, also where its data has only an opaque id.

import { participantIn } from "./roomkey.js";

/** @typedef {import("./roomkey.js").RoomkeyRoom} RoomkeyRoom */
/** @typedef {{ userId: string | null, name: string }} Participant */

const MOST_AT_ONCE = 20;
const TOGETHER_MS = 50; // Those who come at the same time are asked for together.
const AGAIN_MS = 1_000; // Roomkey may not have heard yet that this user is in.
const ATTEMPTS = 10;
/** @type {Participant} */
const SOMEBODY = { userId: null, name: "Somebody" };

export class Participants {
  /** @type {Map<string, Participant>} Those who are known, by opaque id. */
  #known = new Map();
  /** @type {Map<string, number>} How often each of the others was asked for. */
  #asked = new Map();
  /** @type {Set<string>} Those to ask for next. */
  #wanted = new Set();
  /** @type {ReturnType<typeof setTimeout> | null} */
  #timer = null;

  /**
   * @param {RoomkeyRoom} room
   * @param {() => void} changed Called when somebody has become known.
   */
  constructor(room, changed) {
    this.#room = room;
    this.#changed = changed;
  }

  #room;
  #changed;

  /**
   * Return who it is, or somebody, until Roomkey has said who.
   * @param {string} connectionData
   * @returns {Participant}
   */
  of(connectionData) {
    const id = opaqueIdIn(connectionData);
    if (id === null) return participantIn(connectionData);
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    if ((this.#asked.get(id) ?? 0) < ATTEMPTS) this.#wanted.add(id);
    this.#plan(TOGETHER_MS);
    return SOMEBODY;
  }

  /** Ask for nobody any more. */
  stop() {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#wanted.clear();
  }

  /** @param {number} milliseconds */
  #plan(milliseconds) {
    if (this.#timer !== null || this.#wanted.size === 0) return;
    this.#timer = setTimeout(() => this.#ask(), milliseconds);
  }

  async #ask() {
    const ids = [...this.#wanted].slice(0, MOST_AT_ONCE);
    for (const id of ids) {
      this.#wanted.delete(id);
      this.#asked.set(id, (this.#asked.get(id) ?? 0) + 1);
    }
    try {
      const found = await this.#room.participants(ids);
      for (const id of ids) this.#known.set(id, SOMEBODY);
      for (const { id, userId, name } of found) {
        this.#known.set(id, { userId, name: name || userId });
      }
      this.#timer = null;
      this.#changed();
      this.#plan(TOGETHER_MS);
    } catch {
      for (const id of ids) if ((this.#asked.get(id) ?? 0) < ATTEMPTS) this.#wanted.add(id);
      this.#timer = null;
      this.#plan(AGAIN_MS);
    }
  }
}

/**
 * Return the opaque id that strict privacy has put in place of the user, or null.
 * @param {string} connectionData
 * @returns {string | null}
 */
function opaqueIdIn(connectionData) {
  try {
    const id = connectionData.startsWith("participant=")
      ? new URLSearchParams(connectionData).get("participant")
      : JSON.parse(connectionData).participant;
    return typeof id === "string" ? id : null;
  } catch {
    return null;
  }
}
