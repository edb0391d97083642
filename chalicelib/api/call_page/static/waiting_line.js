// @ts-check
// A user who waits until a moderator lets them in. The lobby stays open meanwhile.

import { element, setText } from "./elements.js";
import { tab } from "./kept.js";
import { waitInWords } from "./sentences.js";

/** @typedef {import("./roomkey.js").Refusal} Refusal */

const PLACE = "waitsAs"; // kept for the tab, so that a reload goes on waiting
/** Browsers slow a hidden page's timers down to one a minute, but not those of a worker. */
const TIMER = new Blob(["onmessage = ({ data }) => setTimeout(postMessage, data, null);"]);

export class WaitingLine {
  #title = element("lobby-title", HTMLElement);
  /** @type {Worker | null} */
  #timer = null;
  #script = URL.createObjectURL(TIMER);
  #waits = false;

  /** The name under which the user waits, also after the page was loaded again; else null. */
  get waitsAs() {
    return tab.getItem(PLACE);
  }

  /**
   * Show the place in the line, and ask again by itself.
   * @param {Refusal} refusal
   * @param {number} seconds The pause before that.
   * @param {string} name
   * @param {() => void} ask
   */
  wait(refusal, seconds, name, ask) {
    tab.setItem(PLACE, name);
    this.#startTimer(1000 * seconds, ask);
    const begins = !this.#waits;
    this.#show(true);
    setText(element("room-state", HTMLElement), waitInWords(refusal));
    if (begins) this.#title.focus();
  }

  leave() {
    this.#timer?.terminate();
    tab.removeItem(PLACE);
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
