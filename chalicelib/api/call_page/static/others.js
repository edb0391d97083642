// @ts-check
// The others: their streams, seen and heard here.

/** @typedef {import("./participants.js").Participants} Participants */
/** @typedef {import("./types.js").Screen} Screen */

const CAMERA_OFF = "The camera is off";

export class Others {
  /** @type {Map<string, string>} The stream of each camera, by connection. */
  #streams = new Map();
  /** @type {Map<string, OT.Stream>} */
  #shown = new Map();
  /** @type {Set<OT.Subscriber>} */
  #blocked = new Set();

  /**
   * @param {Screen} screen
   * @param {Participants} participants
   * @param {() => void} changed
   */
  constructor(screen, participants, changed) {
    this.#screen = screen;
    this.#participants = participants;
    this.#changed = changed;
  }

  #screen;
  #participants;
  #changed;

  /** True while the browser keeps sound off until a click. */
  get audioBlocked() {
    return this.#blocked.size > 0;
  }

  /** How many of the others publish something. */
  get publishing() {
    return new Set([...this.#shown.values()].map((each) => each.connection.connectionId)).size;
  }

  /** @param {string} connectionId */
  streamOf(connectionId) {
    return this.#streams.get(connectionId);
  }

  /**
   * Subscribe to each stream of the session from now on.
   * @param {OT.Session} session
   */
  follow(session) {
    session.on("streamCreated", ({ stream }) => this.#subscribe(session, stream));
    session.on("streamDestroyed", ({ stream }) => {
      const { connectionId } = stream.connection;
      this.#shown.delete(stream.streamId);
      if (this.#streams.get(connectionId) === stream.streamId) this.#streams.delete(connectionId);
      this.#screen.removeTile(stream.streamId);
      this.#changed();
    });
    session.on("streamPropertyChanged", (event) => {
      if (event.changedProperty === "hasAudio") {
        this.#screen.changeTile(event.stream.streamId, { audio: event.newValue });
      }
    });
  }

  /**
   * @param {OT.Session} session
   * @param {OT.Stream} stream
   */
  #subscribe(session, stream) {
    const id = stream.streamId;
    this.#addTile(stream);
    const options = { insertDefaultUI: false };
    /** @param {string} note */
    const note = (note) => this.#screen.changeTile(id, { note });
    const subscriber = session.subscribe(stream, undefined, options, (error) => {
      if (error) note("Cannot be seen or heard");
      else note(stream.hasVideo ? "" : CAMERA_OFF);
    });
    subscriber.on("videoElementCreated", ({ element }) => {
      this.#screen.changeTile(id, { video: element });
    });
    subscriber.on("connected", () => note(stream.hasVideo ? "" : CAMERA_OFF));
    subscriber.on("disconnected", () => note("Reconnecting …"));
    subscriber.on("videoEnabled", () => note(""));
    subscriber.on("videoDisabled", ({ reason }) => {
      note(reason === "quality" ? "The network is too slow for video" : CAMERA_OFF);
    });
    subscriber.on("audioLevelUpdated", ({ audioLevel }) => this.#screen.level(id, audioLevel));
    subscriber.on("audioBlocked", () => {
      this.#blocked.add(subscriber);
      this.#changed();
    });
    subscriber.on("audioUnblocked", () => this.#unblocked(subscriber));
    subscriber.on("destroyed", () => this.#unblocked(subscriber));
    this.#changed();
  }

  /** Show the names anew: Roomkey has said who somebody is. */
  showNames() {
    for (const [id, stream] of this.#shown) {
      this.#screen.changeTile(id, { name: this.#nameOf(stream) });
    }
  }

  /** @param {OT.Stream} stream */
  #nameOf({ connection, videoType }) {
    const { name } = this.#participants.of(connection.data);
    return videoType === "screen" ? `${name}: screen` : name;
  }

  /** @param {OT.Stream} stream */
  #addTile(stream) {
    const { streamId, connection, videoType, hasAudio } = stream;
    const screen = videoType === "screen";
    this.#shown.set(streamId, stream);
    if (!screen) this.#streams.set(connection.connectionId, streamId);
    this.#screen.addTile({
      id: streamId,
      name: this.#nameOf(stream),
      own: false,
      video: null,
      audio: screen || hasAudio,
      note: "Connecting …",
    });
  }

  /** @param {OT.Subscriber} subscriber */
  #unblocked(subscriber) {
    if (this.#blocked.delete(subscriber)) this.#changed();
  }
}
