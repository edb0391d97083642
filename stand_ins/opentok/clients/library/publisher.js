// A publisher: this device's media, sent to each subscriber by a connection of its own.

const PUBLISHER_PROPERTIES = [
  ...MEDIA_PROPERTIES,
  ...WIDGET_PROPERTIES,
  "disableAudioInputDeviceManagement", // The stand-in never changes the device by itself.
  "mirror",
  "name",
  "publishAudio",
  "publishVideo",
];

class Publisher extends Emitter {
  #properties;
  #widget;
  #peers = new Map();
  #stopLevel = () => {};
  #destroyed = false;

  constructor(target, properties, callback) {
    super();
    allowOnly("Publisher", properties, PUBLISHER_PROPERTIES);
    this.#properties = { publishAudio: true, publishVideo: true, ...properties };
    if (this.isScreen && wantsDevice(properties.audioSource ?? null)) {
      throw missing("Publisher's audioSource with a shared screen");
    }
    this.session = null;
    this.stream = null;
    this.accessAllowed = false;
    this.#widget = new Widget("publisher", target, this.#properties);
    this.element = this.#widget.element ?? undefined;
    this.id = this.element?.id;
    if (this.#properties.mirror ?? !this.isScreen) this.#widget.mirror();
    this.#widget.video.muted = true;
    this.publishAudio = Object.assign((on) => (this.#setAudio(on), this), {
      promise: async (on) => this.#setAudio(on),
    });
    this.publishVideo = Object.assign(
      (on, done) => (settle(this.#setVideo(on), done), this),
      { promise: (on) => this.#setVideo(on) },
    );
    this.destroy = Object.assign(() => (this.#destroy(), this), {
      promise: async () => this.#destroy(),
    });
    this.ready = this.#begin();
    settle(this.ready, callback);
  }

  get isScreen() {
    return ["screen", "window", "application"].includes(this.#properties.videoSource);
  }

  /** The stream as it is announced to the other clients. */
  get announced() {
    const { width, height } = this.#track("video")?.getSettings() ?? {};
    return {
      name: this.#properties.name ?? "",
      videoType: this.#videoType,
      hasAudio: Boolean(this.#track("audio")) && this.#properties.publishAudio,
      hasVideo: Boolean(this.#track("video")) && this.#properties.publishVideo,
      videoDimensions: width && height ? { width, height } : null,
    };
  }

  videoWidth() {
    return this.#widget.video.videoWidth || undefined;
  }

  videoHeight() {
    return this.#widget.video.videoHeight || undefined;
  }

  getImgData() {
    return this.#widget.picture();
  }

  getAudioSource() {
    return this.#track("audio");
  }

  getVideoSource() {
    const track = this.#track("video") ?? null;
    return { deviceId: track?.getSettings().deviceId ?? null, type: this.#videoType, track };
  }

  async setAudioSource(source) {
    const wanted = { ...this.#properties, audioSource: source, videoSource: null };
    await this.#replace(source instanceof MediaStreamTrack ? source : await firstTrack(wanted));
  }

  async setVideoSource(deviceId) {
    const wanted = { ...this.#properties, audioSource: null, videoSource: deviceId };
    await this.#replace(await firstTrack(wanted));
  }

  async cycleVideo() {
    const cameras = (await getDevices()).filter(({ kind }) => kind === "videoInput");
    const used = this.getVideoSource().deviceId;
    const next = (cameras.findIndex(({ deviceId }) => deviceId === used) + 1) % cameras.length;
    if (cameras.length === 0 || this.isScreen) {
      throw new OTError("OT_UNABLE_TO_CAPTURE_MEDIA", "There is no camera to switch to.");
    }
    await this.setVideoSource(cameras[next].deviceId);
    return { deviceId: cameras[next].deviceId };
  }

  /** A message of a subscriber of this stream. */
  async relayed(from, { subscription, kind, description, candidate }) {
    if (kind === "subscribe") await this.#offer(from, subscription);
    else if (kind === "unsubscribe") this.#forget(subscription);
    else {
      const peer = this.#peers.get(subscription)?.peer;
      if (kind === "answer") await peer?.answered(description);
      else await peer?.addCandidate(candidate);
    }
  }

  /** A client has left the session. */
  subscriberLeft(connectionId) {
    for (const [subscription, { to }] of [...this.#peers]) {
      if (to === connectionId) this.#forget(subscription);
    }
  }

  published(session, stream) {
    this.session = session;
    this.stream = stream;
    this.emit("streamCreated", { stream });
  }

  /** A moderator has muted this stream. */
  muteForced() {
    this.#setAudio(false);
    this.emit("muteForced");
  }

  /** The stream has ended; the publisher ends too unless a handler prevents it. */
  unpublished(reason) {
    const { stream } = this;
    this.session = null;
    this.stream = null;
    for (const subscription of [...this.#peers.keys()]) this.#forget(subscription);
    if (stream) this.emit("streamDestroyed", { stream, reason }, () => this.#destroy());
  }

  async #begin() {
    try {
      this.media = await capture(this.#properties);
    } catch (error) {
      const name = error.name === "OT_USER_MEDIA_ACCESS_DENIED" ? "accessDenied" : null;
      if (name) this.emit(name);
      throw error;
    }
    if (this.#destroyed) {
      stopTracks(this.media);
      throw new OTError("OT_MEDIA_ERR_ABORTED", "The publisher was destroyed.");
    }
    this.accessAllowed = true;
    this.emit("accessAllowed");
    this.#enable();
    for (const track of this.media.getTracks()) this.#watch(track);
    this.#widget.name(this.#properties.name);
    await this.#widget.play(this.media).catch(() => {});
    this.emit("videoElementCreated", { element: this.#widget.video });
    this.emit("mediaStreamAvailable", { mediaStream: this.media });
    this.#watchLevel();
  }

  #watch(track) {
    track.addEventListener("ended", () => {
      this.emit("mediaStopped", { track });
      if (this.isScreen && this.session) this.session.unpublish(this, "mediaStopped");
    });
  }

  #watchLevel() {
    this.#stopLevel();
    const track = this.#track("audio");
    if (!track) return;
    const { level, free } = levelOf(track);
    const stop = watchLevel(level, (audioLevel) => this.emit("audioLevelUpdated", { audioLevel }));
    this.#stopLevel = () => {
      stop();
      free();
    };
  }

  #setAudio(on) {
    this.#properties.publishAudio = on;
    this.#enable();
    this.#change("hasAudio", this.announced.hasAudio);
  }

  async #setVideo(on) {
    this.#properties.publishVideo = on;
    this.#enable();
    this.#change("hasVideo", this.announced.hasVideo);
  }

  #enable() {
    const { publishAudio, publishVideo } = this.#properties;
    if (this.#track("audio")) this.#track("audio").enabled = publishAudio;
    if (this.#track("video")) this.#track("video").enabled = publishVideo;
  }

  #change(property, value) {
    if (this.stream && this.stream[property] !== value) {
      this.session.changeStream(this.stream, property, value);
    }
  }

  get #videoType() {
    if (!this.#track("video")) return null;
    if (this.#properties.videoSource instanceof MediaStreamTrack) return "custom";
    return this.isScreen ? "screen" : "camera";
  }

  #track(kind) {
    return this.media?.getTracks().find((track) => track.kind === kind);
  }

  async #replace(track) {
    if (this.#destroyed) {
      track.stop();
      throw new OTError("OT_MEDIA_ERR_ABORTED", "The publisher was destroyed.");
    }
    const old = this.#track(track.kind);
    if (old) {
      this.media.removeTrack(old);
      old.stop();
    }
    this.media.addTrack(track);
    this.#watch(track);
    this.#enable();
    for (const { peer } of this.#peers.values()) await peer.replace(track);
    if (track.kind === "audio") this.#watchLevel();
  }

  async #offer(to, subscription) {
    const { stream, session } = this;
    const peer = new Peer((content) => {
      session.relay(to, { streamId: stream.streamId, subscription, ...content });
    });
    this.#peers.set(subscription, { to, peer });
    peer.onState((state) => {
      if (state === "failed") this.#forget(subscription); // The subscriber has vanished.
    });
    await peer.offer(this.media);
  }

  #forget(subscription) {
    this.#peers.get(subscription)?.peer.close();
    this.#peers.delete(subscription);
  }

  #destroy() {
    if (this.#destroyed) return;
    this.#destroyed = true;
    if (this.session) this.session.unpublish(this);
    this.#stopLevel();
    if (this.media) stopTracks(this.media);
    this.#widget.remove();
    this.emit("destroyed");
  }
}

async function firstTrack(wanted) {
  return (await capture(wanted)).getTracks()[0];
}

function stopTracks(media) {
  for (const track of media.getTracks()) track.stop();
}

lacking("Publisher", Publisher.prototype, [
  "applyAudioFilter",
  "applyVideoFilter",
  "clearAudioFilter",
  "clearVideoFilter",
  "getAudioFilter",
  "getMaxVideoBitrate",
  "getRtcStatsReport",
  "getStats",
  "getStyle",
  "getTargetScalabilityMode",
  "getVideoBitratePreset",
  "getVideoContentHint",
  "getVideoFilter",
  "publishCaptions",
  "setAudioMediaProcessorConnector",
  "setMaxVideoBitrate",
  "setPreferredFrameRate",
  "setPreferredResolution",
  "setStyle",
  "setTargetScalabilityMode",
  "setVideoBitratePreset",
  "setVideoContentHint",
  "setVideoMediaProcessorConnector",
]);
