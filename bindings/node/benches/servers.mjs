// Express and Fastify without authentication, with jose (Express) or fast-jwt (Fastify), and with ours. Prints `figure` lines.
//
//     servers.mjs CONFIG TOKENS
//
// Each server has a process of its own on one core, wrk another core. They take turns. What a middleware costs is the difference of
// the processor times that a server spends on one request.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const NAMES = ["express_none", "express_jose", "express_ours", "fastify_none", "fastify_fast_jwt", "fastify_ours"];
const [ROUNDS, SECONDS] = [5, 2];
const [config, tokens] = process.argv.slice(2);
const cores = execFileSync("nproc", { encoding: "utf8" }).trim() > 1 ? [0, 1] : [0, 0];

const folder = mkdtempSync(path.join(tmpdir(), "tesseral-bench-"));
const script = path.join(folder, "wrk.lua");
writeFileSync(
  script,
  `local tokens, place = {}, 0
for line in io.lines("${path.resolve(tokens)}") do tokens[#tokens + 1] = "Bearer " .. line end
request = function()
    place = place % #tokens + 1
    return wrk.format("GET", "/", {["Authorization"] = tokens[place]})
end
done = function(summary, latency)
    local e = summary.errors
    io.write(string.format("result %d %d %d %d\\n", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.timeout + e.status, latency:percentile(99)))
end
`,
);

async function start(name) {
  const child = spawn("taskset", ["-c", String(cores[1]), process.execPath, path.join(import.meta.dirname, "server.mjs"), name, config], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise((resolve, reject) => child.stdout.once("data", (text) => resolve(Number(text))).once("close", reject));
  return { child, port };
}

/** Microseconds of the processor that all threads of a process have spent. */
function spent(pid) {
  let total = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) total += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  return total / 1e3;
}

function measure({ child, port }) {
  const before = spent(child.pid);
  const text = execFileSync("taskset", ["-c", String(cores[0]), "wrk", "-t1", "-c8", `-d${SECONDS}s`, "-s", script, `http://127.0.0.1:${port}/`], {
    encoding: "utf8",
  });
  const [, requests, duration, errors, worst] = text.match(/^result (\d+) (\d+) (\d+) (\d+)$/m).map(Number);
  assert.ok(requests > 100 && errors === 0, text);
  return { cost: (spent(child.pid) - before) / requests, rate: (requests * 1e6) / duration, worst };
}

const first = readFileSync(tokens, "utf8").split("\n")[0];
const servers = {};
try {
  for (const name of NAMES) {
    servers[name] = await start(name);
    const get = (token) => fetch(`http://127.0.0.1:${servers[name].port}/`, { headers: { authorization: `Bearer ${token}` } });
    const good = await get(first);
    assert.deepEqual([good.status, await good.json()], [200, { ok: true }], name);
    const forged = first.slice(0, -40) + "A".repeat(40);
    assert.equal((await get(forged)).status, name.endsWith("_none") ? 200 : 401, name);
  }
  const samples = Object.fromEntries(NAMES.map((name) => [name, []]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of NAMES) {
      const sample = measure(servers[name]);
      if (round >= 0) samples[name].push(sample);
    }
  }
  const median = (name, of) => samples[name].map((sample) => sample[of]).toSorted((a, b) => a - b)[ROUNDS >> 1];
  for (const name of NAMES) {
    console.log(`  ${name.padEnd(17)} ${median(name, "cost").toFixed(1).padStart(7)} us of the processor a request`);
    console.log(`figure node_${name}_requests_per_second ${median(name, "rate").toFixed(0)} /s`);
    console.log(`figure node_${name}_latency_p99_ms ${(median(name, "worst") / 1e3).toFixed(2)} ms`);
  }
  for (const [framework, peer] of [["express", "jose"], ["fastify", "fast_jwt"]]) {
    const none = median(`${framework}_none`, "cost");
    console.log(`figure node_${framework}_overhead_us ${(median(`${framework}_ours`, "cost") - none).toFixed(1)} us`);
    console.log(`figure node_${framework}_overhead_${peer}_us ${(median(`${framework}_${peer}`, "cost") - none).toFixed(1)} us`);
  }
} finally {
  for (const { child } of Object.values(servers)) child.kill();
  rmSync(folder, { recursive: true });
}
