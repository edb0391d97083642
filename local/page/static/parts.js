// Each part is looked at by the page's server, by itself, so that a slow one holds up no other.

const items = [...document.querySelectorAll("[data-part]")];
const summary = document.querySelector("#health-summary");
const again = document.querySelector("#look-again");

async function look(item) {
  show(item, "checking", "");
  const { healthy, text } = await finding(item.dataset.part);
  show(item, healthy ? "healthy" : "down", text);
  return healthy;
}

async function finding(part) {
  try {
    const answer = await fetch(`parts/${part}`);
    return await answer.json();
  } catch {
    return { healthy: false, text: "Nobody here can tell: does make run still run?" };
  }
}

function show(item, state, text) {
  item.dataset.state = state;
  item.querySelector(".state").textContent = state;
  item.querySelector(".finding").textContent = text;
}

async function lookAtAll() {
  again.disabled = true;
  summary.textContent = "Looking …";
  const down = (await Promise.all(items.map(look))).filter((healthy) => !healthy).length;
  summary.textContent = down ? `${down} of ${items.length} down.` : "Every part is healthy.";
  again.disabled = false;
}

again.addEventListener("click", lookAtAll);
lookAtAll();
