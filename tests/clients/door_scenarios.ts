// Asks the Door of the React Native guide, and prints what it says. The first argument is the
// scenario's name, and `fetch` is Roomkey, which knows one bearer: "fresh".

import { Door, Refusal, sentence } from "./react-native/roomkey";

declare const process: { argv: string[] };

const ADMISSION = {
  token: "the token",
  serverTime: "2026-01-01T00:00:00Z",
  expiresAt: "2026-01-01T02:00:00Z",
};
const bearers: Record<string, (renew: boolean) => Promise<string>> = {
  stale: async (renew) => (renew ? "fresh" : "old"),
  refused: async () => "old",
  signedOut: async () => {
    throw new Error("signed out");
  },
};
const answers: Record<string, () => Response> = {
  full: () => problem(409, "room_full", { "Retry-After": "7" }),
  missing: () => problem(404, "room_not_found"),
  odd: () => new Response("the token, cut o", { status: 201 }),
  empty: () => new Response(null, { status: 502 }),
  guest: () =>
    asked.length > 1
      ? new Response(JSON.stringify(ADMISSION), { status: 201 })
      : new Response('{"waiting": {"id": "w", "ahead": 1}}', {
          status: 202,
          headers: { "Retry-After": "0" },
        }),
  turnedAway: () => problem(403, "turned_away", { "Retry-After": "600" }),
  offline: () => {
    throw new TypeError("Network request failed");
  },
};
const scenario = process.argv[2] ?? "";
const asked: string[] = [];
const warned: string[] = [];

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ code, detail: "The detail." }), { status, headers });
}

globalThis.fetch = async (url, options) => {
  const bearer = new Headers(options?.headers).get("Authorization") ?? "";
  asked.push(bearer || `${url} ${options?.body}`);
  if (scenario !== "guest" && bearer !== "Bearer fresh") return problem(401, "unauthenticated");
  return answers[scenario]?.() ?? new Response(JSON.stringify(ADMISSION), { status: 201 });
};
const print = console.log;
console.warn = (...words: unknown[]) => warned.push(words.map(String).join(" "));

const roomkey = scenario === "offline" ? "http://192.168.1.20:8000" : "https://roomkey.example.com";
const invitation = { code: "CODE", guestKey: "KEY", name: "Ann" };
const door =
  scenario === "guest"
    ? Door.invited(roomkey, invitation)
    : new Door(roomkey, "standup", bearers[scenario] ?? (async () => "fresh"));
door.admission((wait) => warned.push(sentence(wait))).then(
  ({ token }) => print(JSON.stringify({ asked, warned, token })),
  (error: unknown) => {
    const told = error instanceof Refusal ? sentence(error) : `not a Refusal: ${error}`;
    print(JSON.stringify({ asked, warned, told }));
  },
);
