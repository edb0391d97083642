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
      : mustWait("0"),
  guestLost: () => {
    if (asked.length === 2) throw new TypeError("Network request failed");
    if (asked.length === 3) return problem(409, "room_locked");
    return asked.length === 5 ? problem(404, "invitation_invalid") : mustWait("1");
  },
  turnedAway: () => problem(403, "turned_away", { "Retry-After": "600" }),
  offline: () => {
    throw new TypeError("Network request failed");
  },
};
const scenario = process.argv[2] ?? "";
const invited = scenario.startsWith("guest");
const asked: string[] = [];
const warned: string[] = [];

function mustWait(seconds: string): Response {
  const headers = { "Retry-After": seconds };
  return new Response('{"waiting": {"id": "w", "ahead": 1}}', { status: 202, headers });
}

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ code, detail: "The detail." }), { status, headers });
}

globalThis.fetch = async (url, options) => {
  const bearer = new Headers(options?.headers).get("Authorization") ?? "";
  asked.push(bearer || `${url} ${options?.body}`);
  if (!invited && bearer !== "Bearer fresh") return problem(401, "unauthenticated");
  return answers[scenario]?.() ?? new Response(JSON.stringify(ADMISSION), { status: 201 });
};
const print = console.log;
// The timeout of each request, and the pause after it. Pauses take no time here.
const timers: number[] = [];
const startTimer = globalThis.setTimeout;
if (scenario === "guestLost") {
  globalThis.setTimeout = ((act: () => void, milliseconds: number) => {
    timers.push(milliseconds);
    return startTimer(act, timers.length % 2 === 0 ? 0 : milliseconds);
  }) as typeof setTimeout;
}
console.warn = (...words: unknown[]) => warned.push(words.map(String).join(" "));

const roomkey = scenario === "offline" ? "http://192.168.1.20:8000" : "https://roomkey.example.com";
const invitation = { code: "CODE", guestKey: "KEY", name: "Ann" };
const door = invited
  ? Door.invited(roomkey, invitation)
  : new Door(roomkey, "standup", bearers[scenario] ?? (async () => "fresh"));
door.admission((wait) => warned.push(sentence(wait, "Asking again."))).then(
  ({ token }) => print(JSON.stringify({ asked, warned, token })),
  (error: unknown) => {
    const told = error instanceof Refusal ? sentence(error) : `not a Refusal: ${error}`;
    print(JSON.stringify(scenario === "guestLost" ? { timers, warned, told } : { asked, warned, told }));
  },
);
