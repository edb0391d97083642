import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { connectedPage, openPage, settled } from "./stub_browser.mjs";

const BOB = { connectionId: "bob", creationTime: 0, data: "" };
const STREAM = { streamId: "s1", connectionId: "bob", hasAudio: true, hasVideo: true, name: "" };

/** What a page subscribes to. */
const BOBS = { ...STREAM, connection: BOB };

/** Publish the camera, and have the stand-in accept it. */
async function publishing(page) {
  const publisher = page.OT.initPublisher(undefined, { insertDefaultUI: false });
  const published = page.session.publish.promise(publisher);
  await settled();
  const socket = page.sockets.at(-1);
  const { request } = socket.sent.at(-1);
  socket.says({ type: "answer", request, stream: { ...STREAM, connectionId: "own", streamId: "o1" } });
  await published;
  return publisher;
}

function relays(socket, from, content) {
  socket.says({ type: "relay", from, content });
}

test("an option that the library does not have is an error that names it", () => {
  const { OT } = openPage();
  const session = OT.initSession("1", "s");
  const tried = {
    encryptionSecret: () => OT.initSession("1", "s", { encryptionSecret: "secret" }),
    iceConfig: () => OT.initSession("1", "s", { iceConfig: { transportPolicy: "relay" } }),
    videoFilter: () => OT.initPublisher(null, { videoFilter: { type: "backgroundBlur" } }),
    audioBitrate: () => OT.initPublisher(null, { audioBitrate: 64_000 }),
    audioSource: () => OT.initPublisher(null, { videoSource: "screen", audioSource: "mic" }),
    preferredResolution: () =>
      session.subscribe(BOBS, null, { preferredResolution: { width: 320, height: 240 } }),
    testNetwork: () => session.subscribe(BOBS, null, { testNetwork: true }),
    retryAfterReconnect: () => session.signal({ data: "now", retryAfterReconnect: false }),
  };
  for (const [name, attempt] of Object.entries(tried)) {
    assert.throws(attempt, { message: new RegExp(`does not have .*${name}`) }, name);
  }
});

test("an option that asks for what the library does anyway is none to refuse", async () => {
  const { OT } = openPage();
  OT.initSession("1", "s", { ipWhitelist: false, iceConfig: undefined });
  const publisher = OT.initPublisher(null, {
    audioFallback: { publisher: false },
    preferredVideoCodecs: "automatic",
    publishCaptions: false,
    videoContentHint: "",
  });
  await publisher.ready;
  publisher.destroy();
});

test("a method that the library does not have is an error that names it", async () => {
  const page = await connectedPage({ connections: [BOB], streams: [STREAM] });
  const publisher = page.OT.initPublisher();
  const subscriber = page.session.subscribe(BOBS);
  const missing = {
    "OT.setProxyUrl": page.OT.setProxyUrl,
    "Publisher.getStats": publisher.getStats,
    "Session.setEncryptionSecret": page.session.setEncryptionSecret,
    "Subscriber.restrictFrameRate": subscriber.restrictFrameRate,
    "Subscriber.restrictFrameRate ": subscriber.restrictFrameRate.promise,
  };
  for (const [name, method] of Object.entries(missing)) {
    assert.throws(method, { message: new RegExp(`does not have ${name.trim()}\\.$`) });
  }
  subscriber.end("unsubscribed");
  publisher.destroy();
});

test("each public name of the official package is there, or says that it is missing", async () => {
  const { OT, session } = await connectedPage();
  const made = {
    Publisher: OT.initPublisher(),
    Session: session,
    Subscriber: new OT.Subscriber(session, BOBS),
  };
  const types = readFileSync(process.env.CLIENT_TYPES, "utf8");
  const lacking = [];
  let looked = 0;
  for (const [, title, body] of types.matchAll(/export class (\w+) extends [^]*?\}> \{([^]*?)\n  \}/g)) {
    for (const [, name] of body.matchAll(/^    (\w+)(?:\(|<|: \{)/gm)) {
      looked += 1;
      if (!(name in made[title])) lacking.push(`${title}.${name}`);
    }
  }
  for (const [, name] of types.matchAll(/export function (\w+)/g)) {
    looked += 1;
    if (!(name in OT)) lacking.push(`OT.${name}`);
  }
  made.Publisher.destroy();

  assert.ok(looked > 90, `${looked} names`);
  assert.deepEqual(lacking, []);
});

test("handlers are chained, added once, by map, and taken off", () => {
  const { OT } = openPage();
  const session = OT.initSession("1", "s");
  const heard = [];
  const first = () => heard.push("first");
  session
    .on("one two", first)
    .once("one", () => heard.push("once"))
    .on({ two: () => heard.push("map") });
  session.emit("one");
  session.emit("one");
  session.emit("two");
  session.off("two", first).emit("two");

  assert.deepEqual(heard, ["first", "once", "first", "first", "map", "map"]);
});

test("a client that was removed while its socket was lost hears so when it is back", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { sockets, heard, session } = await connectedPage();
  sockets[0].breaks();
  sockets[1].opens();
  assert.deepEqual(sockets[1].sent[0], {
    type: "resume",
    connectionId: "own",
    secret: "secret",
    received: 1,
  });
  sockets[1].says({ type: "resumed" });
  sockets[1].says({ type: "disconnected", reason: "forceDisconnected", number: 2 });

  assert.deepEqual(heard, ["sessionReconnecting", "sessionReconnected", "forceDisconnected"]);
  assert.equal(session.isConnected(), false);
  t.mock.timers.tick(60_000);
  assert.equal(sockets.length, 2); // It does not come back.
});

test("a network that stays away for longer than the grace ends the session once", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { sockets, heard } = await connectedPage();
  sockets[0].breaks();
  for (let tries = 0; tries < 60; tries += 1) {
    sockets.at(-1).breaks();
    t.mock.timers.tick(500);
  }

  assert.deepEqual(heard, ["sessionReconnecting", "networkDisconnected"]);
});

test("who leaves during an outage is out at once, and the stand-in hears it later", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { sockets, heard, session } = await connectedPage();
  sockets[0].breaks();
  await session.disconnect();
  assert.deepEqual(heard, ["sessionReconnecting", "clientDisconnected"]);
  assert.equal(session.isConnected(), false);

  sockets[1].opens();
  sockets[1].says({ type: "resumed" });
  assert.equal(sockets[1].sent.at(-1).type, "disconnect");
  sockets[1].says({ type: "disconnected", reason: "clientDisconnected", number: 2 });
  assert.deepEqual(heard, ["sessionReconnecting", "clientDisconnected"]);
});

test("requests of an outage are sent once the socket is back", async () => {
  const { sockets, session } = await connectedPage();
  sockets[0].breaks();
  const signalled = session.signal({ type: "chat", data: "hello" });
  sockets[1].opens();
  sockets[1].says({ type: "resumed" });
  const { request, data } = sockets[1].sent.at(-1);
  assert.equal(data, "hello");
  sockets[1].says({ type: "answer", request });

  await signalled;
});

test("captured devices are free once the session has ended", async () => {
  const page = await connectedPage();
  await publishing(page);
  assert.deepEqual(page.tracks.map(({ stopped }) => stopped), [false, false]);

  page.sockets[0].says({ type: "disconnected", reason: "forceDisconnected", number: 2 });

  assert.deepEqual(page.tracks.map(({ stopped }) => stopped), [true, true]);
});

test("captured devices are free where publishing is given up before they are had", async () => {
  const { OT, tracks } = openPage();
  const publisher = OT.initPublisher();
  publisher.destroy();
  await assert.rejects(publisher.ready, { name: "OT_MEDIA_ERR_ABORTED" });

  assert.deepEqual(tracks.map(({ stopped }) => stopped), [true, true]);
});

test("a camera that is switched after the end is free at once", async () => {
  const { OT, tracks } = openPage();
  const publisher = OT.initPublisher();
  await publisher.ready;
  publisher.destroy();
  await assert.rejects(publisher.setVideoSource("video-2"), { name: "OT_MEDIA_ERR_ABORTED" });

  assert.deepEqual(tracks.map(({ stopped }) => stopped), [true, true, true]);
});

test("a publisher keeps no peer of a client that left, unsubscribed or failed", async () => {
  const page = await connectedPage({ connections: [BOB, { ...BOB, connectionId: "carol" }] });
  const publisher = await publishing(page);
  const [socket] = page.sockets;
  for (const [subscription, from] of [["one", "bob"], ["two", "carol"], ["three", "carol"]]) {
    relays(socket, from, { streamId: "o1", subscription, kind: "subscribe" });
  }
  await settled();
  assert.deepEqual(page.peers.map((each) => each.signalingState), ["stable", "stable", "stable"]);

  socket.says({ type: "connectionDestroyed", connectionId: "bob", reason: "networkDisconnected" });
  relays(socket, "carol", { streamId: "o1", subscription: "two", kind: "unsubscribe" });
  page.peers[2].connectionState = "failed";
  page.peers[2].dispatch("connectionstatechange");
  await settled();

  assert.deepEqual(page.peers.map((each) => each.signalingState), ["closed", "closed", "closed"]);
  publisher.destroy();
});

test("a subscriber that ends closes its peer, and what comes later is no error", async () => {
  const page = await connectedPage({ connections: [BOB], streams: [STREAM] });
  const [socket] = page.sockets;
  const subscriber = page.session.subscribe(BOBS, undefined, { insertDefaultUI: false });
  const { subscription } = socket.sent.at(-1).content;
  relays(socket, "bob", { streamId: "s1", subscription, kind: "offer", description: {} });
  page.session.unsubscribe(subscriber); // While the offer is being answered.
  relays(socket, "bob", { streamId: "s1", subscription, kind: "candidate", candidate: {} });
  await settled();

  assert.equal(page.peers[0].signalingState, "closed");
  assert.deepEqual(page.reported, []);
  assert.equal(socket.sent.filter(({ content }) => content?.kind === "answer").length, 0);
});

test("a moderator's unpublish frees the camera, and says why", async () => {
  const page = await connectedPage();
  const publisher = await publishing(page);
  const reasons = [];
  publisher.on("streamDestroyed", ({ reason }) => reasons.push(reason));

  page.sockets[0].says({ type: "streamDestroyed", streamId: "o1", reason: "forceUnpublished" });

  assert.deepEqual(reasons, ["forceUnpublished"]);
  assert.ok(page.tracks.every(({ stopped }) => stopped));
});
