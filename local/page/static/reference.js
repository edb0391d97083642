// The API reference: the app's own document, drawn by Swagger UI.

const app = document.body.dataset.app;
const note = document.querySelector("#reference-note");
const dark = matchMedia("(prefers-color-scheme: dark)");

async function draw() {
  let spec;
  try {
    spec = await loadDocument();
  } catch (error) {
    note.textContent = `The app's document cannot be loaded: ${error.message}`;
    return;
  }
  const ui = SwaggerUIBundle({
    domNode: document.querySelector("#rendered"),
    // "Try it out" calls this machine's app, whatever server the document names.
    spec: { ...spec, servers: [{ url: app }] },
    defaultModelsExpandDepth: 0,
    // The default asks a validator on the internet.
    validatorUrl: null,
    onComplete: () => note.remove(),
  });
  document.addEventListener("bearer", ({ detail }) => authorize(ui, spec, detail));
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
draw();
