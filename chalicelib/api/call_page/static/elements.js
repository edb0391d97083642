// @ts-check

/**
 * Return the page's element with this id.
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} kind
 * @returns {E}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no #${id}.`);
  return found;
}

/**
 * Make an element; its children are texts or elements.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Partial<HTMLElementTagNameMap[T]>} properties
 * @param {(string | Node)[]} children
 */
export function made(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  Object.assign(node, properties);
  node.append(...children);
  return node;
}

/**
 * Change a text; the same text again is no change, which screen readers would read out.
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {string} id
 * @param {() => void | Promise<void>} act
 * @param {(error: unknown) => void} [failed]
 */
export function onClick(id, act, failed = (error) => console.warn(error)) {
  element(id, HTMLElement).addEventListener("click", () => {
    Promise.resolve().then(act).catch(failed);
  });
}
