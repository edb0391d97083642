// What came of the form. It is all put in as text: none of it can become markup.

const line = document.querySelector("#outcome");
const blocks = document.querySelector("#blocks");
const template = document.querySelector("#block").content;

/** One line, told to screen readers too, and a titled block for each further text. */
export function show({ state = "", told, ...texts }) {
  line.dataset.state = state;
  line.textContent = told;
  blocks.replaceChildren(...Object.entries(texts).map(([title, text]) => block(title, text)));
}

function block(title, text) {
  const filled = template.cloneNode(true);
  const copy = filled.querySelector("button");
  filled.querySelector("h3").textContent = title;
  filled.querySelector("pre").textContent = text;
  filled.querySelector("pre").ariaLabel = title;
  copy.ariaLabel = `Copy: ${title}`;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  });
  return filled;
}
