// @ts-check
// What users read, in words.

import { Refusal } from "./roomkey.js";

/** @typedef {import("./roomkey.js").Invitation} Invitation */
/** @typedef {import("./roomkey.js").Room} Room */

/** Codes that asking again cannot change. */
const FINAL = new Set([
  "banned",
  "body_too_large",
  "feature_disabled",
  "invalid_field",
  "invitation_invalid",
  "malformed_json",
  "method_not_allowed",
  "no_such_route",
  "not_a_member",
  "not_a_moderator",
  "role_not_allowed",
  "room_closed",
  "room_not_found",
  "turned_away",
  "unauthenticated",
]);

/**
 * Return what the user reads.
 * @param {Refusal} refusal
 */
export function sentence(refusal) {
  switch (refusal.code) {
    case "unauthenticated":
      return "Please sign in again.";
    case "no_bearer":
      return "Your sign-in could not be renewed. Check the network, or sign in again.";
    case "banned":
      return "A moderator has banned you from this room.";
    case "not_a_member":
      return "This room is for its members only.";
    case "room_closed":
      return "This room is closed.";
    case "room_locked":
      return "This room is locked. Ask somebody inside to unlock it.";
    case "room_not_open":
      return `This room opens at ${localTime(refusal.opensAt)}.`;
    case "room_full":
      return "This room is full.";
    case "must_wait":
      return place(refusal.ahead);
    case "turned_away":
      return "The host did not let you in.";
    case "waiting_room_full":
      return "Too many people wait already.";
    case "invitation_invalid":
      return "This link is no longer good.";
    default:
      return refusal.message;
  }
}

/**
 * Return what one may do about a refusal that ends the way into the room; empty for all others.
 * @param {string} code
 */
export function wayOut(code) {
  if (code === "invitation_invalid") return "Ask the person who invited you for a new one.";
  if (code === "turned_away") return "You may ask again in 10 minutes.";
  return "";
}

/**
 * Return the place of somebody who waits.
 * @param {number} ahead How many came before.
 */
export function place(ahead) {
  if (ahead === 0) return "You are next.";
  return ahead === 1 ? "One person is before you." : `${ahead} people are before you.`;
}

/**
 * Return who has come to wait.
 * @param {string[]} names
 */
export function arrival(names) {
  if (names.length === 1) return `${names[0]} waits to be let in.`;
  return `${names.length} people wait to be let in.`;
}

/**
 * Return what an invitation is for.
 * @param {Invitation} invitation
 */
export function linkInWords({ name, role, maxUses, uses, expiresAt }) {
  const whom = name ?? (role === "moderator" ? "A host" : maxUses === 1 ? "One guest" : "Guests");
  const limit = maxUses === null ? "" : ` of ${maxUses}`;
  const came = uses === 0 ? "nobody came yet" : `${uses}${limit} came`;
  return `${whom}: ${came}. Good until ${localTime(expiresAt)}.`;
}

/**
 * Return the seconds after which the page asks again by itself, or null if asking is of no use.
 * @param {Refusal} refusal
 */
export function retryAfter(refusal) {
  if (FINAL.has(refusal.code)) return null;
  if (refusal.opensAt !== null) {
    const seconds = (Date.parse(refusal.opensAt) - Date.now()) / 1000;
    return seconds > 3600 ? null : Math.max(1, Math.ceil(seconds));
  }
  return refusal.retryAfterSeconds ?? 15;
}

const ASKS_AGAIN_SECONDS = 5; // Roomkey's own pace for those who wait.
const LOST_ANSWER_SECONDS = 2; // The place is lost 20 seconds after the last request on record.

/**
 * Return the seconds after which somebody who waits asks again, or null if the refusal ends the wait.
 * @param {Refusal} refusal
 * @param {boolean} waits True if the user waited before this refusal.
 */
export function waitingPause(refusal, waits) {
  const seconds = refusal.retryAfterSeconds ?? ASKS_AGAIN_SECONDS;
  if (refusal.code === "must_wait") return seconds;
  if (!waits || FINAL.has(refusal.code) || seconds > ASKS_AGAIN_SECONDS) return null;
  return refusal.code === "unreachable" ? LOST_ANSWER_SECONDS : seconds;
}

/**
 * Return what somebody reads who waits.
 * @param {Refusal} refusal
 */
export function waitInWords(refusal) {
  return refusal.code === "must_wait" ? sentence(refusal) : `${sentence(refusal)} Asking again.`;
}

/**
 * Return what is wrong with a name; empty if nothing is.
 * @param {string} name
 * @param {boolean} required False where the bearer has a name.
 */
export function nameProblem(name, required) {
  if (name === "" && !required) return "";
  const visible = /[\p{Letter}\p{Number}\p{Punctuation}\p{Symbol}]/u.test(name);
  return visible ? "" : "Please give your name, with a letter or a number.";
}

/**
 * Return the state of a room in words.
 * @param {Room} room
 */
export function stateOf(room) {
  if (room.state === "closed") return "This room is closed.";
  if (room.state === "scheduled") return `This room opens at ${localTime(room.opensAt)}.`;
  const connected = room.counts?.connections ?? 0;
  const people = connected === 0 ? "Nobody is in this room." : `${connected} in this room.`;
  const seats = room.maxParticipants === null ? "" : ` It has ${room.maxParticipants} seats.`;
  const lock = room.state === "locked" ? " It is locked." : "";
  return `${people}${seats}${lock}`;
}

/**
 * Return how many are in the call.
 * @param {number} people
 * @param {number | null} publishing How many of them publish; null if that is not known.
 */
export function counts(people, publishing) {
  const all = `${people} in the call`;
  return publishing === null ? all : `${all}, ${publishing} seen or heard`;
}

const REFUSED = "This page may not use your camera and microphone. Allow it in the address bar.";
const NONE = "No camera or microphone was found. Connect one, or join with audio only.";
const BUSY = "Another program uses your camera or microphone. Close it, then try again.";
const UNFIT = "No camera or microphone can do what was asked. Choose another one.";
const NO_TLS = "Browsers give cameras only to pages with TLS (https), and to localhost.";
const UNUSABLE = "Your camera and microphone cannot be used.";

/** What is told of a device, by the name of the DOMException or of OpenTok.js's error. */
const DEVICE_PROBLEMS = new Map([
  ["AbortError", UNUSABLE],
  ["NotAllowedError", REFUSED],
  ["NotFoundError", NONE],
  ["NotReadableError", BUSY],
  ["OverconstrainedError", UNFIT],
  ["SecurityError", REFUSED],
  ["OT_CONSTRAINTS_NOT_SATISFIED", UNFIT],
  ["OT_HARDWARE_UNAVAILABLE", BUSY],
  ["OT_NO_DEVICES_FOUND", NONE],
  ["OT_NO_VALID_CONSTRAINTS", NONE],
  ["OT_UNABLE_TO_CAPTURE_MEDIA", UNUSABLE],
  ["OT_UNSUPPORTED_BROWSER", NO_TLS],
  ["OT_USER_MEDIA_ACCESS_DENIED", REFUSED],
]);

/**
 * Return why a camera or microphone cannot be had, or null if the error is not about one.
 * @param {string} name The error's name.
 */
export function deviceProblem(name) {
  return DEVICE_PROBLEMS.get(name) ?? null;
}

/**
 * Return what the user reads of an error.
 * @param {unknown} error
 */
export function complaint(error) {
  if (error instanceof Refusal) return sentence(error);
  const { message, name } = /** @type {Error} */ (error);
  return deviceProblem(name) ?? message;
}

/**
 * Return why the call has ended.
 * @param {string} reason A reason of OpenTok's `sessionDisconnected`.
 */
export function endOf(reason) {
  if (reason === "forceDisconnected") return "You were taken out of the room.";
  if (reason === "networkDisconnected") return "The connection was lost.";
  if (reason === "mediaIdle") return "You were taken out, since nothing was seen or heard for hours.";
  return "You have left.";
}

/**
 * Return a time of Roomkey's, as the user's clock shows it.
 * @param {string | null} time
 */
export function localTime(time) {
  if (time === null) return "a later time";
  return new Date(time).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/**
 * Return a duration as minutes and seconds.
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
