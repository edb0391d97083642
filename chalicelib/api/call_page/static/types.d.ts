// What the parts of the page hand to each other. Browsers never load this file.

import type { Admission } from "./roomkey.js";

/** A connection of the session; `own` is true for this user's own. */
export interface Person {
  connectionId: string;
  userId: string | null;
  name: string;
  own: boolean;
}

/** A picture in the grid. */
export interface Tile {
  /** The stream's id, or "own" and "screen" for this user's own pictures. */
  id: string;
  name: string;
  own: boolean;
  video: HTMLElement | null;
  /** False while muted. */
  audio: boolean;
  /** Why there is no picture; empty if there is one. */
  note: string;
}

/** A chat message; `to` names its only reader, or is null. */
export interface Message {
  from: string;
  to: string | null;
  text: string;
}

export interface CallState {
  connected: boolean;
  reconnecting: boolean;
  role: Admission["role"];
  people: Person[];
  /** How many people publish something, this user included; null where the role hears of none. */
  publishing: number | null;
  microphone: boolean;
  /** Null for audio only. */
  camera: boolean | null;
  sharing: boolean;
  audioBlocked: boolean;
  /** The id of the archive that runs. */
  recording: string | null;
}

/** What the user chose before joining. */
export interface Choice {
  name: string;
  microphone: boolean;
  camera: boolean;
  audioSource?: string;
  /** A camera's id, or null for audio only. */
  videoSource?: string | null;
}

/** What shows a call; every function may be called at any time. */
export interface Screen {
  show(state: CallState): void;
  addTile(tile: Tile): void;
  changeTile(id: string, change: Partial<Tile>): void;
  removeTile(id: string): void;
  /** Report the sound of a tile, from 0 to 1. */
  level(id: string, level: number): void;
  chat(message: Message): void;
  notify(text: string): void;
  closing(closesAt: string): void;
  /** Others wait to be let in, or no longer; only moderators are told. */
  waiting(): void;
  /** `reason` is one of OpenTok's `sessionDisconnected`. */
  ended(reason: string): void;
}
