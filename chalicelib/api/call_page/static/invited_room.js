// @ts-check
// The room of an invitation, for a guest who has no account.

import { RoomkeyRoom } from "./roomkey.js";

/** @typedef {import("./roomkey.js").Admission} Admission */

/** @typedef {Pick<Storage, "getItem" | "setItem">} KeyStorage */

const KEY_BYTES = 24;
const ID_DIGITS = 24;

/** The room that an invitation leads to. Its name is known once the guest is in. */
export class InvitedRoom extends RoomkeyRoom {
  /**
   * @param {string} api The address of the API, without a slash at its end.
   * @param {string} code The invitation's code.
   * @param {KeyStorage} kept Where this device keeps its keys, such as localStorage.
   */
  constructor(api, code, kept) {
    super(api, "", async () => "");
    this.#api = api;
    this.#code = code;
    this.#kept = kept;
  }

  #api;
  #code;
  #kept;

  /** @override */
  get invited() {
    return true;
  }

  /**
   * @override
   * @param {string} [name]
   * @returns {Promise<Admission>}
   */
  async requestAdmission(name) {
    const wanted = { code: this.#code, guestKey: await guestKey(this.#code, this.#kept) };
    const path = `${this.#api}/invitations/tokens`;
    const admission = await this.request("POST", path, name ? { ...wanted, name } : wanted, null);
    this.name = admission.room;
    return admission;
  }

  /** @override */
  async authorization() {
    return `Guest ${this.#code}.${await guestKey(this.#code, this.#kept)}`;
  }
}

/**
 * Return this device's key for an invitation. With the same key, a reload or a lost answer takes no
 * second use and no second seat. It is kept under the invitation's id, which opens nothing.
 * @param {string} code
 * @param {KeyStorage} kept
 */
export async function guestKey(code, kept) {
  const place = `guest-key-${await invitationId(code)}`;
  const known = kept.getItem(place);
  if (known !== null) return known;
  const key = base64url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
  kept.setItem(place, key);
  return key;
}

/**
 * Return the id under which Roomkey lists the invitation of this code.
 * @param {string} code
 */
async function invitationId(code) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`invitation\n${code}`));
  const digits = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0"));
  return digits.join("").slice(0, ID_DIGITS);
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}
