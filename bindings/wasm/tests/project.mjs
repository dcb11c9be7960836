// A project and tokens that a double of the service makes, in a folder of their own, and the programs of the README.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { Verifier } from "tesseral-verify-wasm";
import { PACKAGE, module } from "./support.mjs";

export const folder = mkdtempSync(join(tmpdir(), "tesseral-wasm-"));
after(() => rmSync(folder, { recursive: true }));
const fake = process.env.FAKE_TESSERAL;
assert.ok(fake, "run.sh sets FAKE_TESSERAL");
execFileSync(fake, ["mint", "--out", folder]);

const file = (name) => readFileSync(join(folder, name), "utf8");
export const document = file("config.json");
export const [token, tampered, expired] = ["token", "tampered", "expired"].map((name) => file(name).trim());
export const claims = new Verifier(module, document).verifyToken(token).accessTokenClaims;

export const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
export const [who, worker, whoInDeno] = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code);

/** Installs the package into the folder, as the README says. */
export function install() {
  execFileSync("npm", ["install", "--offline", "--no-audit", "--no-fund", fileURLToPath(PACKAGE)], { cwd: folder });
}
