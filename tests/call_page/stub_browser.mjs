// As much of a browser as the local client library needs, under Node: sockets, WebRTC and devices
// that do what a test tells them.

import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";

class Listeners {
  #listeners = [];

  addEventListener(name, listener) {
    this.#listeners.push({ name, listener });
  }

  removeEventListener(name, listener) {
    this.#listeners = this.#listeners.filter(
      (each) => each.name !== name || each.listener !== listener,
    );
  }

  dispatch(name, event = {}) {
    for (const each of [...this.#listeners]) if (each.name === name) each.listener(event);
  }
}

class Track extends Listeners {
  enabled = true;
  stopped = false;

  constructor(kind, deviceId = `${kind}-1`) {
    super();
    this.kind = kind;
    this.deviceId = deviceId;
  }

  getSettings() {
    return { deviceId: this.deviceId, width: 640, height: 480 };
  }

  stop() {
    this.stopped = true;
  }
}

class Media {
  #tracks;

  constructor(tracks = []) {
    this.#tracks = [...tracks];
  }

  getTracks() {
    return this.#tracks;
  }

  addTrack(track) {
    this.#tracks.push(track);
  }

  removeTrack(track) {
    this.#tracks.splice(this.#tracks.indexOf(track), 1);
  }
}

class Element {
  style = {};
  classList = { add: () => {} };
  children = [];

  append(child) {
    this.children.push(child);
  }

  replaceChildren() {
    this.children = [];
  }

  remove() {
    this.removed = true;
  }

  async play() {}
}

/** Let promises that can settle do so. */
export async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** Load the library into a page of its own. */
export function openPage() {
  const page = new Listeners();
  const sockets = [];
  const peers = [];
  const tracks = [];
  const reported = [];

  class Socket extends Listeners {
    static OPEN = 1;
    readyState = 0;
    sent = [];

    constructor() {
      super();
      sockets.push(this);
    }

    /** The stand-in takes the connection. */
    opens() {
      this.readyState = Socket.OPEN;
      this.dispatch("open");
    }

    says(message) {
      this.dispatch("message", { data: JSON.stringify(message) });
    }

    breaks(code = 1006) {
      this.readyState = 3;
      this.dispatch("close", { code });
    }

    send(text) {
      this.sent.push(JSON.parse(text));
    }

    close() {
      this.breaks(1000);
    }
  }

  class Peer extends Listeners {
    connectionState = "new";
    signalingState = "stable";
    localDescription = null;
    remoteDescription = null;

    constructor() {
      super();
      peers.push(this);
    }

    addTrack() {}

    getSenders() {
      return [];
    }

    async setLocalDescription() {
      await Promise.resolve();
      if (this.signalingState === "closed") throw new Error("InvalidStateError");
      this.localDescription = { type: "offer" };
    }

    async setRemoteDescription(description) {
      await Promise.resolve();
      if (this.signalingState === "closed") throw new Error("InvalidStateError");
      this.remoteDescription = description;
    }

    async getStats() {
      return new Map();
    }

    close() {
      this.signalingState = "closed";
    }
  }

  const capture = async ({ audio, video }) => {
    const made = [audio && new Track("audio"), video && new Track("video")].filter(Boolean);
    tracks.push(...made);
    return new Media(made);
  };
  const context = createContext({
    AudioContext: class {
      createAnalyser() {
        return { fftSize: 8, getFloatTimeDomainData: () => {} };
      }

      createMediaStreamSource() {
        return { connect: () => {} };
      }

      async close() {}
    },
    MediaStream: Media,
    MediaStreamTrack: Track,
    RTCPeerConnection: Peer,
    URL,
    WebSocket: Socket,
    addEventListener: (...given) => page.addEventListener(...given),
    clearInterval: (timer) => clearInterval(timer),
    console,
    crypto,
    document: {
      body: new Element(),
      createElement: () => new Element(),
      currentScript: { src: "http://stand-in.test/client/opentok.js" },
      getElementById: () => null,
    },
    navigator: {
      mediaDevices: {
        enumerateDevices: async () => [],
        getDisplayMedia: capture,
        getUserMedia: capture,
      },
    },
    queueMicrotask,
    removeEventListener: (...given) => page.removeEventListener(...given),
    reportError: (error) => reported.push(error),
    setInterval: (...given) => setInterval(...given).unref(), // A test that fails must end, too.
    setTimeout: (...given) => setTimeout(...given),
  });
  context.window = context;
  context.Date = Date; // Tests set its clock.
  runInContext(readFileSync(process.env.CLIENT_LIBRARY, "utf8"), context);
  return { OT: context.OT, page, peers, reported, sockets, tracks };
}

/** Connect a session; returns it, and what the page heard of its end and its network. */
export async function connectedPage(welcome = {}) {
  const page = openPage();
  const session = page.OT.initSession("1", "session-1");
  const heard = [];
  for (const name of ["sessionReconnecting", "sessionReconnected", "sessionDisconnected"]) {
    session.on(name, ({ reason }) => heard.push(reason ?? name));
  }
  const connecting = session.connect.promise("token");
  page.sockets[0].opens();
  page.sockets[0].says({
    type: "connected",
    connection: { connectionId: "own", creationTime: 0, data: "" },
    secret: "secret",
    graceSeconds: 20,
    capabilities: { publish: 1, subscribe: 1, forceUnpublish: 0, forceDisconnect: 0, forceMute: 0 },
    connections: [],
    streams: [],
    archives: [],
    number: 1,
    ...welcome,
  });
  await connecting;
  return { ...page, session, heard };
}
