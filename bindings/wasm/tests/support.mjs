// What the tests share: the package as it was built, and the repository's test data.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { compile, Verifier } from "tesseral-verify-wasm";
import { VECTORS } from "./runtimes/vectors.mjs";

export { slugOf } from "./runtimes/vectors.mjs";

export const ROOT = new URL("../../../", import.meta.url);
export const PACKAGE = new URL(".", import.meta.resolve("tesseral-verify-wasm"));
export const wasm = readFileSync(new URL("tesseral_verify.wasm", PACKAGE));
export const module = await compile(wasm);

export const json = (path) => JSON.parse(readFileSync(new URL(path, ROOT), "utf8"));

/** The vectors of a name that VECTORS has. The issuer's own cases may not be copied into the repository: undefined without them. */
export function vectorsOf(name) {
  if (name !== "issuer cases") return json(`tests/vectors/${name}`);
  const folder = process.env.TESSERAL_VECTORS;
  if (!folder) {
    if (process.env.CI) throw new Error("CI must set TESSERAL_VECTORS");
    console.log(`vectors ${name}: NOT SEEN, TESSERAL_VECTORS is not set`);
    return undefined;
  }
  return JSON.parse(readFileSync(`${folder}/tokens/issuer_sdk_authenticate_access_token_tests.json`, "utf8"));
}

/** Prints what runVectors reports, and fails unless all of these vectors ran and the verifier agrees with them. */
export function checkReport(name, { ran, disagree }, runtime = "") {
  console.log(`vectors ${runtime}${name}: ${ran} ran, ${disagree.length} disagree`);
  assert.deepEqual(disagree, []);
  assert.equal(ran, VECTORS[name].count);
}

/** A good token, the document with its key, and a time at which it is good. */
export function goodToken() {
  const vectors = json("tests/vectors/jwt_hostile_corpus.json");
  const test = vectors.tests.find(({ slug, token, jwks, now }) => slug === "ok" && token && !jwks && now === undefined);
  const document = vectors.jwks;
  return { token: test.token, document, now: vectors.now_default, options: { issuer: vectors.issuer, projectId: "project_x" } };
}

export const verifierFor = ({ document, options }) => new Verifier(module, document, options);
