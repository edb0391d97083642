import assert from "node:assert/strict";
import { test } from "node:test";

import { Refusal } from "../../chalicelib/api/call_page/static/roomkey.js";
import {
  complaint,
  counts,
  deviceProblem,
  duration,
  endOf,
  retryAfter,
  sentence,
  stateOf,
} from "../../chalicelib/api/call_page/static/sentences.js";

const ROOM = { room: "standup", state: "open", maxParticipants: null, opensAt: null, closesAt: null };

test("a refusal that nothing changes is not asked again", () => {
  for (const code of ["unauthenticated", "banned", "not_a_member", "room_closed", "feature_disabled"]) {
    assert.equal(retryAfter(new Refusal(code, "No.", { retryAfterSeconds: 5 })), null);
  }
});

test("another refusal is asked again after the time that the service names, or 15 seconds", () => {
  assert.equal(retryAfter(new Refusal("room_full", "Full.", { retryAfterSeconds: 42 })), 42);
  assert.equal(retryAfter(new Refusal("room_locked", "Locked.")), 15);
  assert.equal(retryAfter(new Refusal("unreachable", "Away.")), 15);
});

test("a room that opens soon is asked again as it opens, and one that opens later is not", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-01-31T12:00:00Z") });
  const at = (opensAt) => retryAfter(new Refusal("room_not_open", "Later.", { opensAt }));
  assert.equal(at("2026-01-31T12:05:00Z"), 300);
  assert.equal(at("2026-01-31T11:59:00Z"), 1);
  assert.equal(at("2026-01-31T13:00:01Z"), null);
});

test("a refusal without a sentence of its own is told in the service's words", () => {
  assert.equal(sentence(new Refusal("store_unavailable", "The store is away.")), "The store is away.");
  assert.equal(sentence(new Refusal("room_full", "detail")), "This room is full.");
});

test("a room's state is told in words", () => {
  const counts = { connections: 3, seatsHeld: 3 };
  assert.equal(stateOf({ ...ROOM, counts: { connections: 0 } }), "Nobody is in this room.");
  assert.equal(stateOf({ ...ROOM, counts, maxParticipants: 8 }), "3 in this room. It has 8 seats.");
  assert.equal(stateOf({ ...ROOM, counts, state: "locked" }), "3 in this room. It is locked.");
  assert.equal(stateOf({ ...ROOM, state: "closed" }), "This room is closed.");
});

test("why a camera cannot be had is told for the browser's and for OpenTok's errors", () => {
  for (const names of [
    ["NotAllowedError", "OT_USER_MEDIA_ACCESS_DENIED"],
    ["NotFoundError", "OT_NO_DEVICES_FOUND"],
    ["NotReadableError", "OT_HARDWARE_UNAVAILABLE"],
    ["OverconstrainedError", "OT_CONSTRAINTS_NOT_SATISFIED"],
  ]) {
    const [one, other] = names.map((name) => deviceProblem(name));
    assert.equal(one, other);
    assert.ok(one !== null && one !== deviceProblem("AbortError"));
  }
});

test("an error is told by its device, by Roomkey's refusal, or in its own words", () => {
  const named = (name) => Object.assign(new Error("The words of the library."), { name });
  assert.equal(complaint(named("NotAllowedError")), deviceProblem("NotAllowedError"));
  assert.equal(complaint(named("OT_NOT_CONNECTED")), "The words of the library.");
  assert.equal(complaint(named("NotAllowedErrorOfMine")), "The words of the library.");
  assert.equal(complaint(new Refusal("room_full", "detail")), "This room is full.");
});

test("how many are in the call is told, and how many publish where that is known", () => {
  assert.equal(counts(1, 0), "1 in the call, 0 seen or heard");
  assert.equal(counts(3, 2), "3 in the call, 2 seen or heard");
  assert.equal(counts(3, null), "3 in the call");
});

test("a duration has minutes and seconds, and is never negative", () => {
  assert.deepEqual([0, 59.2, 61, 600, -5].map(duration), ["0:00", "1:00", "1:01", "10:00", "0:00"]);
});

test("each reason of an end has its words", () => {
  const reasons = ["clientDisconnected", "forceDisconnected", "mediaIdle", "networkDisconnected"];
  assert.equal(new Set(reasons.map(endOf)).size, reasons.length);
});
