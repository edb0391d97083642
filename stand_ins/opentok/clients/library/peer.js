// One WebRTC connection between a publisher and a subscriber, both in browsers.

class Peer {
  #connection = new RTCPeerConnection();
  #send;
  #waiting = [];

  /** `send` takes what the other side must be told. */
  constructor(send) {
    this.#send = send;
    this.#connection.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate) send({ kind: "candidate", candidate });
    });
  }

  get state() {
    return this.#connection.connectionState;
  }

  onState(report) {
    this.#connection.addEventListener("connectionstatechange", () => report(this.state));
  }

  onTrack(report) {
    this.#connection.addEventListener("track", ({ track }) => report(track));
  }

  async offer(media) {
    for (const track of media.getTracks()) this.#connection.addTrack(track, media);
    await this.#connection.setLocalDescription();
    this.#send({ kind: "offer", description: this.#connection.localDescription });
  }

  async answer(description) {
    await this.#setRemote(description);
    await this.#connection.setLocalDescription();
    this.#send({ kind: "answer", description: this.#connection.localDescription });
  }

  async answered(description) {
    await this.#setRemote(description);
  }

  /** Candidates may come before the description to which they belong. */
  async addCandidate(candidate) {
    if (this.#connection.remoteDescription === null) this.#waiting.push(candidate);
    else await this.#connection.addIceCandidate(candidate).catch(() => {});
  }

  async replace(track) {
    const sender = this.#connection.getSenders().find((each) => each.track?.kind === track.kind);
    await sender?.replaceTrack(track);
  }

  /** The level of the sound that arrives, from 0 to 1. */
  level() {
    const [receiver] = this.#connection.getReceivers().filter(({ track }) => track.kind === "audio");
    return receiver?.getSynchronizationSources()[0]?.audioLevel ?? 0;
  }

  stats() {
    return this.#connection.getStats();
  }

  close() {
    this.#connection.close();
  }

  async #setRemote(description) {
    if (this.#connection.signalingState === "closed") return;
    await this.#connection.setRemoteDescription(description);
    for (const candidate of this.#waiting.splice(0)) await this.addCandidate(candidate);
  }
}
