import assert from "node:assert/strict";
import { test } from "node:test";

import { InvitedRoom, guestKey } from "../../chalicelib/api/call_page/static/invited_room.js";
import { Kept } from "../../chalicelib/api/call_page/static/kept.js";

/** A browser's storage, without a browser. */
class Storage {
  #values = new Map();

  getItem(key) {
    return this.#values.get(key) ?? null;
  }

  setItem(key, value) {
    this.#values.set(key, value);
  }

  removeItem(key) {
    this.#values.delete(key);
  }
}

function denied() {
  throw new DOMException("denied", "SecurityError");
}

test("what the browser keeps is in its storage", () => {
  const storage = new Storage();
  const kept = new Kept(() => storage);

  kept.setItem("key", "value");
  assert.deepEqual([storage.getItem("key"), kept.getItem("key")], ["value", "value"]);
  assert.equal(new Kept(() => storage).getItem("key"), "value");
  assert.equal(kept.lasts, true);

  kept.removeItem("key");
  assert.deepEqual([storage.getItem("key"), kept.getItem("key")], [null, null]);
});

test("a page without storage remembers by itself, and says that it will not last", () => {
  const kept = new Kept(denied);
  assert.equal(kept.getItem("key"), null);

  kept.setItem("key", "value");
  assert.equal(kept.getItem("key"), "value");
  assert.equal(kept.lasts, false);

  kept.removeItem("key");
  assert.equal(kept.getItem("key"), null);
});

test("a storage that is full is like none", () => {
  const full = Object.assign(new Storage(), { setItem: denied });
  const kept = new Kept(() => full);

  kept.setItem("key", "value");
  assert.deepEqual([kept.getItem("key"), full.getItem("key")], ["value", null]);
  assert.equal(kept.lasts, false);
});

test("a guest whose browser keeps nothing is the same guest until the page ends", async (t) => {
  const kept = new Kept(denied);
  const bodies = [];
  t.mock.method(globalThis, "fetch", async (_url, { body }) => {
    bodies.push(JSON.parse(body));
    return new Response('{"waiting": {"id": "w", "ahead": 0}}', { status: 202 });
  });
  const room = new InvitedRoom("https://roomkey.test", "CODE", kept);

  await assert.rejects(room.admission("Ann"));
  await assert.rejects(room.admission("Ann"));
  assert.equal(bodies[0].guestKey, bodies[1].guestKey);
  assert.equal(bodies[0].guestKey, await guestKey("CODE", kept));
});
