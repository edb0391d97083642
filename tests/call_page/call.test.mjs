import assert from "node:assert/strict";
import { test } from "node:test";

import { Call } from "../../chalicelib/api/call_page/static/call.js";

const CHOICE = { name: "Alice", microphone: true, camera: true };

class Emitter {
  #handlers = new Map();

  on(name, handler) {
    this.#handlers.set(name, handler);
  }

  emit(name, event = {}) {
    this.#handlers.get(name)?.(event);
  }
}

/** A library whose session does what the test says, and a screen that keeps what it is shown. */
function scene({ role = "publisher", refusals = [] } = {}) {
  const publishers = [];
  const session = Object.assign(new Emitter(), {
    connection: { connectionId: "own", data: "" },
    connect: (_token, done) => done(),
    disconnect: async () => session.emit("sessionDisconnected", { reason: "clientDisconnected" }),
    publish: (publisher, done) => {
      const refusal = refusals.shift();
      if (refusal === undefined) publisher.stream = { streamId: "o1" };
      done(refusal);
    },
    subscribe: () => new Emitter(),
  });
  const library = {
    initSession: () => session,
    initPublisher: (_target, properties) => {
      const publisher = Object.assign(new Emitter(), {
        properties,
        destroyed: false,
        destroy: () => {
          publisher.destroyed = true;
        },
        getVideoSource: () => ({ track: {} }),
        publishAudio: () => {},
        publishVideo: () => {},
      });
      publishers.push(publisher);
      return publisher;
    },
  };
  const told = [];
  const shown = [];
  const removed = [];
  const quiet = () => {};
  const screen = {
    show: (state) => shown.push(state),
    notify: (text) => told.push(text),
    addTile: quiet,
    changeTile: quiet,
    removeTile: (id) => removed.push(id),
    level: quiet,
    chat: quiet,
    closing: quiet,
    ended: quiet,
  };
  const room = { admission: async () => ({ apiKey: "1", sessionId: "s", token: "t", role }) };
  const call = new Call(library, room, screen, CHOICE);
  return { call, session, publishers, removed, told, state: () => shown.at(-1) };
}

function stream(streamId, connectionId, videoType = "camera") {
  return { streamId, videoType, hasAudio: true, connection: { connectionId, data: "" } };
}

test("the microphone is off where publishing failed, and on again once it succeeds", async (t) => {
  t.mock.method(console, "warn", () => {});
  const { call, publishers, told, state } = scene({ refusals: [new Error("no device")] });
  await call.join();
  assert.deepEqual([state().microphone, state().camera, state().publishing], [false, false, 0]);
  assert.deepEqual(told, ["The others cannot see or hear you."]);
  assert.equal(publishers[0].destroyed, true);

  await call.own.setMicrophone(true);
  assert.deepEqual([state().microphone, state().camera, state().publishing], [true, true, 1]);
});

test("the microphone and camera are off where a moderator unpublished them", async () => {
  const { call, publishers, told, state } = scene();
  await call.join();
  publishers[0].emit("streamDestroyed", { reason: "forceUnpublished" });
  assert.deepEqual([state().microphone, state().camera], [false, false]);
  assert.deepEqual(told, ["A moderator has stopped your camera and microphone."]);

  await call.own.setCamera(true);
  assert.deepEqual([state().microphone, state().camera], [false, true]);
  assert.equal(publishers[1].properties.publishAudio, false);
});

test("who was muted joins muted after a lost network, by the choice that the call kept", async () => {
  const { call, publishers } = scene();
  await call.join();
  publishers[0].emit("muteForced");

  assert.equal(call.choice.microphone, false);
  assert.equal(CHOICE.microphone, true);
});

test("a call that ended while the devices were asked for tells nothing more", async (t) => {
  t.mock.method(console, "warn", () => {});
  const { call, session, publishers, told } = scene();
  let refuse;
  session.publish = (_publisher, done) => {
    refuse = done;
  };
  const joined = call.join();
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  await call.leave();
  refuse(new Error("not connected"));
  await joined;

  assert.deepEqual(told, []);
  assert.equal(publishers[0].destroyed, true);
});

test("a call that ended while the devices were asked for leaves the next one's picture", async (t) => {
  t.mock.method(console, "warn", () => {});
  const { call, session, publishers, removed } = scene();
  let refuse;
  session.publish = (_publisher, done) => {
    refuse = done;
  };
  const joined = call.join();
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  await call.leave();
  assert.equal(publishers[0].destroyed, true); // It shows no picture any more, and frees the devices.
  refuse(new Error("aborted"));
  await joined;

  assert.deepEqual(removed, []);
});

test("people are counted once, however many streams they have", async () => {
  const { call, session, state } = scene();
  await call.join();
  session.emit("streamCreated", { stream: stream("s1", "bob") });
  session.emit("streamCreated", { stream: stream("s2", "bob", "screen") });
  assert.equal(state().publishing, 2);

  session.emit("streamDestroyed", { stream: stream("s1", "bob") });
  assert.equal(state().publishing, 2);
  session.emit("streamDestroyed", { stream: stream("s2", "bob", "screen") });
  assert.equal(state().publishing, 1);
});

test("who hears of no stream is told no number of those who publish", async () => {
  const { call, state } = scene({ role: "publisheronly" });
  await call.join();

  assert.equal(state().publishing, null);
});

test("there is no camera to switch on for audio only", async () => {
  const { call, state } = scene();
  call.choice.videoSource = null;
  await call.join();

  assert.equal(state().camera, null);
});

test("a call that has ended neither records nor reconnects", async () => {
  const { call, session, publishers, state } = scene();
  await call.join();
  session.emit("archiveStarted", { id: "a1" });
  session.emit("sessionReconnecting");
  assert.deepEqual([state().recording, state().reconnecting], ["a1", true]);
  await call.leave();
  publishers[0].emit("streamDestroyed", { reason: "clientDisconnected" });

  assert.deepEqual([state().recording, state().reconnecting], [null, false]);
  assert.equal(state().connected, false);
});
