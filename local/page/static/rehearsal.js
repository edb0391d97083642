// Rehearsals: each button makes its requests, and shows the last answer.

const seconds = 1000;

for (const item of document.querySelectorAll("[data-rehearsal]")) rehearse(item);

function rehearse(item) {
  const { key, room, happen, look, undo } = JSON.parse(item.dataset.rehearsal);
  const [start, end] = ["happen", "undo"].map((does) => item.querySelector(`[data-do=${does}]`));
  let kept = { ROOM: room ?? key };
  // What happened before the page was loaded anew can be undone, unless that takes an earlier answer.
  end.disabled = undo.some(({ path }) => path.includes("$"));

  start.addEventListener("click", () =>
    run("Making it happen …", async () => {
      kept = { ROOM: room ?? `${key}-${Date.now()}` };
      const answer = await ask([...happen, ...look], kept);
      end.disabled = false;
      showCall(item, kept.ROOM);
      return look.length ? answer : { summary: "Done." };
    }),
  );
  end.addEventListener("click", () =>
    run("Undoing …", async () => {
      await ask(undo, kept);
      const last = look.at(-1);
      return last ? await ask([last], kept) : { summary: "Undone." };
    }),
  );

  async function run(waiting, work) {
    start.disabled = true;
    show(item, { summary: waiting });
    try {
      show(item, await work());
    } catch (error) {
      show(item, { summary: error.message });
    }
    start.disabled = false;
  }
}

/** Make the requests one after the other, and return the last answer to show. */
async function ask(calls, kept) {
  let last;
  for (const [index, call] of calls.entries()) {
    await new Promise((resolve) => setTimeout(resolve, call.afterSeconds * seconds));
    last = await answerTo(call, kept);
    if (call.keep) kept[call.keep] = found(call.keep, last.content);
    // Only the last answer may be a refusal: it is what the rehearsal is about.
    if (!last.ok && index + 1 < calls.length) throw new Error(last.summary);
  }
  return last;
}

async function answerTo({ method, path, body, user }, kept) {
  // The stand-in has the page's own address.
  const url = new URL((user ? document.body.dataset.app : location.origin) + filled(path, kept));
  const headers = user ? { Authorization: `Bearer ${await bearerOf(user)}` } : {};
  if (body) headers["Content-Type"] = "application/json";
  const started = performance.now();
  const wanted = { method, headers, body: body && filled(body, kept) };
  const answer = await fetch(url, wanted).catch(() => {
    throw new Error(`${url.origin} does not answer. Is make run still running?`);
  });
  const milliseconds = Math.round(performance.now() - started);
  const text = await answer.text();
  const content = text ? JSON.parse(text) : undefined;
  const retry = answer.headers.get("Retry-After");
  const wait = retry ? `, Retry-After ${retry}` : "";
  const who = user ? ` as ${user}` : "";
  const status = `${answer.status} ${answer.statusText} in ${milliseconds} ms${wait}`;
  return { ok: answer.ok, summary: `${method} ${url.pathname}${who}: ${status}`, content };
}

async function bearerOf(user) {
  const answer = await fetch("../identity/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ sub: user }),
  });
  return (await answer.json()).token;
}

/** Put what was kept of earlier answers in place of its names. */
function filled(text, kept) {
  return text.replace(/\$([A-Z]+)/g, (_, name) => kept[name]);
}

/** Return what later requests need of an answer. */
function found(name, content) {
  if (name === "TOKEN") return content.token;
  if (name === "BAN") return content.id;
  const bob = content.items?.find((each) => each.userId === "bob");
  const id = name === "STREAM" ? bob?.streams[0]?.id : bob?.id;
  if (!id) throw new Error("Bob is not in the call: open it as bob, and press Join.");
  return id;
}

function show(item, { summary, content }) {
  item.querySelector(".outcome").textContent = summary;
  const answer = item.querySelector(".answer");
  answer.hidden = content === undefined;
  answer.textContent = content === undefined ? "" : JSON.stringify(content, null, 2);
}

function showCall(item, room) {
  const line = item.querySelector(".call");
  line.hidden = false;
  line.querySelector("a").href = `call?user=bob&room=${encodeURIComponent(room)}`;
}
