// @ts-check
// The lobby: name, camera and microphone before joining.

import { element, made } from "./elements.js";
import { deviceProblem } from "./sentences.js";

/** @typedef {import("./types.js").Choice} Choice */

export class Lobby {
  #video = element("preview-video", HTMLVideoElement);
  #note = element("preview-note", HTMLElement);
  #level = element("level", HTMLMeterElement);
  #cameras = element("camera-choice", HTMLSelectElement);
  #microphones = element("microphone-choice", HTMLSelectElement);
  #audioOnly = element("audio-only", HTMLInputElement);
  #name = element("name", HTMLInputElement);
  /** @type {MediaStream | null} */
  #media = null;
  /** @type {AudioContext | null} */
  #audio = null;
  #watching = 0;
  #opened = 0;
  /** True while the lobby, and not the call, has the devices. */
  isOpen = false;

  constructor() {
    for (const each of [this.#cameras, this.#microphones, this.#audioOnly]) {
      each.addEventListener("change", () => void this.open());
    }
  }

  /** @param {string} name The name that others see if the user gives none. */
  suggest(name) {
    this.#name.placeholder = name;
  }

  /** Have the user change the name. */
  askForName() {
    this.#name.focus();
  }

  /** A guest has no other name than what they give here. */
  requireName() {
    this.#name.required = true;
  }

  set name(name) {
    this.#name.value = name;
  }

  /** The name that the user gives. */
  get name() {
    return this.#name.value.trim();
  }

  /** Show the camera, and measure the microphone. */
  async open() {
    const opened = ++this.#opened;
    this.close();
    this.isOpen = true;
    this.#note.textContent = "";
    try {
      const media = await this.#capture();
      if (opened !== this.#opened) {
        stop(media); // A newer choice, or the call, has taken over.
        return;
      }
      this.#media = media;
      this.#video.srcObject = media.getVideoTracks().length > 0 ? media : null;
      if (this.#audioOnly.checked) this.#note.textContent = "You join with audio only.";
      this.#measure(media);
    } catch (error) {
      if (opened === this.#opened) {
        const { name } = /** @type {DOMException} */ (error);
        this.#note.textContent = deviceProblem(name) ?? "Your camera and microphone cannot be used.";
      }
    }
    await this.#listDevices();
  }

  /** Free the camera and the microphone. */
  close() {
    cancelAnimationFrame(this.#watching);
    this.#level.value = 0;
    if (this.#media !== null) stop(this.#media);
    this.#media = null;
    this.#video.srcObject = null;
    void this.#audio?.close();
    this.#audio = null;
  }

  /** Free the devices for the call, and return what was chosen. */
  chosen() {
    this.#opened += 1;
    this.isOpen = false;
    this.close();
    /** @type {Choice} */
    const choice = { name: this.name, microphone: true, camera: true };
    if (this.#microphones.value) choice.audioSource = this.#microphones.value;
    if (this.#audioOnly.checked) choice.videoSource = null;
    else if (this.#cameras.value) choice.videoSource = this.#cameras.value;
    return choice;
  }

  async #capture() {
    const devices = navigator.mediaDevices;
    if (!devices) throw Object.assign(new Error(), { name: "OT_UNSUPPORTED_BROWSER" });
    const { value: camera } = this.#cameras;
    const { value: microphone } = this.#microphones;
    return await devices.getUserMedia({
      video: !this.#audioOnly.checked && (camera ? { deviceId: { exact: camera } } : true),
      audio: microphone ? { deviceId: { exact: microphone } } : true,
    });
  }

  async #listDevices() {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    fill(this.#cameras, devices, "videoinput", "Camera");
    fill(this.#microphones, devices, "audioinput", "Microphone");
    this.#cameras.disabled = this.#audioOnly.checked;
  }

  /** @param {MediaStream} media */
  #measure(media) {
    if (media.getAudioTracks().length === 0) return;
    const audio = new AudioContext();
    const analyser = audio.createAnalyser();
    const samples = new Float32Array(analyser.fftSize);
    audio.createMediaStreamSource(media).connect(analyser);
    // Browsers start to measure with the first click or key.
    for (const begun of ["pointerdown", "keydown"]) {
      addEventListener(begun, () => void audio.resume().catch(() => {}), { once: true });
    }
    this.#audio = audio;
    const watch = () => {
      analyser.getFloatTimeDomainData(samples);
      this.#level.value = Math.min(1, Math.max(...samples.map(Math.abs)));
      this.#watching = requestAnimationFrame(watch);
    };
    watch();
  }
}

/**
 * @param {HTMLSelectElement} select
 * @param {MediaDeviceInfo[]} devices
 * @param {MediaDeviceKind} kind
 * @param {string} title
 */
function fill(select, devices, kind, title) {
  const chosen = select.value;
  const found = devices.filter((each) => each.kind === kind && each.deviceId);
  select.replaceChildren(
    made("option", { value: "" }, "The usual one"),
    ...found.map(({ deviceId, label }, index) =>
      made("option", { value: deviceId }, label || `${title} ${index + 1}`),
    ),
  );
  if (found.some(({ deviceId }) => deviceId === chosen)) select.value = chosen;
}

/** @param {MediaStream} media */
function stop(media) {
  for (const track of media.getTracks()) track.stop();
}
