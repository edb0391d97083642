// The API reference: the app's own document, drawn by Swagger UI once the reader opens it.

const app = document.body.dataset.app;
const rendered = document.querySelector("#rendered");
const fold = document.querySelector("#reference");
const note = document.querySelector("#reference-note");
let bearer;
document.addEventListener("bearer", ({ detail }) => {
  bearer = detail;
});
const dark = matchMedia("(prefers-color-scheme: dark)");

async function draw() {
  let spec;
  try {
    [spec] = await Promise.all([loadDocument(), loadRenderer()]);
  } catch (error) {
    note.textContent = `The app's document cannot be loaded: ${error.message}`;
    return;
  }
  const ui = SwaggerUIBundle({
    domNode: rendered,
    layout: "OperationsLayout",
    plugins: [operationsLayout],
    // "Try it out" calls this machine's app, whatever server the document names.
    spec: { ...spec, servers: [{ url: app }] },
    // All operations at once would be as long as twenty screens of a phone.
    docExpansion: "none",
    defaultModelsExpandDepth: -1,
    // The default asks a validator on the internet.
    validatorUrl: null,
    onComplete: () => note.remove(),
  });
  new MutationObserver(mend).observe(rendered, { childList: true, subtree: true });
  if (bearer) authorize(ui, spec, bearer);
  document.addEventListener("bearer", ({ detail }) => authorize(ui, spec, detail));
}

/** Give Swagger UI a layout without headings and landmarks of its own, for a part of a page. */
function operationsLayout({ React: { createElement } }) {
  const parts = { SvgAssets: false, errors: true, AuthorizeBtnContainer: true, operations: true };
  const drawn = ({ getComponent }) =>
    createElement(
      "div",
      { className: "swagger-ui" },
      Object.entries(parts).map(([name, connected]) =>
        createElement(getComponent(name, connected), { key: name }),
      ),
    );
  return { components: { OperationsLayout: drawn } };
}

/** Name what Swagger UI draws without a name, and let keys scroll its examples. */
function mend() {
  for (const choice of rendered.querySelectorAll("select:not([aria-label])")) choice.ariaLabel = "Choice";
  for (const body of rendered.querySelectorAll("textarea:not([aria-label])")) body.ariaLabel = "Body";
  for (const region of rendered.querySelectorAll("[role=region]:not([aria-label])")) region.ariaLabel = region.id;
  for (const example of rendered.querySelectorAll("pre:not([tabindex])")) example.tabIndex = 0;
}

/** Load Swagger UI: its style sheet, our changes to it, and the script that sets `SwaggerUIBundle`. */
async function loadRenderer() {
  const styles = ["renderer/swagger-ui.css", "static/reference.css"].map((href) =>
    Object.assign(document.createElement("link"), { rel: "stylesheet", href }),
  );
  const script = Object.assign(document.createElement("script"), {
    src: "renderer/swagger-ui-bundle.js",
  });
  const all = [...styles, script];
  document.head.append(...all);
  await Promise.all(all.map(loaded));
}

function loaded(element) {
  return new Promise((resolve, reject) => {
    element.addEventListener("load", resolve);
    element.addEventListener("error", () => reject(new Error(`${element.src ?? element.href} is missing.`)));
  });
}

async function loadDocument() {
  const answer = await fetch(`${app}/openapi.json`).catch(() => {
    throw new Error(`${app}/openapi.json does not answer, or does not allow this page to read the answer.`);
  });
  if (!answer.ok) throw new Error(`${app}/openapi.json answers ${answer.status}.`);
  return answer.json();
}

/** Let "Try it out" send the bearer token of the form's last user. */
function authorize(ui, spec, bearer) {
  for (const [name, scheme] of Object.entries(spec.components?.securitySchemes ?? {})) {
    if (scheme.scheme === "bearer") ui.preauthorizeApiKey(name, bearer);
  }
}

function followTheme() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

dark.addEventListener("change", followTheme);
followTheme();
if (fold.open) draw();
else fold.addEventListener("toggle", draw, { once: true });
