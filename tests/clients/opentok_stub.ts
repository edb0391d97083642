// What replaces "@opentok/client" in a test: its public interface, as far as the guide uses it,
// in front of OpenTok's stand-in. The page's server passes /sim on to it, and so the token that
// Roomkey gave is checked. Signals between clients go by way of the browser.

import type OpenTok from "@opentok/client";

type Handler = (event: any) => void;
type Done = (error?: OpenTok.OTError) => void;
interface Signal {
  type?: string | null | undefined;
  data?: string | undefined;
  from: { connectionId: string; data: string } | null;
}
type Stream = Pick<OpenTok.Stream, "streamId" | "connection">;
interface Shown {
  connections: { connectionId: string; data: string }[];
  streams: { streamId: string; connectionId: string; muted: boolean }[];
  signals: { type: string | null; data: string; recipients: string[] }[];
}

const POLL_MS = 50;

class Emitter {
  private readonly handlers = new Map<string, Handler[]>();

  on(name: string, handler: Handler): void {
    this.handlers.set(name, [...(this.handlers.get(name) ?? []), handler]);
  }

  emit(name: string, event: object = {}): void {
    for (const handler of this.handlers.get(name) ?? []) handler({ type: name, ...event });
  }
}

class Publisher extends Emitter {
  streamId: string | null = null;
  muteForced = false;

  constructor(
    readonly element: HTMLElement,
    readonly hasVideo: boolean,
  ) {
    super();
  }

  publishAudio(on: boolean): void {
    this.element.dataset.audio = String(on);
  }

  async cycleVideo(): Promise<{ deviceId: string }> {
    const deviceId = this.element.dataset.camera === "front" ? "back" : "front";
    this.element.dataset.camera = deviceId;
    return { deviceId };
  }
}

class Session extends Emitter {
  private connectionId: string | null = null;
  private publisher: Publisher | null = null;
  private readonly seen = new Map<string, HTMLElement | null>();
  private signals = 0;
  private readonly clients: BroadcastChannel;

  constructor(readonly sessionId: string) {
    super();
    this.clients = new BroadcastChannel(sessionId);
    this.clients.addEventListener("message", ({ data }) => this.signalled(data));
  }

  connect(token: string, done: Done): void {
    void this.connecting(token).then(done);
  }

  publish(publisher: Publisher, done: Done): void {
    const videoType = publisher.hasVideo ? "camera" : null;
    void sim(`connections/${this.connectionId}/streams`, "POST", { videoType }).then((answer) => {
      if (!answer.ok) return done({ name: "OT_PERMISSION_DENIED", message: answer.body.reason });
      publisher.streamId = answer.body.streamId;
      this.publisher = publisher;
      done();
    });
  }

  subscribe(
    stream: Stream,
    target: HTMLElement,
    properties: OpenTok.SubscriberProperties,
    done: Done,
  ): void {
    const element = document.createElement("div");
    element.className = "subscriber";
    element.dataset.video = String(properties.subscribeToVideo);
    element.textContent = JSON.parse(stream.connection.data).userId;
    target.append(element);
    this.seen.set(stream.streamId, element);
    done();
  }

  async signal({ type, data }: { type?: string; data?: string }): Promise<void> {
    const { connections } = await this.shown();
    const from = connections.find((each) => each.connectionId === this.connectionId) ?? null;
    this.clients.postMessage({ type, data, from });
    this.signalled({ type, data, from });
  }

  async disconnect(reason = "clientDisconnected"): Promise<void> {
    await sim(`connections/${this.connectionId}?reason=${reason}`, "DELETE");
    this.ended(reason);
  }

  private async connecting(token: string): Promise<OpenTok.OTError | undefined> {
    const answer = await sim("connections", "POST", { token });
    if (!answer.ok) return { name: "OT_AUTHENTICATION_ERROR", message: answer.body.reason };
    this.connectionId = answer.body.connectionId;
    this.signals = (await this.shown()).signals.length;
    void this.follow();
    return undefined;
  }

  private async follow(): Promise<void> {
    while (this.connectionId !== null) {
      this.tell(await this.shown());
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  private tell(shown: Shown): void {
    if (this.connectionId === null) return;
    const connections = new Map(shown.connections.map((each) => [each.connectionId, each]));
    if (!connections.has(this.connectionId)) return this.ended("forceDisconnected");
    for (const stream of shown.streams) {
      if (stream.connectionId === this.connectionId) this.tellOfOwn(stream);
      else if (!this.seen.has(stream.streamId)) {
        this.seen.set(stream.streamId, null);
        this.emit("streamCreated", {
          stream: { streamId: stream.streamId, connection: connections.get(stream.connectionId) },
        });
      }
    }
    const streams = new Set(shown.streams.map((each) => each.streamId));
    for (const streamId of this.seen.keys()) if (!streams.has(streamId)) this.forget(streamId);
    for (const { type, data, recipients } of shown.signals.slice(this.signals)) {
      if (recipients.includes(this.connectionId)) this.signalled({ type, data, from: null });
    }
    this.signals = shown.signals.length;
  }

  private tellOfOwn({ streamId, muted }: { streamId: string; muted: boolean }): void {
    if (!muted || this.publisher?.streamId !== streamId || this.publisher.muteForced) return;
    this.publisher.muteForced = true; // The stand-in keeps to it, whatever the user does then.
    this.publisher.publishAudio(false);
    this.publisher.emit("muteForced");
  }

  private signalled({ type, data, from }: Signal): void {
    this.emit(`signal:${type}`, { data, from });
  }

  private ended(reason: string): void {
    this.connectionId = null;
    this.clients.close();
    for (const streamId of this.seen.keys()) this.forget(streamId);
    this.publisher?.element.remove();
    this.emit("sessionDisconnected", { reason });
  }

  private forget(streamId: string): void {
    this.seen.get(streamId)?.remove();
    this.seen.delete(streamId);
  }

  private async shown(): Promise<Shown> {
    return (await sim(`sessions/${encodeURIComponent(this.sessionId)}`, "GET")).body;
  }
}

async function sim(path: string, method: string, body?: object): Promise<{ ok: boolean; body: any }> {
  const answer = await fetch(`/sim/${path}`, { method, body: JSON.stringify(body) });
  const text = await answer.text();
  return { ok: answer.ok, body: text === "" ? null : JSON.parse(text) };
}

function initSession(_apiKey: string, sessionId: string): Session {
  const session = new Session(sessionId);
  Object.assign(window, { session }); // The test's hand on it, for what a network does.
  return session;
}

function initPublisher(
  target: HTMLElement,
  properties: OpenTok.PublisherProperties,
  done: Done,
): Publisher {
  const element = document.createElement("div");
  element.className = "publisher";
  element.dataset.camera = "front";
  element.dataset.audio = String(properties.publishAudio ?? true);
  element.dataset.video = String(properties.videoSource !== null);
  target.append(element);
  done();
  return new Publisher(element, properties.videoSource !== null);
}

export default { initSession, initPublisher };
