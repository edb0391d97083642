// @ts-check

/**
 * The children of an element, by key. What stays in the list stays in the page, so that neither the
 * keyboard's focus nor a screen reader loses its place.
 * @template T
 * @template {HTMLElement} E
 */
export class KeyedList {
  /** @type {Map<string, E>} */
  #items = new Map();

  /**
   * @param {HTMLElement} parent Gets the focus of an item that goes.
   * @param {(value: T) => E} make
   * @param {(item: E, value: T) => void} update
   */
  constructor(parent, make, update) {
    this.#parent = parent;
    this.#make = make;
    this.#update = update;
  }

  #parent;
  #make;
  #update;

  /** @param {[string, T][]} values In the order in which they are shown. */
  show(values) {
    const wanted = new Set(values.map(([key]) => key));
    for (const [key, item] of this.#items) {
      if (wanted.has(key)) continue;
      const focused = item.contains(document.activeElement);
      this.#items.delete(key);
      item.remove();
      if (focused) this.#parent.focus();
    }
    for (const [index, [key, value]] of values.entries()) {
      const item = this.#items.get(key) ?? this.#make(value);
      this.#items.set(key, item);
      this.#update(item, value);
      const there = this.#parent.children[index] ?? null;
      if (there !== item) this.#parent.insertBefore(item, there);
    }
  }
}
