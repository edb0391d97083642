import assert from "node:assert/strict";
import { test } from "node:test";

import { Participants } from "../../chalicelib/api/call_page/static/participants.js";

const SOMEBODY = { userId: null, name: "Somebody" };

/** Participants of a room that answers as told; `pass` lets time go by. */
function scene(t, answers) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asked = [];
  let changes = 0;
  const room = {
    participants: async (ids) => {
      asked.push(ids);
      const answer = answers.shift() ?? [];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const participants = new Participants(room, () => changes++);
  const pass = async (milliseconds) => {
    t.mock.timers.tick(milliseconds);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return { participants, asked, pass, changes: () => changes };
}

/** What strict privacy writes into a connection. */
function sealed(id) {
  return JSON.stringify({ participant: id, role: "publisher", data: null });
}

test("whom the data names is known without asking", (t) => {
  const { participants, asked } = scene(t, []);
  assert.deepEqual(participants.of('{"userId":"u1","name":"Ann"}'), { userId: "u1", name: "Ann" });
  assert.deepEqual(participants.of("something else"), SOMEBODY);
  assert.deepEqual(asked, []);
});

test("those behind opaque ids are asked for together, once, and then known", async (t) => {
  const { participants, asked, pass, changes } = scene(t, [
    [
      { id: "a", userId: "u1", name: "Ann" },
      { id: "b", userId: "u2", name: null },
    ],
  ]);
  for (const id of ["a", "b", "c", "a"]) assert.deepEqual(participants.of(sealed(id)), SOMEBODY);
  assert.deepEqual(participants.of("participant=b"), SOMEBODY);
  await pass(50);
  assert.deepEqual(asked, [["a", "b", "c"]]);
  assert.equal(changes(), 1);
  assert.deepEqual(participants.of(sealed("a")), { userId: "u1", name: "Ann" });
  assert.deepEqual(participants.of("participant=b"), { userId: "u2", name: "u2" });
  assert.deepEqual(participants.of(sealed("c")), SOMEBODY);
  await pass(5000);
  assert.equal(asked.length, 1);
});

test("a refusal is met by asking again, and not for ever", async (t) => {
  const refusals = Array.from({ length: 20 }, () => new Error("not_in_room"));
  const { participants, asked, pass } = scene(t, refusals);
  participants.of(sealed("a"));
  for (let second = 0; second < 20; second++) await pass(1000);
  assert.equal(asked.length, 10);
  participants.of(sealed("a"));
  await pass(1000);
  assert.equal(asked.length, 10);
});

test("more than twenty are asked for one part after the other", async (t) => {
  const { participants, asked, pass } = scene(t, []);
  for (let number = 0; number < 25; number++) participants.of(sealed(`id${number}`));
  await pass(50);
  await pass(50);
  assert.deepEqual(asked.map((ids) => ids.length), [20, 5]);
});

test("nobody is asked for once the call is over", async (t) => {
  const { participants, asked, pass } = scene(t, []);
  participants.of(sealed("a"));
  participants.stop();
  await pass(1000);
  assert.deepEqual(asked, []);
});
