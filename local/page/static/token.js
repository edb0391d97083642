// The form: get a bearer token from the local identity provider, then call the app like any app.

import { show } from "./outcome.js";

const app = document.body.dataset.app;
const form = document.querySelector("#wanted");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  show({ summary: "Waiting for an answer …" });
  show(await outcome(Object.fromEntries(new FormData(form))));
  form.ariaBusy = "false";
});

/** Return the texts to show, whatever the answer is. */
async function outcome({ user, room, role, admin, bearer: ofTheUser }) {
  try {
    let bearer = ofTheUser;
    if (bearer === undefined) {
      const signedIn = await post("../identity/token", { sub: user, admin: admin === "on" });
      if (!signedIn.ok) return refused(signedIn, signedIn.content.reason);
      bearer = signedIn.content.token;
    }
    document.dispatchEvent(new CustomEvent("bearer", { detail: bearer }));
    const url = `${app}/rooms/${encodeURIComponent(room)}/tokens`;
    const wanted = role ? { role } : undefined;
    const answer = await post(url, wanted, bearer);
    const texts = answer.ok ? granted(answer) : refused(answer, problemOf(answer.content));
    return { ...texts, "The same call in a terminal": command(url, wanted, bearer) };
  } catch (error) {
    return { state: "refused", summary: error.message };
  }
}

async function post(url, content, bearer) {
  const headers = {};
  if (content) headers["Content-Type"] = "application/json";
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  const started = performance.now();
  const body = content && JSON.stringify(content);
  const answer = await fetch(url, { method: "POST", headers, body }).catch(() => {
    throw new Error(
      `${new URL(url, location).origin} does not answer, or does not allow this page to read ` +
        `the answer. Is make run still running? ` +
        `CORS_ORIGIN, if set, must be * or ${location.origin}.`,
    );
  });
  const status = `${answer.status} ${answer.statusText}`;
  const answered = await answer.json();
  const milliseconds = Math.round(performance.now() - started);
  return { ok: answer.ok, status: `${status} in ${milliseconds} ms`, content: answered };
}

function granted({ status, content }) {
  const until = new Date(content.expiresAt).toLocaleString();
  return {
    state: "granted",
    summary: `${status}: ${content.role} in ${content.room}, until ${until}.`,
    "The token": content.token,
    "Its claims, decoded but not verified": indented(claims(content.token)),
    "The full answer": indented(content),
  };
}

function refused({ status, content }, reason) {
  return {
    state: "refused",
    summary: `${status}: ${reason}`,
    "The full answer": indented(content),
  };
}

/** Join a problem's code, detail and invalid fields; API Gateway's own errors have a message. */
function problemOf({ code, detail, errors = [], message }) {
  const fields = errors.map(({ field, reason }) => `${field} ${reason}`);
  return [code, detail ?? message, ...fields].filter(Boolean).join(" – ");
}

function claims(jwt) {
  const base64 = jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function command(url, content, bearer) {
  const parts = [
    `curl -sS -X POST ${quoted(url)}`,
    `-H ${quoted(`Authorization: Bearer ${bearer}`)}`,
  ];
  if (content) parts.push(`-d ${quoted(JSON.stringify(content))}`);
  return parts.join(" ");
}

function quoted(text) {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function indented(content) {
  return JSON.stringify(content, null, 2);
}
