// @ts-check
// What is told above the call. Each kind has a line of its own, so that none hides another.

import { element, onClick, setText } from "./elements.js";

const NOTICE_MS = 8_000;

export class Notices {
  #lines = {
    connection: element("connection", HTMLElement),
    notice: element("banner", HTMLElement),
    warning: element("warning", HTMLElement),
  };
  #sound = element("sound", HTMLElement);
  /** @type {Map<HTMLElement, number>} */
  #timers = new Map();

  /** @param {() => Promise<void>} unblock Turns on the sound that the browser keeps off. */
  constructor(unblock) {
    onClick("turn-on-sound", unblock);
  }

  /**
   * Tell what has happened, for a while.
   * @param {string} text
   */
  tell(text) {
    this.#forAWhile(this.#lines.notice, text);
  }

  /**
   * Tell an error, for a while.
   * @param {string} text
   */
  warn(text) {
    this.#forAWhile(this.#lines.warning, text);
  }

  /**
   * Tell an error that stays.
   * @param {string} text
   */
  fail(text) {
    setText(this.#lines.warning, text);
  }

  /**
   * Show what lasts.
   * @param {{ reconnecting: boolean, audioBlocked: boolean }} state
   */
  show({ reconnecting, audioBlocked }) {
    setText(this.#lines.connection, reconnecting ? "The connection is lost. Reconnecting …" : "");
    const focused = this.#sound.contains(document.activeElement);
    this.#sound.hidden = !audioBlocked;
    if (focused && !audioBlocked) element("stage", HTMLElement).focus();
  }

  clear() {
    this.show({ reconnecting: false, audioBlocked: false });
    setText(this.#lines.notice, "");
  }

  /**
   * @param {HTMLElement} line
   * @param {string} text
   */
  #forAWhile(line, text) {
    clearTimeout(this.#timers.get(line));
    setText(line, text);
    this.#timers.set(line, window.setTimeout(() => setText(line, ""), NOTICE_MS));
  }
}
