// Asks to be let into a room, with the types that openapi-typescript generates:
//
//     node join.js https://… BEARER ROOM

import createClient from "openapi-fetch";

import type { paths } from "./api";

declare const process: { argv: [string, string, string, string, string] };

const [, , baseUrl, bearer, room] = process.argv;
const roomkey = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${bearer}` } });

const { data, error } = await roomkey.POST("/rooms/{room}/tokens", {
  params: { path: { room } },
  body: { role: "publisher" },
});
if (error !== undefined) {
  throw new Error(
    error.code === "room_full" ? `All ${error.maxParticipants} seats are taken.` : error.detail,
  );
}
if ("waiting" in data) {
  throw new Error(
    `A moderator must admit you. ${data.waiting.ahead} came before you. Ask again.`,
  );
}
console.log(data.token);
