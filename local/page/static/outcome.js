// The outcome of the form. All of it is inserted as text, so none of it can become markup.

const line = document.querySelector("#outcome");
const details = document.querySelector("#details");
const template = document.querySelector("#titled-text").content;

/** Show one line, also to screen readers, and below it each further text under its title. */
export function show({ state = "", summary, ...texts }) {
  line.dataset.state = state;
  line.textContent = summary;
  details.replaceChildren(...Object.entries(texts).map(([title, text]) => titled(title, text)));
}

function titled(title, text) {
  const filled = template.cloneNode(true);
  const copy = filled.querySelector("button");
  filled.querySelector("h3").textContent = title;
  filled.querySelector("pre").textContent = text;
  filled.querySelector("pre").ariaLabel = title;
  copy.ariaLabel = `Copy: ${title}`;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
    copy.ariaLabel = `Copied: ${title}`;
  });
  return filled;
}
