// The part of Lambda's runtime client that a cold start needs. AWS's client must be compiled.

import { Agent, request } from "node:http";
import module from "node:module";
import { handler } from "./join.mjs";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new Agent({ keepAlive: true });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { agent, host, port, method, path: `/2018-06-01/runtime/${path}` };
    const sent = request(options, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(chunks) }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function serve() {
  for (;;) {
    const next = await call("GET", "invocation/next");
    const id = next.headers["lambda-runtime-aws-request-id"];
    const outcome = await handler(JSON.parse(next.body));
    if (process.env.FILL_COMPILE_CACHE) module.flushCompileCache();
    await call("POST", `invocation/${id}/response`, JSON.stringify(outcome));
  }
}

serve();
