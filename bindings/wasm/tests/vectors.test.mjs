// The shared vectors: tokens alone and in requests, and requests, each with its exact slug.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKeyLookup, TesseralError, Verifier } from "tesseral-verify-wasm";
import { issuerCases, json, module, slugOf } from "./support.mjs";

const AUTHORED = { "jwt_hostile_corpus.json": 388, "es256_extreme_scalars.json": 160, "forged_and_bounds.json": 354 };

for (const [file, count] of Object.entries(AUTHORED)) {
  test(file, () => {
    const vectors = json(`tests/vectors/${file}`);
    const verifiers = new Map();
    let ran = 0;
    const disagree = [];
    for (const vector of vectors.tests) {
      const now = vector.now ?? vectors.now_default;
      const octets = "token_b64" in vector ? Buffer.from(vector.token_b64, "base64") : Buffer.from(vector.token);
      const document = vector.jwks ?? vectors.jwks;
      const options = { issuer: vectors.issuer, projectId: "project_x", profile: ["compact", "tiny", "server"][ran % 3] };
      const key = options.profile + document;
      let found;
      let expected = [vector.slug, vector.slug, throughHeader(vector, octets)];
      try {
        if (!verifiers.has(key)) verifiers.set(key, new Verifier(module, document, options));
        const verifier = verifiers.get(key);
        found = [
          slugOf(() => verifier.verifyToken(octets, now)),
          slugOf(() => verifier.verifyToken(octets.toString("utf8"), now)),
          slugOf(() => verifier.authenticate({ authorization: `Bearer ${octets.toString("utf8")}` }, now)),
        ];
      } catch (error) {
        if (!(error instanceof TesseralError)) throw error;
        found = [error.slug];
        expected = [vector.slug];
      }
      ran += 1;
      if (found.join() !== expected.join()) disagree.push([vector.id, expected, found]);
    }
    console.log(`vectors ${file}: ${ran} ran, ${disagree.length} disagree`);
    assert.deepEqual(disagree, []);
    assert.ok(ran === vectors.numberOfTests && ran === count);
  });
}

test("extraction.json", () => {
  const vectors = json("tests/vectors/extraction.json");
  const verifiers = [false, true].map((apiKeys) => new Verifier(module, vectors.jwks, { apiKeys }));
  const fill = (value) => Object.entries(vectors.texts).reduce((all, [name, by]) => all.replaceAll(name, by), value);
  let ran = 0;
  const disagree = [];
  for (const vector of vectors.tests) {
    const headers = { Authorization: vector.authorization.map(fill), Cookie: vector.cookie.map(fill) };
    let found;
    try {
      const sender = verifiers[Number(vector.api_keys ?? false)].authenticate(headers, vectors.now_default);
      found = [sender instanceof ApiKeyLookup ? "api_key_lookup_needed" : "ok", sender.credentials];
    } catch (error) {
      if (!(error instanceof TesseralError)) throw error;
      found = [error.slug, undefined];
    }
    ran += 1;
    const expected = [vector.slug, "credential" in vector ? fill(vector.credential) : undefined];
    if (found.join() !== expected.join()) disagree.push([vector.id, expected, found]);
  }
  console.log(`vectors extraction.json: ${ran} ran, ${disagree.length} disagree`);
  assert.deepEqual(disagree, []);
  assert.ok(ran === vectors.numberOfTests && ran === 176);
});

test("the issuer's cases", (t) => {
  const cases = issuerCases();
  if (!cases) {
    console.log("vectors issuer cases: NOT SEEN, TESSERAL_VECTORS is not set");
    return t.skip("TESSERAL_VECTORS is not set");
  }
  for (const { name, jwks, accessToken, nowUnixSeconds, claims } of cases) {
    const verifier = new Verifier(module, jwks);
    if (claims === null) {
      assert.notEqual(slugOf(() => verifier.verifyToken(accessToken, nowUnixSeconds)), "ok", name);
    } else {
      const found = verifier.verifyToken(accessToken, nowUnixSeconds).accessTokenClaims;
      assert.deepEqual({ ...found }, { ...claims, actions: [] }, name);
    }
  }
  console.log(`vectors issuer cases: ${cases.length} ran, 0 disagree`);
  assert.equal(cases.length, 13);
});

/** The verdict on a token behind `Bearer `, where it differs from the verdict on the token alone. */
function throughHeader({ id, slug }, octets) {
  const special = { "b64-lead-space": "ok", "b64-sig-space": "ok", "seg-empty": "credentials_missing" };
  if (id in special) return special[id];
  return !octets.includes(".") || octets.includes(",") ? "credentials_unrecognized" : slug;
}

