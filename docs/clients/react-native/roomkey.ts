// Asks Roomkey to let the user in.

const TIMEOUT_MS = 10_000; // Roomkey answers within 8 seconds once its Lambda function runs.
const WAITING_TIMEOUT_MS = 5_000; // Who waits must ask again before the place is lost.
const ASKS_AGAIN_SECONDS = 5; // Roomkey's own pace for those who wait.
const LOST_ANSWER_SECONDS = 2;
const MARGIN_MS = 30_000; // A token must outlast the time that connecting takes.

/** Refusals that stay the same, however often the user asks. */
const PERMANENT = [
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
];

/** What is needed to connect, out of Roomkey's answer. */
export interface Admission {
  apiKey: string;
  sessionId: string;
  token: string;
  role: "subscriber" | "publisher" | "publisheronly" | "moderator";
  expiresAt: string;
  serverTime: string;
}

/** Why the user is not let in: Roomkey's `code`, or one of the three that the Door gives itself. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    detail: string,
    readonly retryAfterSeconds: number | null = null,
    readonly opensAt: string | null = null,
    readonly reason: unknown = null,
    /** How many wait who came before, where a moderator must let the user in. */
    readonly ahead = 0,
  ) {
    super(detail);
  }
}

/** What a guest comes by, who has no account. The same `guestKey` is the same guest. */
export interface Invitation {
  code: string;
  guestKey: string;
  name?: string;
}

/**
 * The way into one room, for one user: one who is signed in, or a guest.
 *
 * `bearer(true)` must give a new bearer, because Roomkey has refused the one before.
 */
export class Door {
  private kept: { admission: Admission; goodUntil: number } | null = null;
  private left = false;
  private timeout = TIMEOUT_MS;

  constructor(
    private readonly roomkey: string,
    private readonly room: string,
    private readonly bearer: (renew: boolean) => Promise<string>,
    private readonly invitation: Invitation | null = null,
  ) {}

  /** The door of a guest. */
  static invited(roomkey: string, invitation: Invitation): Door {
    return new Door(roomkey, "", async () => "", invitation);
  }

  /**
   * The admission from before while it lasts, else a new one. Throws nothing but a Refusal.
   *
   * `waits` hears that the user must wait for a moderator, and asking goes on until one decides, or
   * until `leave` is called. A failure that may pass ends no wait: `waits` hears of it, too.
   */
  async admission(waits: (refusal: Refusal) => void): Promise<Admission> {
    this.left = false;
    if (this.kept !== null && Date.now() < this.kept.goodUntil) return this.kept.admission;
    const askedAt = Date.now();
    const admission = await this.admitted(waits).catch((refusal: Refusal) => {
      console.warn("Roomkey: not admitted:", refusal.code, refusal.reason);
      throw refusal;
    });
    // Both times are the server's: the clock of this device may be wrong.
    const lifetime = Date.parse(admission.expiresAt) - Date.parse(admission.serverTime);
    this.kept = { admission, goodUntil: askedAt + lifetime - MARGIN_MS };
    return admission;
  }

  /** OpenTok has refused the token: the next admission is a new one. */
  forget(): void {
    this.kept = null;
  }

  /** Wait no longer to be let in. */
  leave(): void {
    this.left = true;
  }

  private async admitted(waits: (refusal: Refusal) => void): Promise<Admission> {
    this.timeout = TIMEOUT_MS;
    while (true) {
      try {
        return await (this.invitation === null ? this.askTwiceAtMost() : this.askAsGuest());
      } catch (error) {
        if (!(error instanceof Refusal) || this.left) throw error;
        const pause = waitingPause(error, this.timeout === WAITING_TIMEOUT_MS);
        if (pause === null) throw error;
        this.timeout = WAITING_TIMEOUT_MS;
        waits(error);
        await new Promise<void>((resolve) => setTimeout(() => resolve(), 1000 * pause));
        if (this.left) throw error;
      }
    }
  }

  private async askTwiceAtMost(): Promise<Admission> {
    try {
      return await this.askAsMember(await this.currentBearer(false));
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "unauthenticated") throw error;
      return await this.askAsMember(await this.currentBearer(true));
    }
  }

  private askAsMember(bearer: string): Promise<Admission> {
    return this.ask(`${this.roomkey}/rooms/${encodeURIComponent(this.room)}/tokens`, {
      headers: { Authorization: `Bearer ${bearer}` },
    });
  }

  private askAsGuest(): Promise<Admission> {
    return this.ask(`${this.roomkey}/invitations/tokens`, { body: JSON.stringify(this.invitation) });
  }

  private async currentBearer(renew: boolean): Promise<string> {
    try {
      return await this.bearer(renew);
    } catch (error) {
      throw new Refusal("no_bearer", "The sign-in gave no bearer.", null, null, error);
    }
  }

  private async ask(
    url: string,
    how: { headers?: Record<string, string>; body?: string },
  ): Promise<Admission> {
    const impatience = new AbortController(); // React Native has no AbortSignal.timeout.
    const timer = setTimeout(() => impatience.abort(), this.timeout);
    try {
      const answer = await fetch(url, { method: "POST", signal: impatience.signal, ...how });
      const body = parsed(await answer.text());
      if (body === null) {
        throw new Refusal("unreadable", `The service gave an odd answer: HTTP ${answer.status}.`);
      }
      if (answer.status === 202) throw waitIn(body, answer.headers.get("Retry-After"));
      if (answer.ok) return body;
      throw refusalIn(body, answer.headers.get("Retry-After"));
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Refusal("unreachable", this.unreachable(), null, null, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** React Native's error is the same where the network fails and where the phone forbids http. */
  private unreachable(): string {
    const mayBeForbidden = this.roomkey.startsWith("http:");
    return mayBeForbidden
      ? "The service cannot be reached, or this build of the app may only use https."
      : "The service cannot be reached.";
  }
}

/** The JSON in the text, or null: the parser's error may quote a token, so it is not kept. */
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refusalIn(
  problem: { code?: string; detail?: string; opensAt?: string },
  retryAfter: string | null,
): Refusal {
  return new Refusal(
    problem.code ?? "unknown",
    problem.detail ?? "The service did not let you in.",
    retryAfter === null ? null : Number(retryAfter),
    problem.opensAt ?? null,
  );
}

function waitIn(answer: { waiting?: { ahead?: number } }, retryAfter: string | null): Refusal {
  const seconds = retryAfter === null ? null : Number(retryAfter);
  const ahead = answer.waiting?.ahead ?? 0;
  return new Refusal("must_wait", "A moderator must let you in.", seconds, null, null, ahead);
}

/** The seconds after which somebody who waits asks again, or null if the refusal ends the wait. */
function waitingPause(refusal: Refusal, waits: boolean): number | null {
  const seconds = refusal.retryAfterSeconds ?? ASKS_AGAIN_SECONDS;
  if (refusal.code === "must_wait") return seconds;
  if (!waits || PERMANENT.includes(refusal.code) || seconds > ASKS_AGAIN_SECONDS) return null;
  return refusal.code === "unreachable" ? LOST_ANSWER_SECONDS : seconds;
}

/** What the user is told; `next` says when the next try is. */
export function sentence(refusal: Refusal, next = again(refusal)): string {
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
      return `This room is full. ${next}`;
    case "must_wait":
      return `The host will let you in soon. ${place(refusal.ahead)}`;
    case "turned_away":
      return `The host did not let you in. ${next}`;
    case "waiting_room_full":
      return `Too many people wait already. ${next}`;
    case "invitation_invalid":
      return "This link is no longer good. Ask for a new one.";
    default:
      if (PERMANENT.includes(refusal.code)) return refusal.message;
      return `${refusal.message} ${next}`;
  }
}

/** A time of Roomkey's, as the user's clock shows it. */
export function localTime(time: string | null): string {
  if (time === null) return "a later time";
  return new Date(time).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/** The name in what Roomkey has written into a connection; `GET /token` writes it as a form does. */
export function nameIn(connectionData: string): string {
  try {
    const form = /^username=([^&]+)/.exec(connectionData);
    if (form) return decodeURIComponent(form[1] ?? "");
    const { name, userId } = JSON.parse(connectionData);
    return name ?? userId ?? "Somebody";
  } catch {
    return "Somebody";
  }
}

function place(ahead: number): string {
  if (ahead === 0) return "You are next.";
  return ahead === 1 ? "One person is before you." : `${ahead} people are before you.`;
}

function again(refusal: Refusal): string {
  if (refusal.retryAfterSeconds === null) return "Please try again later.";
  return `Please try again in ${refusal.retryAfterSeconds} seconds.`;
}
