// @ts-check
// Invitations, for moderators: a link to copy or to scan, and the links that there are.

import { element, made, onClick, setText } from "./elements.js";
import { KeyedList } from "./keyed_list.js";
import { drawing, qrCode } from "./qr.js";
import { complaint, linkInWords, localTime } from "./sentences.js";

/** @typedef {import("./roomkey.js").Invitation} Invitation */
/** @typedef {import("./roomkey.js").RoomkeyRoom} RoomkeyRoom */

export class Inviting {
  #dialog = element("inviting", HTMLDialogElement);
  #form = element("invitation-form", HTMLFormElement);
  #made = element("new-link", HTMLElement);
  #link = element("link", HTMLInputElement);
  #status = element("inviting-status", HTMLElement);

  /**
   * @param {RoomkeyRoom} room
   * @param {string} page The address of this page, where Roomkey knows no other.
   */
  constructor(room, page) {
    this.#room = room;
    this.#page = page;
    const failed = (/** @type {unknown} */ error) => this.#complain(error);
    this.#links = new KeyedList(
      element("links", HTMLUListElement),
      (/** @type {Invitation} */ link) => this.#item(link),
      (item, link) => setText(/** @type {Element} */ (item.firstElementChild), linkInWords(link)),
    );
    onClick("invite", () => this.open(), failed);
    onClick("close-inviting", () => this.#dialog.close());
    onClick("copy-link", () => this.#copy(), failed);
    this.#link.addEventListener("focus", () => this.#link.select());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#make().catch(failed);
    });
  }

  #room;
  #page;
  #links;

  async open() {
    this.#made.hidden = true;
    setText(this.#status, "");
    // Only a signed-in moderator may make another one.
    element("as-host-choice", HTMLElement).hidden = this.#room.invited;
    this.#dialog.showModal();
    await this.#list();
  }

  /** The call has ended. */
  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  async #make() {
    const chosen = new FormData(this.#form);
    const isHost = chosen.get("host") === "on" && !this.#room.invited;
    const made = await this.#room.invite({
      ...(isHost ? { role: "moderator" } : {}),
      ...(chosen.get("uses") === "one" ? { maxUses: 1 } : {}),
      skipsWaitingRoom: chosen.get("skips") === "on",
    });
    const url = made.url ?? `${this.#page}#invitation=${made.code}`;
    this.#link.value = url;
    const code = qrCode(url);
    const picture = element("link-code", HTMLElement);
    picture.replaceChildren(...(code === null ? [] : [drawing(code, "QR code of the link")]));
    setText(element("link-until", HTMLElement), `Good until ${localTime(made.expiresAt)}.`);
    this.#made.hidden = false;
    setText(this.#status, "The link is ready.");
    this.#link.focus();
    await this.#list();
  }

  async #copy() {
    await navigator.clipboard.writeText(this.#link.value);
    setText(this.#status, "The link is copied.");
  }

  async #list() {
    const links = await this.#room.invitations();
    element("links-title", HTMLElement).hidden = links.length === 0;
    this.#links.show(links.map((link) => [link.id, link]));
  }

  /** @param {Invitation} link */
  #item(link) {
    const revoke = made("button", { type: "button", ariaLabel: `End: ${linkInWords(link)}` }, "End");
    revoke.hidden = this.#room.invited && link.role === "moderator"; // Which guests may not.
    revoke.addEventListener("click", () => {
      this.#revoke(link).catch((error) => this.#complain(error));
    });
    return made("li", {}, made("span", {}), revoke);
  }

  /** @param {Invitation} link */
  async #revoke(link) {
    try {
      await this.#room.revoke(link.id);
      this.#made.hidden = true;
      setText(this.#status, "The link is ended, and who came by it is disconnected.");
    } finally {
      await this.#list();
    }
  }

  /** @param {unknown} error */
  #complain(error) {
    console.warn(error);
    setText(this.#status, complaint(error));
  }
}
