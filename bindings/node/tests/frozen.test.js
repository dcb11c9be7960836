"use strict";
// Processes that stand still between requests, as functions do: no timer fires. One that is stopped and goes on has no keys that
// are too old. And a service that stands still.

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const path = require("node:path");
const { describe, test } = require("node:test");
const { Authenticator } = require("../index.js");
const { send } = require("./apps.js");
const { startFake } = require("./fake.js");

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// They mostly wait.
describe("what stands still", { concurrency: true }, () => {
  test("requests fetch when the background makes no progress", async () => {
    const fake = await startFake();
    const authenticator = new Authenticator(fake.options({ jwksRefreshIntervalSeconds: 1 }));
    const headers = { authorization: `Bearer ${await fake.token()}` };
    await authenticator.authenticate(headers);
    authenticator.close(); // ends the timers
    // The rulebook waits for two exchanges that may be under way, of 5 s in all, before it believes that there is no background.
    await sleep(6500);
    assert.equal(await fake.count("config"), 1);
    await Promise.all(Array.from({ length: 20 }, () => authenticator.authenticate(headers)));
    assert.equal(await fake.count("config"), 2);
    await fake.stop();
  });

  test("a process that was stopped answers at once, and fetches", async () => {
    const fake = await startFake();
    const { fetch, log, ...options } = fake.options({ jwksRefreshIntervalSeconds: 1 });
    const script = `
      const { requireAuth } = require(${JSON.stringify(path.join(__dirname, "../http.js"))});
      const server = require("node:http").createServer(requireAuth(${JSON.stringify(options)}, (req, res) => res.end()));
      server.listen(0, "127.0.0.1", () => console.log(server.address().port));`;
    const child = spawn(process.execPath, ["-e", script], { env: { ...process.env, NODE_EXTRA_CA_CERTS: fake.caFile } });
    const port = await new Promise((resolve) => child.stdout.once("data", (text) => resolve(Number(text))));
    const get = async () => (await send(port, { url: "/", method: "GET", headers: [["Authorization", `Bearer ${await fake.token()}`]] })).status;
    assert.equal(await get(), 200);
    child.kill("SIGSTOP");
    await sleep(3000);
    const before = await fake.count("config");
    await fake.command("rotate");
    child.kill("SIGCONT");
    const start = Date.now();
    assert.equal(await get(), 200);
    assert.ok(Date.now() - start < 2000);
    assert.ok((await fake.count("config")) > before);
    child.kill();
    await fake.stop();
  });

  test("a service that never answers delays no token of a known key, and no API key for long", async () => {
    const fake = await startFake();
    const authenticator = new Authenticator(fake.options({ apiKeysEnabled: true }));
    const token = { authorization: `Bearer ${await fake.token()}` };
    await authenticator.authenticate(token);
    await fake.command("fault/api-keys/hang");
    await fake.command("fault/config/hang");
    const start = Date.now();
    const outcome = assert.rejects(authenticator.authenticate({ authorization: `Bearer ${fake.apiKey}` }), { slug: "api_key_lookup_failed" });
    for (let i = 0; i < 100; i++) await authenticator.authenticate(token);
    assert.ok(Date.now() - start < 3000, "tokens waited");
    await outcome;
    const took = Date.now() - start;
    assert.ok(took > 4000 && took < 9000, `${took} ms`);
    authenticator.close();
    await fake.stop();
  });
});
