// The package in Deno.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { claims, folder, install, readme, tampered, token, whoInDeno } from "../project.mjs";
import { PACKAGE, checkReport, vectorsOf } from "../support.mjs";
import { VECTORS } from "./vectors.mjs";

// The program itself. The command that npm links is a script around it.
const program = createRequire(import.meta.url)("deno/install_api.cjs").runInstall();
const sender = `${claims.organization.id} ${claims.user.email}\n`;
const wasm = fileURLToPath(new URL("tesseral_verify.wasm", PACKAGE));

/** Runs Deno in the folder of the project, with nothing in its cache and nothing to ask for permission. */
function deno(args, { TOKEN = token, input = "" } = {}) {
  const env = { PATH: process.env.PATH, DENO_DIR: join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", TOKEN };
  const options = { cwd: folder, env, input, encoding: "utf8", timeout: 120_000 };
  const { error, status, stdout, stderr } = spawnSync(program, args, options);
  if (error) throw error;
  return { status, stdout, stderr };
}

/** Runs a program that may do only what these flags allow. */
const run = (flags, path, more) => deno(["run", "--no-prompt", "--no-remote", ...flags, path], more);

before(() => {
  install();
  console.log(`deno ${deno(["--version"]).stdout.split(" ")[1]}`);
});

test("the vectors, with every permission denied", () => {
  const denied = ["read", "write", "net", "env", "run", "sys", "ffi", "import"].map((name) => `--deny-${name}`);
  const seen = Object.keys(VECTORS).map((name) => [name, vectorsOf(name)]).filter(([, vectors]) => vectors !== undefined);
  const input = JSON.stringify(Object.fromEntries(seen));
  const { status, stdout, stderr } = run(denied, fileURLToPath(new URL("in_deno.mjs", import.meta.url)), { input });
  assert.equal(status, 0, stderr);
  const reports = JSON.parse(stdout);
  for (const [name] of seen) checkReport(name, reports[name], "in Deno, ");
});

test("the program of the README, with the permissions that it names", () => {
  writeFileSync(join(folder, "who.mjs"), whoInDeno);
  const flags = /deno run (.*) who\.mjs/.exec(readme)[1].split(" ");
  assert.deepEqual(run(flags, "who.mjs"), { status: 0, stdout: sender, stderr: "" });
  const refused = run(flags, "who.mjs", { TOKEN: tampered });
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /TesseralError: token signature is invalid/);
  // It needs each of them.
  for (const flag of flags) {
    const { status, stderr } = run(flags.filter((one) => one !== flag), "who.mjs");
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`NotCapable: .*${flag.split("=")[0]}`));
  }
});

test("the WebAssembly that is fetched, in TypeScript that is checked", () => {
  const row = /^\| Deno, .* \| `(await compile.*)` \|$/m.exec(readme)[1];
  const code = `
    import { compile, Verifier } from "tesseral-verify-wasm";
    const verifier = new Verifier(${row}, await Deno.readTextFile("config.json"));
    const sender = verifier.verifyToken(Deno.env.get("TOKEN") ?? "");
    console.log(sender.organizationId, sender.accessTokenClaims.user.email);`;
  writeFileSync(join(folder, "who.ts"), code);
  const check = deno(["check", "--no-remote", "who.ts"]);
  assert.equal(check.status, 0, check.stderr);
  const flags = [`--allow-read=config.json,${wasm}`, "--allow-env=TOKEN"];
  assert.deepEqual(run(flags, "who.ts"), { status: 0, stdout: sender, stderr: "" });
});
