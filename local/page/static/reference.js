// The API reference: the app's own document, drawn by Swagger UI.

const app = document.body.dataset.app;
const note = document.querySelector("#reference-note");
const dark = matchMedia("(prefers-color-scheme: dark)");

async function draw() {
  let spec;
  try {
    spec = await described();
  } catch (error) {
    note.textContent = `The app's document cannot be had: ${error.message}`;
    return;
  }
  const ui = SwaggerUIBundle({
    domNode: document.querySelector("#rendered"),
    // What is tried out goes to this machine's app, wherever the document says the API is.
    spec: { ...spec, servers: [{ url: app }] },
    defaultModelsExpandDepth: 0,
    // The default asks a validator on the internet.
    validatorUrl: null,
    onComplete: () => note.remove(),
  });
  document.addEventListener("bearer", ({ detail }) => authorize(ui, spec, detail));
}

async function described() {
  const answer = await fetch(`${app}/openapi.json`).catch(() => {
    throw new Error(`nothing that this page may read came from ${app}/openapi.json.`);
  });
  if (!answer.ok) throw new Error(`${app}/openapi.json answers ${answer.status}.`);
  return answer.json();
}

/** "Try it out" signs in as whom the form last got a token for. */
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
