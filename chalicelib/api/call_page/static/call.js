// @ts-check
// A call: from Roomkey's admission to the session, and what happens in it.

import { Others } from "./others.js";
import { OwnMedia } from "./own_media.js";
import { Participants } from "./participants.js";

/** @typedef {import("./roomkey.js").Admission} Admission */
/** @typedef {import("./roomkey.js").RoomkeyRoom} RoomkeyRoom */
/** @typedef {import("./types.js").Choice} Choice */
/** @typedef {import("./types.js").Person} Person */
/** @typedef {import("./types.js").Screen} Screen */

export class Call {
  /** @type {OT.Session | null} */
  #session = null;
  /** @type {Map<string, OT.Connection>} */
  #people = new Map();
  /** @type {string | null} */
  #ownId = null;
  #reconnecting = false;
  /** @type {string | null} */
  #recording = null;
  /** @type {Admission["role"]} */
  #role = "subscriber";

  /**
   * @param {typeof OT} library OpenTok.js.
   * @param {RoomkeyRoom} room
   * @param {Screen} screen
   * @param {Choice} choice
   */
  constructor(library, room, screen, choice) {
    this.#library = library;
    this.#room = room;
    this.#screen = screen;
    this.choice = { ...choice };
    this.own = new OwnMedia(library, screen, this.choice, () => this.#show());
    this.participants = new Participants(room, () => {
      this.others.showNames();
      this.#show();
    });
    this.others = new Others(screen, this.participants, () => this.#show());
  }

  #library;
  #room;
  #screen;

  /** Join the room. Throws a Refusal of Roomkey's, or an error of OpenTok.js. */
  async join() {
    const admission = await this.#room.admission(this.choice.name);
    try {
      await this.#connect(admission);
    } catch (error) {
      if (nameOf(error) !== "OT_AUTHENTICATION_ERROR") throw error;
      this.#room.forget(); // The token has expired, or the session behind the room is another.
      await this.#connect(await this.#room.admission(this.choice.name));
    }
  }

  async leave() {
    await this.#session?.disconnect();
  }

  async shareScreen() {
    if (this.#session !== null && !this.own.sharing) await this.own.shareScreen(this.#session);
  }

  stopSharing() {
    if (this.#session !== null) this.own.stopSharing(this.#session);
  }

  /** Play sound; browsers ask for a click in the page first. */
  async unblockAudio() {
    await this.#library.unblockAudio();
  }

  /**
   * Write to all, or to one person.
   * @param {string} text
   * @param {string | null} connectionId
   */
  async say(text, connectionId) {
    const to = connectionId === null ? null : this.#people.get(connectionId);
    if (to === undefined) throw new Error("This person has left.");
    const data = JSON.stringify({ text, private: to !== null });
    const whom = to === null ? {} : { to };
    await this.#session?.signal({ type: "chat", data, ...whom });
    if (to !== null) {
      this.#screen.chat({ from: "You", to: this.participants.of(to.data).name, text });
    }
  }

  /**
   * @param {Admission} admission
   * @returns {Promise<void>}
   */
  async #connect(admission) {
    const session = this.#library.initSession(admission.apiKey, admission.sessionId);
    this.#role = admission.role;
    this.#watchSession(session);
    this.#watchPeople(session);
    this.#watchSignals(session);
    if (this.#role !== "publisheronly") this.others.follow(session);
    await connected(session, admission.token);
    this.#session = session;
    this.#show();
    if (this.#role !== "subscriber") await this.own.publish(session);
  }

  /** @param {OT.Session} session */
  #watchSession(session) {
    session.on("sessionReconnecting", () => this.#setReconnecting(true));
    session.on("sessionReconnected", () => {
      this.#setReconnecting(false);
      this.#screen.notify("You are connected again.");
    });
    session.on("sessionDisconnected", ({ reason }) => {
      this.#session = null;
      this.own.stop();
      this.participants.stop();
      this.#people.clear();
      this.#reconnecting = false;
      this.#recording = null;
      this.#screen.ended(reason);
    });
    session.on("archiveStarted", ({ id }) => this.#setRecording(id));
    session.on("archiveStopped", () => this.#setRecording(null));
  }

  /** @param {OT.Session} session */
  #watchPeople(session) {
    session.on("connectionCreated", ({ connection }) => {
      this.#ownId = session.connection?.connectionId ?? null;
      this.#people.set(connection.connectionId, connection);
      this.#show();
    });
    session.on("connectionDestroyed", ({ connection }) => {
      this.#people.delete(connection.connectionId);
      this.#show();
    });
  }

  /** @param {OT.Session} session */
  #watchSignals(session) {
    session.on("signal:chat", ({ data, from }) => {
      const { text, only } = messageIn(data ?? "");
      const own = from?.connectionId === session.connection?.connectionId;
      const name = from === null ? "The service" : this.participants.of(from.data).name;
      this.#screen.chat({ from: own ? "You" : name, to: only ? "you" : null, text });
    });
    session.on("signal:roomkey-waiting", ({ from }) => {
      if (!from) this.#screen.waiting();
    });
    session.on("signal:roomkey-closing", ({ data, from }) => {
      if (from) return; // Only the server's signals come from nobody.
      this.#screen.closing(JSON.parse(data ?? "{}").closesAt);
    });
  }

  /** @param {boolean} reconnecting */
  #setReconnecting(reconnecting) {
    this.#reconnecting = reconnecting;
    this.#show();
  }

  /** @param {string | null} id */
  #setRecording(id) {
    this.#recording = id;
    this.#show();
  }

  /**
   * @param {OT.Connection} connection
   * @returns {Person}
   */
  #person({ connectionId, data }) {
    const own = connectionId === this.#ownId;
    return { connectionId, own, ...this.participants.of(data) };
  }

  get #publishing() {
    return this.others.publishing + Number(this.own.published || this.own.sharing);
  }

  #show() {
    this.#screen.show({
      connected: this.#session !== null,
      reconnecting: this.#reconnecting,
      role: this.#role,
      people: [...this.#people.values()].map((connection) => this.#person(connection)),
      publishing: this.#role === "publisheronly" ? null : this.#publishing,
      microphone: this.own.published && this.choice.microphone,
      camera: this.choice.videoSource === null ? null : this.own.published && this.choice.camera,
      sharing: this.own.sharing,
      audioBlocked: this.others.audioBlocked,
      recording: this.#recording,
    });
  }
}

/**
 * @param {OT.Session} session
 * @param {string} token
 * @returns {Promise<void>}
 */
function connected(session, token) {
  return new Promise((resolve, reject) => {
    session.connect(token, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Return the text of a signal; apps may send plain text, and this page says who alone reads it.
 * @param {string} data
 */
function messageIn(data) {
  try {
    const { text, private: only } = JSON.parse(data);
    return { text: String(text), only: only === true };
  } catch {
    return { text: data, only: false };
  }
}

/** @param {unknown} error */
function nameOf(error) {
  return error instanceof Object && "name" in error ? String(error.name) : "";
}
