// @ts-check
// Roomkey's API, as far as a call needs it.

const TIMEOUT_MS = 10_000; // Roomkey answers within 8 seconds once its Lambda function runs.
const WAITING_TIMEOUT_MS = 5_000; // Who waits must ask again before the place is lost.
const MARGIN_MS = 30_000; // A token must outlast the time that connecting takes.

/**
 * @typedef {object} Admission What is needed to connect, out of Roomkey's answer.
 * @property {string} apiKey
 * @property {string} sessionId
 * @property {string} token
 * @property {string} room
 * @property {"subscriber" | "publisher" | "publisheronly" | "moderator"} role
 * @property {string} expiresAt
 * @property {string} serverTime
 */

/**
 * @typedef {object} Room The part of a room that the page shows.
 * @property {string} room
 * @property {"scheduled" | "open" | "locked" | "closed"} state
 * @property {number | null} maxParticipants
 * @property {boolean} waitingRoom
 * @property {string | null} opensAt
 * @property {string | null} closesAt
 * @property {{ connections: number, seatsHeld: number }} [counts]
 */

/**
 * @typedef {object} WaitingUser
 * @property {string} id
 * @property {string} userId
 * @property {string | null} name Of a guest, what they typed.
 * @property {boolean} guest
 */

/**
 * @typedef {object} Invitation
 * @property {string} id
 * @property {string} role
 * @property {string | null} name
 * @property {number | null} maxUses
 * @property {number} uses
 * @property {string} expiresAt
 */

/**
 * Roomkey's answer where it refuses; `code` is "unreachable" where there was none, and "must_wait"
 * where a moderator must let the user in first.
 */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} detail
   * @param {{ retryAfterSeconds?: number | null, opensAt?: string | null, ahead?: number }} [more]
   */
  constructor(code, detail, { retryAfterSeconds = null, opensAt = null, ahead = 0 } = {}) {
    super(detail);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.opensAt = opensAt;
    /** How many wait who came before. */
    this.ahead = ahead;
  }
}

/** One room, for one user. */
export class RoomkeyRoom {
  /** @type {{ admission: Admission, goodUntil: number } | null} */
  #kept = null;
  #timeout = TIMEOUT_MS;

  /**
   * @param {string} api The address of the API, without a slash at its end.
   * @param {string} room
   * @param {(fresh: boolean) => Promise<string>} bearer A bearer token of the app's sign-in.
   */
  constructor(api, room, bearer) {
    this.name = room;
    this.#api = api;
    this.#bearer = bearer;
  }

  /** True for a guest, who came by an invitation. */
  get invited() {
    return false;
  }

  /**
   * Return the admission from before while it lasts, else a new one. Throws a Refusal.
   * @param {string} [name] The name that others see, where the bearer has none.
   * @returns {Promise<Admission>}
   */
  async admission(name) {
    if (this.#kept !== null && Date.now() < this.#kept.goodUntil) return this.#kept.admission;
    const askedAt = Date.now();
    const admission = await this.requestAdmission(name);
    // Both times are the server's: the clock of this device may be wrong.
    const lifetime = Date.parse(admission.expiresAt) - Date.parse(admission.serverTime);
    this.#kept = { admission, goodUntil: askedAt + lifetime - MARGIN_MS };
    return admission;
  }

  /**
   * @param {string} [name]
   * @returns {Promise<Admission>}
   */
  requestAdmission(name) {
    return this.#ask("POST", "/tokens", name ? { name } : {});
  }

  /** OpenTok has refused the token: the next admission is a new one. */
  forget() {
    this.#kept = null;
  }

  /** @returns {Promise<Room>} */
  state() {
    return this.#ask("GET", "");
  }

  /** @param {object} changes The fields of `PATCH /rooms/{room}`. */
  change(changes) {
    return this.#ask("PATCH", "", changes);
  }

  /** @param {string} streamId */
  mute(streamId) {
    return this.#ask("POST", `/streams/${streamId}/mute`);
  }

  /** @param {string[]} excludedStreamIds */
  muteAll(excludedStreamIds) {
    return this.#ask("PUT", "/mute", { active: true, excludedStreamIds });
  }

  /** @param {string} connectionId */
  disconnect(connectionId) {
    return this.#ask("DELETE", `/connections/${connectionId}`);
  }

  /** @param {string} userId */
  ban(userId) {
    return this.#ask("POST", "/bans", { userId });
  }

  /**
   * Return who is behind opaque ids, up to 20 at once.
   * @param {string[]} ids
   * @returns {Promise<{ id: string, userId: string, name: string | null }[]>}
   */
  async participants(ids) {
    return (await this.#ask("GET", `/participants?ids=${ids.join(",")}`)).items;
  }

  /** @returns {Promise<{ id: string }>} */
  record() {
    return this.#ask("POST", "/archives", {});
  }

  /** @param {string} archiveId */
  stopRecording(archiveId) {
    return this.#ask("POST", `/archives/${archiveId}/stop`);
  }

  /** @returns {Promise<WaitingUser[]>} First come, first listed. */
  async waiting() {
    return (await this.#ask("GET", "/waiting")).items;
  }

  /** @param {string} waitingId */
  admit(waitingId) {
    return this.#ask("POST", `/waiting/${waitingId}/admission`);
  }

  admitAll() {
    return this.#ask("POST", "/waiting/admissions");
  }

  /** @param {string} waitingId */
  turnAway(waitingId) {
    return this.#ask("DELETE", `/waiting/${waitingId}`);
  }

  /**
   * @param {object} options
   * @returns {Promise<Invitation & { code: string, url: string | null }>}
   */
  invite(options) {
    return this.#ask("POST", "/invitations", options);
  }

  /** @returns {Promise<Invitation[]>} */
  async invitations() {
    return (await this.#ask("GET", "/invitations")).items;
  }

  /** @param {string} invitationId */
  revoke(invitationId) {
    return this.#ask("DELETE", `/invitations/${invitationId}`);
  }

  /**
   * Return what proves who asks.
   * @param {boolean} fresh True after a 401.
   */
  async authorization(fresh) {
    return `Bearer ${await this.#bearer(fresh)}`;
  }

  #api;
  #bearer;

  /**
   * Ask once more with a fresh bearer after a 401.
   * @param {string} method
   * @param {string} path
   * @param {object} [content]
   * @returns {Promise<any>}
   */
  async #ask(method, path, content) {
    const url = `${this.#api}/rooms/${encodeURIComponent(this.name)}${path}`;
    try {
      return await this.request(method, url, content, await this.#signedIn(false));
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "unauthenticated") throw error;
      return await this.request(method, url, content, await this.#signedIn(true));
    }
  }

  /** @param {boolean} fresh */
  async #signedIn(fresh) {
    try {
      return await this.authorization(fresh);
    } catch (error) {
      throw causedBy(error, new Refusal("no_bearer", "The sign-in gave no bearer."));
    }
  }

  /**
   * @param {string} method
   * @param {string} url
   * @param {object | undefined} content
   * @param {string | null} authorization
   * @returns {Promise<any>}
   */
  async request(method, url, content, authorization) {
    const impatience = new AbortController(); // React Native has no AbortSignal.timeout.
    const timer = setTimeout(() => impatience.abort(), this.#timeout);
    try {
      const answer = await fetch(url, {
        method,
        headers: authorization === null ? {} : { Authorization: authorization },
        signal: impatience.signal,
        ...(content === undefined ? {} : { body: JSON.stringify(content) }),
      });
      const text = await answer.text();
      const body = text === "" ? {} : JSON.parse(text);
      const retryAfter = answer.headers.get("Retry-After");
      const mustWait = answer.ok && Boolean(body.waiting?.id);
      this.#timeout = mustWait ? WAITING_TIMEOUT_MS : TIMEOUT_MS;
      if (mustWait) throw waitIn(body.waiting, retryAfter);
      if (answer.ok) return body;
      throw refusalIn(body, retryAfter);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw causedBy(error, new Refusal("unreachable", "The service cannot be reached."));
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * @param {unknown} cause
 * @param {Refusal} refusal
 */
function causedBy(cause, refusal) {
  refusal.cause = cause;
  return refusal;
}

/**
 * @param {{ code?: string, detail?: string, opensAt?: string }} problem
 * @param {string | null} retryAfter
 */
function refusalIn(problem, retryAfter) {
  return new Refusal(
    problem.code ?? "unknown",
    problem.detail ?? "The service has refused the request.",
    {
      retryAfterSeconds: retryAfter === null ? null : Number(retryAfter),
      opensAt: problem.opensAt ?? null,
    },
  );
}

/**
 * @param {{ ahead: number }} place
 * @param {string | null} retryAfter
 */
function waitIn({ ahead }, retryAfter) {
  const retryAfterSeconds = retryAfter === null ? null : Number(retryAfter);
  return new Refusal("must_wait", "A moderator must let you in.", { retryAfterSeconds, ahead });
}

/**
 * Return the participant in what Roomkey has written into a connection.
 * @param {string} connectionData
 * @returns {{ userId: string | null, name: string }}
 */
export function participantIn(connectionData) {
  try {
    const form = new URLSearchParams(connectionData);
    const { userId, name } = connectionData.startsWith("username=")
      ? { userId: form.get("userId"), name: form.get("username") }
      : JSON.parse(connectionData);
    return { userId: userId ?? null, name: name || userId || "Somebody" };
  } catch {
    return { userId: null, name: "Somebody" };
  }
}
