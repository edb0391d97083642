// A session: who is in it, their streams, and what is asked of the stand-in.

class Session extends Emitter {
  #link = null;
  #connections = new Map();
  #streams = new Map();
  #publishers = new Set();
  #subscribers = new Set();
  #leave = () => void this.disconnect();

  constructor(sessionId) {
    super();
    this.sessionId = sessionId;
    this.connection = undefined;
    this.capabilities = noCapabilities();
    this.connect = Object.assign(
      (token, callback) => (settle(this.#connect(token), callback), this),
      { promise: (token) => this.#connect(token) },
    );
    this.publish = Object.assign((...given) => this.#publishWith(...given), {
      promise: async (...given) => {
        const [publisher, done] = this.#publish(...given);
        await done;
        return publisher;
      },
    });
    this.subscribe = Object.assign((...given) => this.#subscribeWith(...given), {
      promise: async (...given) => {
        const [subscriber, done] = this.#subscribe(...given);
        await done;
        return subscriber;
      },
    });
  }

  isConnected() {
    return this.connection !== undefined;
  }

  async disconnect() {
    if (this.isConnected()) await this.#link.leave();
  }

  unpublish(publisher, reason = "clientDisconnected") {
    if (!this.#publishers.delete(publisher)) return;
    const { streamId } = publisher.stream;
    this.#streams.delete(streamId);
    this.#link.request("unpublish", { streamId }).catch(() => {});
    publisher.unpublished(reason);
  }

  unsubscribe(subscriber) {
    if (this.#subscribers.delete(subscriber)) subscriber.end("unsubscribed");
  }

  signal({ type = "", data = "", to = undefined, retryAfterReconnect = true }, callback) {
    if (!retryAfterReconnect) throw missing("Session.signal's retryAfterReconnect: false");
    const fields = { signalType: type, data, to: idOf(to) };
    return settle(this.#request("signal", fields), callback);
  }

  forceDisconnect(connection, callback) {
    return settle(this.#request("forceDisconnect", { connectionId: idOf(connection) }), callback);
  }

  forceUnpublish(stream, callback) {
    return settle(this.#request("forceUnpublish", { streamId: stream.streamId }), callback);
  }

  forceMuteStream(stream) {
    return this.#request("forceMute", { streamId: stream.streamId });
  }

  forceMuteAll(excludedStreams = []) {
    const excluded = excludedStreams.map(({ streamId }) => streamId);
    return this.#request("forceMute", { active: true, excluded });
  }

  disableForceMute() {
    return this.#request("forceMute", { active: false });
  }

  getPublisherForStream(stream) {
    return [...this.#publishers].find((each) => each.stream?.streamId === stream.streamId);
  }

  getSubscribersForStream(stream) {
    return [...this.#subscribers].filter((each) => each.stream.streamId === stream.streamId);
  }

  /** Hand a message about a subscription to the other client. */
  relay(to, content) {
    this.#link.request("relay", { to, content }).catch(() => {});
  }

  changeStream({ streamId }, property, value) {
    this.#link.request("changeStream", { streamId, property, value }).catch(() => {});
  }

  async #connect(token) {
    this.#link = new Link({
      message: (content) => this.#take(content),
      reconnecting: () => this.emit("sessionReconnecting"),
      reconnected: () => this.emit("sessionReconnected"),
      ended: (reason) => this.#end(reason),
    });
    const welcome = await this.#link.connect(this.sessionId, token);
    this.connection = welcome.connection;
    this.capabilities = welcome.capabilities;
    this.#connections.set(this.connection.connectionId, this.connection);
    // A page that is closed is left, and does not lose its network.
    addEventListener("pagehide", this.#leave);
    // Handlers see the session as connected before they hear of the others.
    queueMicrotask(() => {
      this.emit("sessionConnected");
      this.emit("connectionCreated", { connection: this.connection });
      for (const connection of welcome.connections) this.#addConnection(connection);
      for (const stream of welcome.streams) this.#addStream(stream);
      for (const archive of welcome.archives) this.emit("archiveStarted", archive);
    });
    return this;
  }

  #publishWith(first, second, third) {
    const callback = [second, third].find((each) => typeof each === "function");
    const [publisher, done] = this.#publish(first, second);
    settle(done, callback && ((error) => callback(error)));
    return publisher;
  }

  #publish(first, second) {
    const publisher = first instanceof Publisher ? first : new Publisher(first, second ?? {});
    return [publisher, this.#announce(publisher)];
  }

  async #announce(publisher) {
    await publisher.ready;
    const { stream } = await this.#request("publish", publisher.announced);
    const whole = this.#streamOf(stream);
    this.#streams.set(whole.streamId, whole);
    this.#publishers.add(publisher);
    publisher.published(this, whole);
    return publisher;
  }

  #subscribeWith(stream, target, properties, callback) {
    const given = [target, properties, callback];
    const done = given.find((each) => typeof each === "function");
    const [subscriber, begun] = this.#subscribe(
      stream,
      ...given.filter((each) => typeof each !== "function"),
    );
    settle(begun, done && ((error) => done(error)));
    return subscriber;
  }

  #subscribe(stream, target, properties = {}) {
    const subscriber = new Subscriber(this, stream, target, properties);
    if (!this.capabilities.subscribe) {
      const refusal = new OTError("OT_PERMISSION_DENIED", "The token's role may not subscribe.");
      return [subscriber, Promise.reject(refusal)];
    }
    this.#subscribers.add(subscriber);
    return [subscriber, subscriber.begin()];
  }

  async #request(type, fields) {
    if (this.#link === null) {
      throw new OTError("OT_NOT_CONNECTED", "The session is not connected.");
    }
    return await this.#link.request(type, fields);
  }

  #take(content) {
    const { type, ...fields } = content;
    const handlers = {
      connectionCreated: () => this.#addConnection(fields.connection),
      connectionDestroyed: () => this.#removeConnection(fields),
      streamCreated: () => this.#addStream(fields.stream),
      streamDestroyed: () => this.#removeStream(fields),
      streamChanged: () => this.#changeStream(fields),
      streamMuted: () => this.getPublisherForStream(fields)?.muteForced(),
      streamQuality: () => this.#quality(fields),
      muteForced: () => this.emit("muteForced", { active: fields.active }),
      signal: () => this.#signalled(fields),
      relay: () => this.#relayed(fields),
      archiveStarted: () => this.emit("archiveStarted", { id: fields.id, name: fields.name }),
      archiveStopped: () => this.emit("archiveStopped", { id: fields.id, name: fields.name }),
    };
    handlers[type]?.();
  }

  #addConnection(connection) {
    this.#connections.set(connection.connectionId, connection);
    this.emit("connectionCreated", { connection });
  }

  #removeConnection({ connectionId, reason }) {
    const connection = this.#connections.get(connectionId);
    this.#connections.delete(connectionId);
    for (const publisher of this.#publishers) publisher.subscriberLeft(connectionId);
    if (connection) this.emit("connectionDestroyed", { connection, reason });
  }

  #streamOf({ connectionId, videoType, ...fields }) {
    const connection = this.#connections.get(connectionId);
    const unknown = { frameRate: 30, hasCaptions: false, initials: "" };
    return { ...unknown, ...fields, connection, videoType: videoType ?? undefined };
  }

  #addStream(announced) {
    const stream = this.#streamOf(announced);
    this.#streams.set(stream.streamId, stream);
    this.emit("streamCreated", { stream });
  }

  #removeStream({ streamId, reason }) {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    this.#streams.delete(streamId);
    const publisher = this.getPublisherForStream(stream);
    if (publisher) {
      this.#publishers.delete(publisher);
      publisher.unpublished(reason);
      return;
    }
    this.emit("streamDestroyed", { stream, reason }, () => this.#endSubscribers(stream, reason));
  }

  #endSubscribers(stream, reason) {
    for (const subscriber of this.getSubscribersForStream(stream)) {
      this.#subscribers.delete(subscriber);
      subscriber.end(reason);
    }
  }

  #changeStream({ streamId, property, value }) {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    const oldValue = stream[property];
    stream[property] = value;
    const change = { stream, changedProperty: property, oldValue, newValue: value };
    this.emit("streamPropertyChanged", change);
    if (property !== "hasVideo") return;
    for (const subscriber of this.getSubscribersForStream(stream)) {
      subscriber.videoChanged(value, "publishVideo");
    }
  }

  #quality({ streamId, state }) {
    for (const subscriber of this.getSubscribersForStream({ streamId })) {
      if (state === "warning" || state === "lifted") subscriber.videoWarned(state === "warning");
      else subscriber.videoChanged(state === "enabled", "quality");
    }
  }

  #signalled({ signalType, data, from }) {
    const sender = from && (this.#connections.get(from.connectionId) ?? from);
    const type = signalType ? `signal:${signalType}` : "signal";
    this.emit("signal", { type, data, from: sender });
    if (signalType) this.emit(type, { data, from: sender });
  }

  #relayed({ from, content }) {
    const stream = this.#streams.get(content.streamId);
    if (!stream) return;
    const publisher = this.getPublisherForStream(stream);
    const taken = publisher
      ? publisher.relayed(from, content)
      : Promise.all(this.getSubscribersForStream(stream).map((each) => each.relayed(content)));
    taken.catch(reportError);
  }

  #end(reason) {
    removeEventListener("pagehide", this.#leave);
    this.connection = undefined;
    this.capabilities = noCapabilities();
    this.emit("sessionDisconnected", { reason }, () => {
      for (const stream of [...this.#streams.values()]) {
        this.#removeStream({ streamId: stream.streamId, reason });
      }
    });
    this.#connections.clear();
    this.#streams.clear();
    this.#publishers.clear();
    this.#subscribers.clear();
  }
}

function idOf(connection) {
  return typeof connection === "string" ? connection : connection?.connectionId;
}

function noCapabilities() {
  return { publish: 0, subscribe: 0, forceUnpublish: 0, forceDisconnect: 0, forceMute: 0 };
}

lacking("Session", Session.prototype, ["setEncryptionSecret", "setIceConfig"]);
