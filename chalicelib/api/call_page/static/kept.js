// @ts-check
// What the browser keeps for the page: for this tab, and for this device.

/** A storage, or the page's own memory where the browser keeps nothing, as with blocked cookies. */
export class Kept {
  /** @type {Map<string, string>} */
  #memory = new Map();

  /** @param {() => Storage} storage Gives the storage; may throw, as `localStorage` does. */
  constructor(storage) {
    this.#storage = storage;
  }

  #storage;

  /** False where all is forgotten as the page is closed or loaded again. */
  get lasts() {
    try {
      const storage = this.#storage();
      storage.setItem("probe", "");
      storage.removeItem("probe");
      return true;
    } catch {
      return false;
    }
  }

  /** @param {string} key */
  getItem(key) {
    const remembered = this.#memory.get(key);
    if (remembered !== undefined) return remembered;
    try {
      return this.#storage().getItem(key);
    } catch {
      return null;
    }
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  setItem(key, value) {
    this.removeItem(key);
    try {
      this.#storage().setItem(key, value);
    } catch {
      this.#memory.set(key, value);
    }
  }

  /** @param {string} key */
  removeItem(key) {
    this.#memory.delete(key);
    try {
      this.#storage().removeItem(key);
    } catch {
      // The browser keeps nothing that could be removed.
    }
  }
}

export const tab = new Kept(() => sessionStorage);
export const device = new Kept(() => localStorage);
