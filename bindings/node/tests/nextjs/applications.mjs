// applications.mjs FOLDER: builds the application of this folder for each version of Next.js that is installed in FOLDER, with each
// bundler, and compares the answers to requests. The configuration, one route, the proxy and the middleware are those of the README.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import fakeModule from "../fake.js";
import { requests } from "./requests.mjs";

const HERE = import.meta.dirname;
const APPLICATIONS = [
  { next: "next15", bundler: [], file: "middleware.js" },
  { next: "next15", bundler: ["--turbopack"], file: "middleware.js" },
  { next: "next16", bundler: ["--webpack"], file: "proxy.js" },
  { next: "next16", bundler: [], file: "proxy.js" },
  { next: "next16", bundler: [], file: "middleware.js" },
];
const LAID = ["app", ".next", "next.config.mjs", "middleware.js", "proxy.js", "config.json"];
const PROCESS_MS = 300_000;
const WAIT_MS = 60_000;

/** The files that the README shows: their names stand in the first line. */
function filesOfReadme() {
  const readme = readFileSync(path.join(HERE, "../../README.md"), "utf8");
  const blocks = [...readme.matchAll(/```js\n\/\/ (\S+)\n([^]*?)```/g)];
  return Object.fromEntries(blocks.map(([, name, content]) => [name, content]));
}

function lay(folder, file, fake, document) {
  for (const name of LAID) rmSync(path.join(folder, name), { recursive: true, force: true });
  cpSync(path.join(HERE, "app"), path.join(folder, "app"), { recursive: true });
  const files = filesOfReadme();
  const given = files["proxy.js"].replace("publishableKey:", `configApiHostname: "${fake.host}", publishableKey:`);
  assert.notEqual(given, files["proxy.js"]);
  files["proxy.js"] = given;
  for (const name of ["next.config.mjs", "app/widgets/route.js", file]) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), files[name]);
  }
  writeFileSync(path.join(folder, "config.json"), document);
}

/** The command next in a folder. It is ended after so many milliseconds. */
function next(folder, parameters, env, timeout) {
  const program = path.join(folder, "node_modules/next/dist/bin/next");
  return spawn(process.execPath, [program, ...parameters], { cwd: folder, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], timeout });
}

const ended = (child) => new Promise((resolve) => child.once("close", resolve));

/** Builds without the settings of auth(), as on a machine that has none of them. */
async function build(folder, bundler) {
  const child = next(folder, ["build", ...bundler], {}, PROCESS_MS);
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
  assert.equal(code, 0, `next build ${bundler}: ${output}${errors}`);
}

/** Runs `use` with the address of a server, which it ends. */
async function serve(folder, fake, use) {
  const env = {
    NODE_EXTRA_CA_CERTS: fake.caFile,
    NEXT_PUBLIC_TESSERAL_PUBLISHABLE_KEY: fake.publishableKey,
    NEXT_PUBLIC_TESSERAL_CONFIG_API_HOSTNAME: fake.host,
  };
  const child = next(folder, ["start", "--hostname", "127.0.0.1", "--port", "0"], env, PROCESS_MS);
  const end = ended(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (output += piece));
  try {
    await use(await address(() => output));
  } catch (error) {
    console.error(output);
    throw error;
  } finally {
    child.kill();
    await end;
  }
}

/** The address that a server says it has. */
async function address(output) {
  for (const until = Date.now() + WAIT_MS; Date.now() < until; ) {
    const found = output().match(/Local: +(http:\/\/\S+)[^]*Ready/)?.[1];
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("next start did not become ready");
}

async function answerOf(base, { path: target, headers }) {
  const answer = await fetch(base + target, { headers, redirect: "manual", signal: AbortSignal.timeout(WAIT_MS) });
  return { status: answer.status, location: answer.headers.get("location"), body: await answer.text() };
}

const folder = process.argv[2];
let sent = 0;
for (const { next: name, bundler, file } of APPLICATIONS) {
  const fake = await fakeModule.startFake();
  try {
    const application = path.join(folder, name);
    const { version } = JSON.parse(readFileSync(path.join(application, "node_modules/next/package.json"), "utf8"));
    const { body } = await fake.fetch(`https://${fake.host}/v1/config/${fake.publishableKey}`, { method: "GET" });
    lay(application, file, fake, await text(body));
    await build(application, bundler);
    let passed = 0;
    await serve(application, fake, async (base) => {
      for await (const { expected, ...request } of requests(fake, file)) {
        const found = await answerOf(base, request);
        for (const [member, value] of Object.entries(expected)) {
          const about = `${request.name} ${request.path}: ${member}`;
          if (value instanceof RegExp) assert.match(found[member], value, about);
          else assert.equal(found[member], value, about);
        }
        if (expected.status !== 200) assert.doesNotMatch(found.body, /user0@|org_/, `${request.name} ${request.path}`);
        passed++;
      }
    });
    assert.ok(passed > 0);
    sent += passed;
    console.log(`next ${version} ${[...bundler, file].join(" ")}: ${passed} answers as expected`);
  } finally {
    await fake.stop();
  }
}
console.log(`next: ${APPLICATIONS.length} applications, ${sent} answers as expected`);
