// The README and the examples do what they say, under Node.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { claims, document as config, folder, install, tampered, token, who, worker } from "./project.mjs";

// Workers import WebAssembly as a compiled module; Node does not, unless it is told so.
register(
  `data:text/javascript,${encodeURIComponent(`
    import { readFileSync } from "node:fs";
    export async function load(url, context, next) {
      if (!url.endsWith(".wasm")) return next(url, context);
      const source = \`import { readFileSync } from "node:fs";
        export default new WebAssembly.Module(readFileSync(new URL(\${JSON.stringify(url)})));\`;
      return { format: "module", source, shortCircuit: true };
    }`)}`,
);

test("the first screen of the README", () => {
  writeFileSync(join(folder, "who.mjs"), who);
  install();
  const run = (TOKEN) => execFileSync("node", ["who.mjs"], { cwd: folder, env: { ...process.env, TOKEN }, stdio: "pipe" });
  assert.equal(run(token).toString(), `${claims.organization.id} ${claims.user.email}\n`);
  assert.throws(() => run(tampered), /signature_invalid/);
});

test("the Worker of the README, and the example", async () => {
  const names = { small: join(folder, "worker.mjs"), whole: fileURLToPath(new URL("../examples/worker.js", import.meta.url)) };
  writeFileSync(names.small, worker);
  for (const [name, path] of Object.entries(names)) {
    const { default: handler } = await import(path);
    let document = null;
    const env = { TESSERAL: { get: async () => document, put: async (_, text) => void (document = text) } };
    const ask = async (headers) => {
      const response = await handler.fetch(new Request("https://a.example/", { headers }), env);
      return [response.status, response.headers.get("www-authenticate"), await response.text()];
    };
    if (name === "whole") {
      assert.equal((await ask({}))[0], 503);
      const { fetch } = globalThis;
      try {
        for (const [answer, kept] of [
          [new Response("no", { status: 500 }), null],
          [new Response("{}"), null],
          [new Response(config), config],
          [new Response("{}"), config],
        ]) {
          globalThis.fetch = async () => answer;
          await handler.scheduled({}, env).catch(() => {});
          assert.equal(document, kept);
        }
      } finally {
        globalThis.fetch = fetch;
      }
    }
    document = config;
    const [status, , body] = await ask({ authorization: `Bearer ${token}` });
    assert.deepEqual([status, JSON.parse(body).organization], [200, claims.organization.id]);
    assert.deepEqual(await ask({ authorization: `Bearer ${tampered}` }), [401, "Bearer", ""]);
    assert.deepEqual(await ask({}), [401, "Bearer", ""]);
  }
});

test("the example for Node", async () => {
  const script = fileURLToPath(new URL("../examples/server.mjs", import.meta.url));
  const server = spawn("node", [script, join(folder, "config.json"), "0"], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const port = await new Promise((done) => server.stdout.once("data", (line) => done(/\d+/.exec(line)[0])));
    const ask = async (headers) => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
      return [response.status, await response.text()];
    };
    assert.deepEqual(await ask({ authorization: `Bearer ${token}` }), [200, `${claims.organization.id}\n`]);
    assert.deepEqual(await ask({ authorization: `Bearer ${tampered}` }), [401, ""]);
    // fetch joins two fields into one; a client that does not gets the same answer.
    const { request } = await import("node:http");
    const status = await new Promise((done) => {
      const headers = ["Host", "a", "Authorization", `Bearer ${token}`, "Authorization", `Bearer ${token}`];
      request({ port, headers }, (response) => done(response.resume().statusCode)).end();
    });
    assert.equal(status, 401);
  } finally {
    server.kill();
  }
});
