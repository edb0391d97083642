// @ts-check
// A user who waits until a moderator lets them in. The lobby stays open meanwhile.

import { element, setText } from "./elements.js";
import { retryAfter, sentence } from "./sentences.js";

/** @typedef {import("./roomkey.js").Refusal} Refusal */

const PLACE = "waitsAs"; // in sessionStorage, so that a reload goes on waiting
/** Browsers slow a hidden page's timers down to one a minute, but not those of a worker. */
const TIMER = new Blob(["onmessage = ({ data }) => setTimeout(postMessage, data, null);"]);

export class WaitingLine {
  #title = element("lobby-title", HTMLElement);
  /** @type {Worker | null} */
  #timer = null;
  #script = URL.createObjectURL(TIMER);
  #waits = false;

  get waits() {
    return this.#waits;
  }

  /** The name of a user who waited when the page was loaded again, or null. */
  get waitedAs() {
    return sessionStorage.getItem(PLACE);
  }

  /**
   * Show the place in the line, and ask again by itself.
   * @param {Refusal} refusal
   * @param {string} name
   * @param {() => void} ask
   */
  wait(refusal, name, ask) {
    sessionStorage.setItem(PLACE, name);
    this.#startTimer(1000 * (retryAfter(refusal) ?? 0), ask);
    const begins = !this.#waits;
    this.#show(true);
    setText(element("room-state", HTMLElement), sentence(refusal));
    if (begins) this.#title.focus();
  }

  leave() {
    this.#timer?.terminate();
    sessionStorage.removeItem(PLACE);
    this.#show(false);
  }

  /**
   * @param {number} milliseconds
   * @param {() => void} ask
   */
  #startTimer(milliseconds, ask) {
    this.#timer?.terminate();
    this.#timer = new Worker(this.#script);
    this.#timer.addEventListener("message", ask, { once: true });
    this.#timer.postMessage(milliseconds);
  }

  /** @param {boolean} waits */
  #show(waits) {
    this.#waits = waits;
    document.body.dataset.waiting = String(waits);
    setText(this.#title, waits ? "The host will let you in soon" : "Ready to join?");
    element("join", HTMLElement).hidden = waits;
    element("stop-waiting", HTMLElement).hidden = !waits;
  }
}
