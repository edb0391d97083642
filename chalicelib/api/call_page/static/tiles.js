// @ts-check
// The grid of pictures.

import { element, made } from "./elements.js";
import { arrangement } from "./grid.js";

/** @typedef {import("./types.js").Tile} Tile */

const GAP = 8;
const SPEAKS = 0.05; // The level of sound from which somebody speaks.
const QUIET_MS = 700; // A pause between two words is no end of speaking.

export class Tiles {
  #list = element("tiles", HTMLUListElement);
  /** @type {Map<string, { tile: Tile, item: HTMLLIElement, heardAt: number }>} */
  #shown = new Map();

  constructor() {
    new ResizeObserver(() => this.#arrange()).observe(this.#list);
  }

  /** @param {Tile} tile */
  add(tile) {
    this.remove(tile.id);
    const item = made("li", { className: "tile" });
    item.dataset.stream = tile.id;
    item.dataset.own = String(tile.own);
    item.append(
      made("p", { className: "note" }),
      made("p", { className: "name" }, tile.name),
      made("p", { className: "muted" }, "muted"),
    );
    this.#shown.set(tile.id, { tile, item, heardAt: 0 });
    this.#list.append(item);
    this.change(tile.id, tile);
    this.#arrange();
  }

  /**
   * @param {string} id
   * @param {Partial<Tile>} change
   */
  change(id, change) {
    const shown = this.#shown.get(id);
    if (shown === undefined) return;
    Object.assign(shown.tile, change);
    const { tile, item } = shown;
    if (tile.video !== null && tile.video.parentElement !== item) item.prepend(tile.video);
    tile.video?.setAttribute("aria-label", tile.name);
    part(item, "name").textContent = tile.name;
    part(item, "note").textContent = tile.note;
    item.dataset.picture = String(tile.note === "" && tile.video !== null);
    part(item, "muted").hidden = tile.audio;
  }

  /** @param {string} id */
  remove(id) {
    this.#shown.get(id)?.item.remove();
    this.#shown.delete(id);
    this.#arrange();
  }

  clear() {
    for (const id of [...this.#shown.keys()]) this.remove(id);
  }

  /**
   * @param {string} id
   * @param {number} level
   */
  level(id, level) {
    const shown = this.#shown.get(id);
    if (shown === undefined) return;
    const now = performance.now();
    if (level > SPEAKS && shown.tile.audio) shown.heardAt = now;
    shown.item.dataset.speaking = String(now - shown.heardAt < QUIET_MS);
  }

  #arrange() {
    const { clientWidth, clientHeight } = this.#list;
    const { width, height } = arrangement(this.#shown.size, clientWidth, clientHeight, GAP);
    for (const { item } of this.#shown.values()) {
      item.style.width = `${width}px`;
      item.style.height = `${height}px`;
    }
  }
}

/**
 * @param {HTMLElement} item
 * @param {string} name
 * @returns {HTMLElement}
 */
function part(item, name) {
  return /** @type {HTMLElement} */ (item.querySelector(`.${name}`));
}
