"use strict";
// The double of the service: the program fake-tesseral, and the commands of its control interface.

const { execFileSync, spawn } = require("node:child_process");
const { readFileSync } = require("node:fs");
const https = require("node:https");
const path = require("node:path");
const readline = require("node:readline");

const ROOT = path.resolve(__dirname, "../../..");

function program() {
  return process.env.FAKE_TESSERAL ?? execFileSync(path.join(ROOT, "tests/fake-tesseral/build.sh"), { encoding: "utf8" }).trim();
}

/** A running service on loopback, with TLS. It ends with this process. */
async function startFake(...options) {
  const child = spawn(program(), ["serve", "--tls", ...options], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = readline.createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    new Promise((resolve) => lines.once("line", (text) => resolve([text]))),
    new Promise((_, reject) => child.once("exit", (code) => reject(new Error(`fake-tesseral ended with ${code}`)))),
  ]);
  const ready = JSON.parse(line);
  const ca = readFileSync(ready.caFile);

  async function command(name, parameters = {}) {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(parameters)) for (const one of [value].flat()) query.append(key, String(one));
    const response = await fetch(`${ready.control}/${name}?${query}`);
    const text = (await response.text()).trim();
    if (!response.ok) throw new Error(`${name}: ${text}`);
    return text;
  }

  return {
    ...ready,
    ca,
    command,
    fetch: fetchTrusting(ca),
    token: (parameters) => command("token", parameters),
    count: async (endpoint) => Number(await command(`count/${endpoint}`)),
    /** What requireAuth needs to reach this service. */
    options(more) {
      return {
        publishableKey: ready.publishableKey,
        configApiHostname: ready.host,
        backendApiHostname: ready.host,
        backendApiKey: ready.backendApiKey,
        fetch: fetchTrusting(ca),
        log() {},
        ...more,
      };
    },
    async reset() {
      for (const endpoint of ["config", "api-keys"]) await command(`fault/${endpoint}/none`);
      await command("document");
      await command("forget");
    },
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.stdin.end();
      await ended;
    },
  };
}

/** A fetch over node:https that trusts one more authority: that of Node.js reads its list once, when the process starts. */
function fetchTrusting(ca) {
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const request = https.request(url, { method, headers, ca, signal, agent: false }, (response) =>
        resolve({ status: response.statusCode, body: response }),
      );
      request.on("error", reject);
      request.end(body);
    });
}

module.exports = { ROOT, fetchTrusting, startFake };
