// @ts-check
// This user's camera, microphone and screen.

/** @typedef {import("./types.js").Choice} Choice */
/** @typedef {import("./types.js").Screen} Screen */

const CAMERA_OFF = "Your camera is off";

export class OwnMedia {
  /** @type {OT.Publisher | null} */
  #camera = null;
  /** @type {OT.Publisher | null} */
  #shared = null;
  /** @type {OT.Session | null} */
  #session = null;

  /**
   * @param {typeof OT} library OpenTok.js.
   * @param {Screen} screen
   * @param {Choice} choice Kept up to date, so that who was muted stays so after a lost network.
   * @param {() => void} changed
   */
  constructor(library, screen, choice, changed) {
    this.#library = library;
    this.#screen = screen;
    this.#choice = choice;
    this.#changed = changed;
  }

  #library;
  #screen;
  #choice;
  #changed;

  /** True while camera and microphone are published. */
  get published() {
    return this.#camera !== null;
  }

  get sharing() {
    return this.#shared !== null;
  }

  /** @returns {string[]} The ids of this user's streams. */
  get streams() {
    return [this.#camera, this.#shared].flatMap((each) =>
      each?.stream ? [each.stream.streamId] : [],
    );
  }

  /**
   * Publish camera and microphone.
   * @param {OT.Session} session
   */
  async publish(session) {
    this.#session = session;
    const publisher = this.#publisherOf();
    this.#camera = publisher;
    this.#watch(publisher);
    try {
      await published(session, publisher);
    } catch (error) {
      publisher.destroy();
      console.warn("Publishing failed.", error);
      if (this.#session !== session) return; // The next call may show its own picture already.
      this.#ended();
      this.#screen.notify("The others cannot see or hear you.");
    }
    this.#changed();
  }

  /** The session has ended. What is not published yet must not take the devices any more. */
  stop() {
    this.#session = null;
    if (!this.#camera?.stream) this.#camera?.destroy();
  }

  /**
   * Switch the microphone. Where nothing is published any more, switching it on publishes again.
   * @param {boolean} on
   */
  async setMicrophone(on) {
    this.#choice.microphone = on;
    if (on && !this.published) return await this.#publishAgain();
    this.#camera?.publishAudio(on);
    this.#screen.changeTile("own", { audio: on });
    this.#changed();
  }

  /**
   * Switch the camera, as `setMicrophone` does the microphone.
   * @param {boolean} on
   */
  async setCamera(on) {
    this.#choice.camera = on;
    if (on && !this.published) return await this.#publishAgain();
    this.#camera?.publishVideo(on);
    this.#screen.changeTile("own", { note: on ? "" : CAMERA_OFF });
    this.#changed();
  }

  async switchCamera() {
    await this.#camera?.cycleVideo();
  }

  /** @param {OT.Session} session */
  async shareScreen(session) {
    const shared = this.#library.initPublisher(undefined, {
      insertDefaultUI: false,
      name: "screen",
      publishAudio: false,
      videoSource: "screen",
    });
    shared.on("videoElementCreated", ({ element: video }) => {
      const name = "Your screen";
      this.#screen.addTile({ id: "screen", name, own: true, video, audio: true, note: "" });
    });
    shared.on("streamDestroyed", () => {
      this.#shared = null;
      this.#screen.removeTile("screen");
      this.#changed();
    });
    this.#shared = shared; // A second click must not share a second time.
    try {
      await published(session, shared);
    } catch (error) {
      this.#shared = null;
      shared.destroy();
      this.#screen.removeTile("screen");
      throw error;
    }
    this.#changed();
  }

  /** @param {OT.Session} session */
  stopSharing(session) {
    if (this.#shared !== null) session.unpublish(this.#shared);
  }

  #publisherOf() {
    const { audioSource, camera, microphone, name, videoSource } = this.#choice;
    return this.#library.initPublisher(undefined, {
      insertDefaultUI: false,
      name,
      publishAudio: microphone,
      publishVideo: camera,
      ...(audioSource === undefined ? {} : { audioSource }),
      ...(videoSource === undefined ? {} : { videoSource }),
    });
  }

  /** @param {OT.Publisher} publisher */
  #watch(publisher) {
    publisher.on("videoElementCreated", ({ element: video }) => {
      const seen = this.#choice.camera && publisher.getVideoSource().track !== null;
      this.#screen.addTile({
        id: "own",
        name: "You",
        own: true,
        video,
        audio: this.#choice.microphone,
        note: seen ? "" : CAMERA_OFF,
      });
    });
    publisher.on("audioLevelUpdated", ({ audioLevel }) => this.#screen.level("own", audioLevel));
    publisher.on("muteForced", () => {
      this.#screen.notify("A moderator has muted you.");
      void this.setMicrophone(false);
    });
    publisher.on("streamDestroyed", ({ reason }) => {
      if (reason === "forceUnpublished") {
        this.#screen.notify("A moderator has stopped your camera and microphone.");
        this.#choice.microphone = false; // Neither comes back by itself.
        this.#choice.camera = false;
      }
      this.#ended();
      this.#changed();
    });
  }

  async #publishAgain() {
    if (this.#session !== null) await this.publish(this.#session);
  }

  #ended() {
    this.#camera = null;
    this.#screen.removeTile("own");
  }
}

/**
 * @param {OT.Session} session
 * @param {OT.Publisher} publisher
 * @returns {Promise<void>}
 */
function published(session, publisher) {
  return new Promise((resolve, reject) => {
    session.publish(publisher, (error) => (error ? reject(error) : resolve()));
  });
}
