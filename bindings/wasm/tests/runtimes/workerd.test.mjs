// The package in workerd, the runtime of Cloudflare's Workers, with a KV namespace that a Worker stands in for.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import workerd from "workerd";
import { claims, document, expired, folder, tampered, token, worker } from "../project.mjs";
import { checkReport, vectorsOf } from "../support.mjs";
import { VECTORS } from "./vectors.mjs";

// The program itself, so that a signal ends it. The command that npm links is a script around it.
const program = workerd.default;
const SOCKETS = ["example", "readme", "vectors", "network"];
const ports = {};
const logged = [];
let server;

before(async () => {
  console.log(execFileSync(program, ["--version"], { encoding: "utf8" }).trim());
  writeFileSync(join(folder, "worker.js"), worker);
  const config = fileURLToPath(new URL("workerd.capnp", import.meta.url));
  // The cron trigger is started by an experimental interface.
  const args = ["serve", "--experimental", "--control-fd=3", `--import-path=${folder}`, config];
  server = spawn(program, args, { stdio: ["ignore", "pipe", "inherit", "pipe"] });
  createInterface({ input: server.stdout }).on("line", (line) => logged.push(line));
  const control = createInterface({ input: server.stdio[3], signal: AbortSignal.timeout(30_000) });
  for await (const line of control) {
    const { event, socket, port } = JSON.parse(line);
    if (event === "listen") ports[socket] = port;
    if (SOCKETS.every((name) => name in ports)) return;
  }
  assert.fail("workerd does not listen");
});

after(async () => {
  if (server?.exitCode !== null || server.signalCode !== null) return;
  server.kill();
  await once(server, "exit", { signal: AbortSignal.timeout(10_000) }).catch(() => server.kill("SIGKILL"));
});

test("the example: the cron trigger fetches the document, and requests get their verdicts", async () => {
  assert.equal((await ask("example", "/")).status, 503);
  assert.equal(await trigger(), "exception");
  assert.equal((await ask("example", "/")).status, 503);
  for (const [body, outcome] of [[document, "ok"], ["{}", "exception"]]) {
    await ask("network", "/v1/config/publishable_key_x", { method: "PUT", body });
    assert.equal(await trigger(), outcome);
  }
  const good = await ask("example", "/", { headers: { authorization: `Bearer ${token}` } });
  assert.deepEqual([good.status, await good.json()], [200, { organization: claims.organization.id, user: claims.user.email }]);
  await refuses("example");
  // The lines come through a pipe, maybe after the answers.
  const lines = REFUSED.map(([slug]) => `request refused: ${slug}`);
  for (let waits = 0; waits < 100 && logged.length < lines.length; waits += 1) await setTimeout(50);
  assert.deepEqual(logged, lines);
});

test("the Worker of the README", async () => {
  await ask("network", "/config.json", { method: "PUT", body: document });
  const headers = { cookie: `a=b; tesseral_${JSON.parse(document).projectId}_access_token=${token}` };
  const good = await ask("readme", "/", { headers });
  assert.deepEqual([good.status, await good.json()], [200, { organization: claims.organization.id }]);
  await refuses("readme");
});

for (const name of Object.keys(VECTORS)) {
  test(name, async (t) => {
    const vectors = vectorsOf(name);
    if (vectors === undefined) return t.skip("TESSERAL_VECTORS is not set");
    const answer = await ask("vectors", `/${encodeURIComponent(name)}`, { method: "POST", body: JSON.stringify(vectors) });
    assert.equal(answer.status, 200);
    checkReport(name, await answer.json(), "in workerd, ");
  });
}

/** Requests without a good credential, and why they are refused. */
const REFUSED = [
  ["signature_invalid", { authorization: `Bearer ${tampered}` }],
  ["token_expired", { authorization: `Bearer ${expired}` }],
  ["token_malformed", { authorization: "Bearer a.b.c" }],
  ["credentials_unrecognized", { authorization: `Bearer example_sk_${"0".repeat(55)}` }],
  ["credentials_unrecognized", [["authorization", `Bearer ${token}`], ["authorization", `Bearer ${token}`]]],
  ["credentials_missing", {}],
];

async function refuses(service) {
  for (const [slug, headers] of REFUSED) {
    const answer = await ask(service, "/", { headers });
    const found = [answer.status, answer.headers.get("www-authenticate"), await answer.text()];
    assert.deepEqual(found, [401, "Bearer", ""], slug);
  }
}

async function trigger() {
  return (await (await ask("network", "/trigger")).json()).outcome;
}

function ask(service, path, options) {
  return fetch(`http://127.0.0.1:${ports[service]}${path}`, { ...options, signal: AbortSignal.timeout(60_000) });
}
