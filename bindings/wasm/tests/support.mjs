// What the tests share: the package as it was built, and the repository's test data.

import { readFileSync } from "node:fs";
import { compile, TesseralError, Verifier } from "tesseral-verify-wasm";

export const ROOT = new URL("../../../", import.meta.url);
export const PACKAGE = new URL(".", import.meta.resolve("tesseral-verify-wasm"));
export const wasm = readFileSync(new URL("tesseral_verify.wasm", PACKAGE));
export const module = await compile(wasm);

export const json = (path) => JSON.parse(readFileSync(new URL(path, ROOT), "utf8"));

/** The issuer's own cases, which may not be copied into the repository; undefined where they are not to be had. */
export function issuerCases() {
  const folder = process.env.TESSERAL_VECTORS;
  if (!folder) {
    if (process.env.CI) throw new Error("CI must set TESSERAL_VECTORS");
    return undefined;
  }
  return JSON.parse(readFileSync(`${folder}/tokens/issuer_sdk_authenticate_access_token_tests.json`, "utf8"));
}

/** A good token, the document with its key, and a time at which it is good. */
export function goodToken() {
  const vectors = json("tests/vectors/jwt_hostile_corpus.json");
  const test = vectors.tests.find(({ slug, token, jwks, now }) => slug === "ok" && token && !jwks && now === undefined);
  const document = vectors.jwks;
  return { token: test.token, document, now: vectors.now_default, options: { issuer: vectors.issuer, projectId: "project_x" } };
}

/** "ok", or the slug of the refusal. Everything else that is thrown is a fault of the test or of the package. */
export function slugOf(call) {
  try {
    call();
    return "ok";
  } catch (error) {
    if (error instanceof TesseralError) return error.slug;
    throw error;
  }
}

export const verifierFor = ({ document, options }) => new Verifier(module, document, options);
