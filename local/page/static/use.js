// Who was in a room and when, and what that amounts to, as small charts. An admin's bearer token reads both.

const app = document.body.dataset.app;
const fold = document.querySelector("#use");
const note = document.querySelector("#use-note");
const drawn = document.querySelector("#use-drawn");
const DAY = 86_400_000;

fold?.addEventListener("toggle", () => fold.open && draw());
document.querySelector("#use-again")?.addEventListener("click", draw);

async function draw() {
  const room = document.querySelector("#room").value;
  note.textContent = "Reading …";
  try {
    const bearer = await adminsBearer();
    const since = new Date(Date.now() - DAY).toISOString();
    const asked = `/rooms/${encodeURIComponent(room)}/attendance?limit=100&from=${since}`;
    // The form may name a room that does not exist yet. The usage of all others is there.
    const attendance = read(asked, bearer).catch((error) => ({ missing: error.message }));
    const usage = await read("/usage?limit=100", bearer);
    const { items, missing } = await attendance;
    drawn.replaceChildren(...(items ? [attendanceOf(items)] : []), usageOf(usage.items));
    note.textContent = `${missing ?? connections(room, items)} ${total(usage.total)}`;
  } catch (error) {
    drawn.replaceChildren();
    note.textContent = error.message;
  }
}

async function adminsBearer() {
  const answer = await fetch("../identity/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ sub: "operator", admin: true }),
  });
  return (await answer.json()).token;
}

async function read(path, bearer) {
  const answer = await fetch(`${app}${path}`, { headers: { Authorization: `Bearer ${bearer}` } });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.detail ?? `${path} answers ${answer.status}.`);
  return content;
}

function connections(room, lines) {
  const most = lines.length === 100 ? " or more" : "";
  return `${room}, connections in 24 hours: ${lines.length}${most}.`;
}

function total({ participantMinutes, estimate }) {
  return (
    `This month, all rooms: ${participantMinutes} minutes of participants, ` +
    `about $${estimate.toFixed(2)}.`
  );
}

/** Draw a bar for each connection, from its start to its end. */
function attendanceOf(lines) {
  const now = Date.now();
  const first = Math.min(now - 1, ...lines.map(({ came }) => Date.parse(came)));
  const rows = lines.map(({ userId, service, came, went, ending }) => {
    const start = Date.parse(came);
    const end = went ? Date.parse(went) : now;
    const until = went ? `${clock(end)}, ${ending}` : "now";
    return {
      name: userId ?? service ?? "not known",
      text: `${clock(start)} – ${until}`,
      start: (start - first) / (now - first),
      length: (end - start) / (now - first),
    };
  });
  return table("Attendance", rows);
}

/** Draw a bar for each day. */
function usageOf(items) {
  const most = Math.max(1, ...items.map(({ usage }) => usage.participantMinutes));
  const rows = items.map(({ day, usage }) => ({
    name: day,
    text: `${usage.participantMinutes} min, ${usage.subscribedMinutes} not alone, peak ${usage.peak}`,
    start: 0,
    length: usage.participantMinutes / most,
  }));
  return table("Usage by day", rows);
}

function table(caption, rows) {
  const element = document.createElement("table");
  element.createCaption().textContent = caption;
  for (const { name, text, start, length } of rows) {
    const row = element.insertRow();
    const heading = document.createElement("th");
    heading.scope = "row";
    heading.textContent = name;
    row.append(heading);
    row.insertCell().append(bar(start, length));
    row.insertCell().textContent = text;
  }
  return element;
}

/** Return a bar of a part of the width, at least as wide as one can see. */
function bar(start, length) {
  const names = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(names, "svg");
  const part = document.createElementNS(names, "rect");
  drawing.setAttribute("aria-hidden", "true");
  part.setAttribute("x", `${100 * start}%`);
  part.setAttribute("width", `${Math.max(1, 100 * length)}%`);
  part.setAttribute("height", "100%");
  drawing.append(part);
  return drawing;
}

function clock(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString();
}
