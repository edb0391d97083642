import assert from "node:assert/strict";
import { test } from "node:test";

import { InvitedRoom, guestKey } from "../../chalicelib/api/call_page/static/invited_room.js";
import { qrCode } from "../../chalicelib/api/call_page/static/qr.js";
import { Refusal, RoomkeyRoom } from "../../chalicelib/api/call_page/static/roomkey.js";
import {
  arrival,
  linkInWords,
  nameProblem,
  place,
  retryAfter,
  sentence,
  waitingPause,
  wayOut,
} from "../../chalicelib/api/call_page/static/sentences.js";

const ADMISSION = {
  apiKey: "1",
  sessionId: "s",
  token: "t",
  room: "standup",
  role: "moderator",
  serverTime: "2001-01-01T00:00:00Z",
  expiresAt: "2001-01-01T01:00:00Z",
};
const WAITING = { waiting: { id: "w", since: "2001-01-01T00:00:00Z", ahead: 2 } };

/** What browsers keep, without a browser. */
class Kept {
  #values = new Map();

  get keys() {
    return [...this.#values.keys()];
  }

  getItem(key) {
    return this.#values.get(key) ?? null;
  }

  setItem(key, value) {
    this.#values.set(key, value);
  }
}

/** Have `fetch` give these answers; return the requests that it got. */
function answering(t, ...answers) {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (url, request) => {
    asked.push({ url, ...request });
    const [status, content, headers = {}] = answers.shift();
    return new Response(content === null ? null : JSON.stringify(content), { status, headers });
  });
  return asked;
}

test("a device is the same guest each time, and another one for another code", async () => {
  const kept = new Kept();

  const key = await guestKey("CODE", kept);

  assert.match(key, /^[A-Za-z0-9_-]{32}$/);
  assert.equal(await guestKey("CODE", kept), key);
  assert.notEqual(await guestKey("OTHER", kept), key);
  assert.notEqual(await guestKey("CODE", new Kept()), key);
});

test("the device keeps no code: the key's place has the invitation's id", async () => {
  const kept = new Kept();

  await guestKey("CODE", kept);

  // sha256sum of "invitation\nCODE", as chalicelib/core/model/invitation.py has it.
  assert.deepEqual(kept.keys, ["guest-key-e7ae934ba211d46feb140eab"]);
});

test("a guest asks with the code and the key in the body alone, and learns the room", async (t) => {
  const asked = answering(t, [201, ADMISSION], [200, { items: [] }]);
  const room = new InvitedRoom("https://roomkey.test/api", "CODE", new Kept());

  assert.deepEqual(await room.admission("Ann"), ADMISSION);
  await room.waiting();

  assert.equal(room.name, "standup");
  assert.equal(asked[0].url, "https://roomkey.test/api/invitations/tokens");
  assert.deepEqual(asked[0].headers, {});
  const { code, guestKey: key, name } = JSON.parse(asked[0].body);
  assert.deepEqual([code, name], ["CODE", "Ann"]);
  assert.equal(asked[1].url, "https://roomkey.test/api/rooms/standup/waiting");
  assert.equal(asked[1].headers.Authorization, `Guest CODE.${key}`);
});

test("who must wait is told their place, and when to ask again", async (t) => {
  answering(t, [202, WAITING, { "Retry-After": "5" }], [201, ADMISSION]);
  const room = new RoomkeyRoom("https://roomkey.test", "standup", async () => "bearer");

  await assert.rejects(room.admission(), (refusal) => {
    assert.ok(refusal instanceof Refusal);
    assert.deepEqual([refusal.code, refusal.ahead, retryAfter(refusal)], ["must_wait", 2, 5]);
    assert.equal(sentence(refusal), "2 people are before you.");
    return true;
  });
  assert.deepEqual(await room.admission(), ADMISSION);
});

test("an answer that only counts who waits is no wait", async (t) => {
  answering(t, [200, { admitted: ["w"], waiting: 1 }]);
  const room = new RoomkeyRoom("https://roomkey.test", "standup", async () => "bearer");

  assert.deepEqual(await room.admitAll(), { admitted: ["w"], waiting: 1 });
});

test("a dead link and a closed door end the way in, and are not asked again", () => {
  const dead = new Refusal("invitation_invalid", "No.");
  assert.deepEqual([retryAfter(dead), sentence(dead)], [null, "This link is no longer good."]);
  assert.match(wayOut(dead.code), /new one/);
  const away = new Refusal("turned_away", "No.", { retryAfterSeconds: 600 });
  assert.deepEqual([retryAfter(away), sentence(away)], [null, "The host did not let you in."]);
  assert.match(wayOut(away.code), /10 minutes/);
  assert.equal(wayOut("room_full"), "");
});

test("one lost answer costs nobody the place in the line", () => {
  const lost = new Refusal("unreachable", "The service cannot be reached.");
  assert.deepEqual([waitingPause(lost, true), waitingPause(lost, false)], [2, null]);
  for (const [code, seconds, pause] of [
    ["store_unavailable", 2, 2],
    ["too_many_requests", 1, 1],
    ["internal", null, 5],
    ["room_locked", null, 5],
    ["waiting_room_full", 5, 5],
  ]) {
    const refusal = new Refusal(code, "No.", { retryAfterSeconds: seconds });
    assert.deepEqual([waitingPause(refusal, true), waitingPause(refusal, false)], [pause, null]);
  }
});

test("who must wait asks again when the service says so", () => {
  const wait = (seconds) => new Refusal("must_wait", "Wait.", { retryAfterSeconds: seconds });
  assert.equal(waitingPause(wait(5), false), 5);
  assert.equal(waitingPause(wait(30), true), 30);
  assert.equal(waitingPause(wait(null), true), 5);
});

test("a refusal that lasts ends the wait", () => {
  for (const code of ["invitation_invalid", "turned_away", "banned", "room_closed"]) {
    assert.equal(waitingPause(new Refusal(code, "No.", { retryAfterSeconds: 1 }), true), null);
  }
  assert.equal(waitingPause(new Refusal("room_full", "No.", { retryAfterSeconds: 42 }), true), null);
});

test("somebody who waits and gets no answer gives up early enough to keep the place", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let answered = true;
  t.mock.method(globalThis, "fetch", (_url, { signal }) => {
    if (answered) return Promise.resolve(new Response(JSON.stringify(WAITING), { status: 202 }));
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
  const room = new RoomkeyRoom("https://roomkey.test", "standup", async () => "bearer");
  const codeWithin = async (milliseconds) => {
    const code = room.admission().catch((refusal) => refusal.code);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    t.mock.timers.tick(milliseconds);
    return await Promise.race([code, new Promise((resolve) => setImmediate(resolve, "asks"))]);
  };

  assert.equal(await codeWithin(0), "must_wait");
  answered = false;
  assert.equal(await codeWithin(4_999), "asks");
  assert.equal(await codeWithin(5_000), "unreachable");
  const other = new RoomkeyRoom("https://roomkey.test", "standup", async () => "bearer");
  const first = other.admission().catch((refusal) => refusal.code);
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  t.mock.timers.tick(9_999);
  assert.equal(
    await Promise.race([first, new Promise((resolve) => setImmediate(resolve, "asks"))]),
    "asks",
  );
});

test("a guest needs a name that can be seen, and a member may have none", () => {
  for (const blank of ["", "\u200b", "\u202e\u2066", "\u0000", "\u00ad \ufeff"]) {
    assert.equal(nameProblem(blank, true), "Please give your name, with a letter or a number.");
  }
  assert.equal(nameProblem("", false), "");
  assert.notEqual(nameProblem("\u200b", false), "");
  for (const name of ["Ann", "李", "7", "إيمان", "👩‍⚕️", "O\u2019Neil"]) {
    assert.equal(nameProblem(name, true), "");
  }
});

test("places, arrivals and links are told in words", () => {
  assert.deepEqual([0, 1, 2].map(place), [
    "You are next.",
    "One person is before you.",
    "2 people are before you.",
  ]);
  assert.equal(arrival(["Bea"]), "Bea waits to be let in.");
  assert.equal(arrival(["Bea", "Carl"]), "2 people wait to be let in.");
  const link = { role: "publisher", name: null, maxUses: null, uses: 0, expiresAt: "2001-01-01" };
  assert.match(linkInWords(link), /^Guests: nobody came yet\. Good until /);
  assert.match(linkInWords({ ...link, maxUses: 1, uses: 1 }), /^One guest: 1 of 1 came\. /);
  assert.match(linkInWords({ ...link, role: "moderator", uses: 2 }), /^A host: 2 came\. /);
});

test("a text that is too long for a code has none", () => {
  assert.equal(qrCode("x".repeat(412)).length, 77);
  assert.equal(qrCode("x".repeat(413)), null);
});
