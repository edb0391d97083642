import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Refusal,
  RoomkeyRoom,
  participantIn,
} from "../../chalicelib/api/call_page/static/roomkey.js";

const ADMISSION = {
  apiKey: "1",
  sessionId: "s",
  token: "t",
  role: "publisher",
  serverTime: "2001-01-01T00:00:00Z",
  expiresAt: "2001-01-01T01:00:00Z",
};

function answer(status, content, headers = {}) {
  return new Response(content === null ? null : JSON.stringify(content), { status, headers });
}

/** A room whose service gives these answers, and the requests that it got. */
function room(t, ...answers) {
  const asked = [];
  t.mock.method(globalThis, "fetch", async (url, request) => {
    asked.push({ url, ...request });
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next;
  });
  const bearers = [];
  const wanted = new RoomkeyRoom("https://roomkey.test/api", "my room", async (fresh) => {
    bearers.push(fresh);
    return fresh ? "fresh" : "kept";
  });
  return { room: wanted, asked, bearers };
}

test("an admission is asked for with the bearer and the name, and kept while it lasts", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 0 });
  const { room: wanted, asked } = room(t, answer(201, ADMISSION), answer(201, ADMISSION));

  assert.deepEqual(await wanted.admission("Alice"), ADMISSION);
  t.mock.timers.setTime(3_569_000);
  await wanted.admission("Alice");
  assert.equal(asked.length, 1);
  assert.equal(asked[0].url, "https://roomkey.test/api/rooms/my%20room/tokens");
  assert.equal(asked[0].headers.Authorization, "Bearer kept");
  assert.deepEqual(JSON.parse(asked[0].body), { name: "Alice" });

  t.mock.timers.setTime(3_571_000);
  await wanted.admission("Alice");
  assert.equal(asked.length, 2);
});

test("a token that OpenTok refused is not kept", async (t) => {
  const { room: wanted, asked } = room(t, answer(201, ADMISSION), answer(201, ADMISSION));

  await wanted.admission();
  wanted.forget();
  await wanted.admission();

  assert.equal(asked.length, 2);
});

test("a 401 is asked once more, with a fresh bearer", async (t) => {
  const problem = { code: "unauthenticated", detail: "No." };
  const { room: wanted, asked, bearers } = room(t, answer(401, problem), answer(201, ADMISSION));

  await wanted.admission();

  assert.deepEqual(bearers, [false, true]);
  assert.equal(asked[1].headers.Authorization, "Bearer fresh");
});

test("a second 401 is a refusal", async (t) => {
  const problem = { code: "unauthenticated", detail: "No." };
  const { room: wanted } = room(t, answer(401, problem), answer(401, problem));

  await assert.rejects(wanted.admission(), { code: "unauthenticated" });
});

test("a problem is a refusal, with the time to wait", async (t) => {
  const problem = { code: "room_full", detail: "Full." };
  const { room: wanted } = room(t, answer(409, problem, { "Retry-After": "42" }));

  await assert.rejects(wanted.admission(), (error) => {
    assert.ok(error instanceof Refusal);
    assert.deepEqual([error.code, error.message, error.retryAfterSeconds], ["room_full", "Full.", 42]);
    return true;
  });
});

test("no answer, and an answer that is none of Roomkey's, are unreachable with their cause", async (t) => {
  const { room: wanted } = room(t, new TypeError("no network"), new Response("<html>"));

  await assert.rejects(wanted.admission(), { code: "unreachable", cause: new TypeError("no network") });
  await assert.rejects(wanted.admission(), { code: "unreachable" });
});

test("a sign-in that fails is a refusal with its cause, and nothing is asked", async (t) => {
  const asked = t.mock.method(globalThis, "fetch");
  const cause = new Error("signed out");
  const wanted = new RoomkeyRoom("https://roomkey.test", "room", async () => {
    throw cause;
  });

  await assert.rejects(wanted.admission(), { code: "no_bearer", cause });
  assert.equal(asked.mock.callCount(), 0);
});

test("an empty answer is none to read", async (t) => {
  const { room: wanted, asked } = room(t, answer(204, null));

  await wanted.mute("stream-1");

  assert.equal(asked[0].method, "POST");
  assert.equal(asked[0].url, "https://roomkey.test/api/rooms/my%20room/streams/stream-1/mute");
});

test("connection data says who somebody is, in both forms", () => {
  const data = JSON.stringify({ userId: "u1", name: "Ann", role: "publisher", data: null });
  assert.deepEqual(participantIn(data), { userId: "u1", name: "Ann" });
  assert.deepEqual(participantIn('{"userId": "u2", "name": null}'), { userId: "u2", name: "u2" });
  assert.deepEqual(participantIn("username=Ann+B%26C&userId=u3"), { userId: "u3", name: "Ann B&C" });
  assert.deepEqual(participantIn("something else"), { userId: null, name: "Somebody" });
});
