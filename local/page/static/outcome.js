// What came of the form. It is all put in as text: none of it can become markup.

const line = document.querySelector("#outcome");
const details = document.querySelector("#details");
const template = document.querySelector("#titled-text").content;

/** One line, told to screen readers too, and below it each further text under its title. */
export function show({ state = "", told, ...texts }) {
  line.dataset.state = state;
  line.textContent = told;
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
