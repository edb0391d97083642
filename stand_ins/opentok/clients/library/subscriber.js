// A subscriber: another client's stream, seen and heard here.

const SUBSCRIBER_PROPERTIES = [
  ...WIDGET_PROPERTIES,
  "audioVolume",
  "subscribeToAudio",
  "subscribeToVideo",
];

const playing = new Set();

class Subscriber extends Emitter {
  #properties;
  #widget;
  #peer = null;
  #media = new MediaStream();
  #blocked = false;
  #connected = false;
  #stopLevel = () => {};
  #subscription = newId();
  #ready = null;

  constructor(session, stream, target, properties) {
    super();
    allowOnly("Subscriber", properties, SUBSCRIBER_PROPERTIES);
    this.session = session;
    this.stream = stream;
    this.#properties = {
      subscribeToAudio: true,
      subscribeToVideo: true,
      audioVolume: 100,
      ...properties,
    };
    this.#widget = new Widget("subscriber", target, this.#properties);
    this.#widget.name(stream.name);
    this.element = this.#widget.element ?? undefined;
    this.id = this.element?.id;
    for (const [name, set] of Object.entries({
      subscribeToAudio: (on) => this.#subscribeToAudio(on),
      subscribeToVideo: (on, reason) => this.#subscribeToVideo(on, reason),
      setAudioVolume: (volume) => this.#setVolume(volume),
    })) {
      this[name] = Object.assign((value) => (set(value), this), {
        promise: async (value, reason) => set(value, reason),
      });
    }
  }

  /** Ask the publisher for the stream; done when the media are connected. */
  begin() {
    return new Promise((resolve, reject) => {
      this.#ready = { resolve, reject };
      playing.add(this);
      this.#peer = new Peer((content) => this.#send(content));
      this.#peer.onState((state) => this.#state(state));
      this.#peer.onTrack((track) => this.#track(track));
      this.#send({ kind: "subscribe" });
      this.#stopLevel = watchLevel(
        () => this.#peer.level(),
        (audioLevel) => this.emit("audioLevelUpdated", { audioLevel }),
      );
    });
  }

  /** A message of the publisher of this stream. */
  async relayed({ subscription, kind, description, candidate }) {
    if (subscription !== this.#subscription || this.#peer === null) return;
    if (kind === "offer") await this.#peer.answer(description);
    else await this.#peer.addCandidate(candidate);
  }

  /** The publisher has switched its video on or off, or the network has. */
  videoChanged(on, reason) {
    if (!this.#properties.subscribeToVideo) return;
    this.emit(on ? "videoEnabled" : "videoDisabled", { reason });
  }

  videoWarned(warned) {
    this.emit(warned ? "videoDisableWarning" : "videoDisableWarningLifted");
  }

  end(reason) {
    if (this.#peer === null) return;
    this.#send({ kind: "unsubscribe" });
    this.#peer.close();
    this.#peer = null;
    this.#stopLevel();
    playing.delete(this);
    this.#ready?.reject(new OTError("OT_STREAM_DESTROYED", "The stream has ended."));
    this.#widget.remove();
    this.emit("destroyed", { reason });
  }

  isAudioBlocked() {
    return this.#blocked;
  }

  async unblock() {
    if (!this.#blocked) return;
    this.#widget.video.muted = false;
    await this.#widget.video.play();
    this.#blocked = false;
    this.emit("audioUnblocked");
  }

  getAudioVolume() {
    return this.#properties.audioVolume;
  }

  getImgData() {
    return this.#widget.picture();
  }

  videoWidth() {
    return this.#widget.video.videoWidth || undefined;
  }

  videoHeight() {
    return this.#widget.video.videoHeight || undefined;
  }

  getRtcStatsReport() {
    return this.#peer.stats();
  }

  isSubscribedToCaptions() {
    return false;
  }

  #track(track) {
    this.#media.addTrack(track);
    this.#apply();
    if (this.#media.getTracks().length > 1) return;
    this.#setVolume(this.#properties.audioVolume);
    void this.#play();
  }

  async #play() {
    this.emit("videoElementCreated", { element: this.#widget.video });
    this.emit("mediaStreamAvailable", { mediaStream: this.#media });
    try {
      await this.#widget.play(this.#media);
    } catch (error) {
      if (error.name !== "NotAllowedError") return;
      this.#blocked = true; // Browsers let a page play sound after a click in it.
      this.#widget.video.muted = true;
      await this.#widget.video.play().catch(() => {});
      this.emit("audioBlocked");
    }
  }

  #state(state) {
    if (state === "connected") {
      this.#ready?.resolve(this);
      this.#ready = null;
      this.#connected = true;
      this.emit("connected");
    } else if (this.#connected && (state === "disconnected" || state === "failed")) {
      this.#connected = false;
      this.emit("disconnected");
    }
  }

  #subscribeToAudio(on) {
    this.#properties.subscribeToAudio = on;
    this.#apply();
  }

  #subscribeToVideo(on, reason = "subscribeToVideo") {
    if (this.#properties.subscribeToVideo === on) return;
    this.#properties.subscribeToVideo = on;
    this.#apply();
    this.emit(on ? "videoEnabled" : "videoDisabled", { reason });
  }

  #apply() {
    const { subscribeToAudio, subscribeToVideo } = this.#properties;
    for (const track of this.#media.getTracks()) {
      track.enabled = track.kind === "audio" ? subscribeToAudio : subscribeToVideo;
    }
  }

  #setVolume(volume) {
    this.#properties.audioVolume = volume;
    this.#widget.video.volume = Math.min(1, Math.max(0, volume / 100));
  }

  #send(content) {
    const { streamId, connection } = this.stream;
    const subscription = this.#subscription;
    this.session.relay(connection.connectionId, { streamId, subscription, ...content });
  }
}

lacking("Subscriber", Subscriber.prototype, [
  "getCaptionsTranslationLanguage",
  "getStats",
  "getStyle",
  "restrictFrameRate",
  "setAudioMediaProcessorConnector",
  "setCaptionsTranslationLanguage",
  "setPreferredFrameRate",
  "setPreferredResolution",
  "setStyle",
  "setVideoMediaProcessorConnector",
  "subscribeToCaptions",
]);
