// One WebRTC connection between a publisher and a subscriber, both in browsers.

class Peer {
  #connection = new RTCPeerConnection();
  #send;
  #waiting = [];
  #heard = { energy: 0, seconds: 0 };
  #closed = false;

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
    await this.#describe("offer");
  }

  async answer(description) {
    await this.#setRemote(description);
    await this.#describe("answer");
  }

  async answered(description) {
    await this.#setRemote(description);
  }

  /** Candidates may come before the description to which they belong. */
  async addCandidate(candidate) {
    if (this.#closed) return;
    if (this.#connection.remoteDescription === null) this.#waiting.push(candidate);
    else await this.#connection.addIceCandidate(candidate).catch(() => {});
  }

  async replace(track) {
    const sender = this.#connection.getSenders().find((each) => each.track?.kind === track.kind);
    await sender?.replaceTrack(track);
  }

  /** The loudness of what has arrived since the last call, from 0 to 1. */
  async level() {
    const sound = [...(await this.stats()).values()].find(
      ({ type, kind }) => type === "inbound-rtp" && kind === "audio",
    );
    const { totalAudioEnergy: energy = 0, totalSamplesDuration: seconds = 0 } = sound ?? {};
    const before = this.#heard;
    this.#heard = { energy, seconds };
    if (seconds <= before.seconds) return 0;
    return Math.sqrt((energy - before.energy) / (seconds - before.seconds));
  }

  stats() {
    return this.#connection.getStats();
  }

  close() {
    this.#closed = true;
    this.#connection.close();
  }

  async #describe(kind) {
    await this.#whileOpen(() => this.#connection.setLocalDescription());
    if (!this.#closed) this.#send({ kind, description: this.#connection.localDescription });
  }

  /** Do a step, which fails without harm if either side ends meanwhile. */
  async #whileOpen(step) {
    if (this.#closed) return;
    try {
      await step();
    } catch (error) {
      if (!this.#closed) throw error;
    }
  }

  async #setRemote(description) {
    await this.#whileOpen(() => this.#connection.setRemoteDescription(description));
    for (const candidate of this.#waiting.splice(0)) await this.addCandidate(candidate);
  }
}
