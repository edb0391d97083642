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

globalThis.fetch = async (_, options) => {
  const bearer = new Headers(options?.headers).get("Authorization") ?? "";
  asked.push(bearer);
  if (bearer !== "Bearer fresh") return problem(401, "unauthenticated");
  return answers[scenario]?.() ?? new Response(JSON.stringify(ADMISSION), { status: 201 });
};
const print = console.log;
console.warn = (...words: unknown[]) => warned.push(words.map(String).join(" "));

const door = new Door(
  scenario === "offline" ? "http://192.168.1.20:8000" : "https://roomkey.example.com",
  "standup",
  bearers[scenario] ?? (async () => "fresh"),
);
door.admission().then(
  ({ token }) => print(JSON.stringify({ asked, warned, token })),
  (error: unknown) => {
    const told = error instanceof Refusal ? sentence(error) : `not a Refusal: ${error}`;
    print(JSON.stringify({ asked, warned, told }));
  },
);
