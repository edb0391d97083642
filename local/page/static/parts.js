// The page's server checks each part in a request of its own, so no slow part delays another.

const items = [...document.querySelectorAll("[data-part]")];
const summary = document.querySelector("#health-summary");
const again = document.querySelector("#check-again");

async function check(item) {
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
    return { healthy: false, text: "The page's server does not answer. Is make run still running?" };
  }
}

function show(item, state, text) {
  item.dataset.state = state;
  item.querySelector(".state").textContent = state;
  item.querySelector(".finding").textContent = text;
}

async function checkAll() {
  again.disabled = true;
  summary.textContent = "Checking …";
  const down = (await Promise.all(items.map(check))).filter((healthy) => !healthy).length;
  summary.textContent = down ? `Down: ${down} of ${items.length} parts.` : "Every part is healthy.";
  if (down) document.querySelector("#health").open = true;
  again.disabled = false;
}

again.addEventListener("click", checkAll);
checkAll();
