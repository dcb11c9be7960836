"use strict";
// The shared vectors: tokens through verifyToken and authenticate, and requests, each with its exact slug.

const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const { ApiKeyLookup, TesseralError, Verifier } = require("../index.js");
const { ROOT } = require("./fake.js");

const AUTHORED = { "jwt_hostile_corpus.json": 388, "es256_extreme_scalars.json": 160, "forged_and_bounds.json": 354 };

function read(...names) {
  return JSON.parse(readFileSync(path.join(...names), "utf8"));
}

function slugOf(call) {
  try {
    call();
    return "ok";
  } catch (error) {
    assert.ok(error instanceof TesseralError, String(error));
    return error.slug;
  }
}

/** The verdict on a token after "Bearer ", where it differs from the verdict on the token alone. */
function throughHeader(vector, token) {
  const special = { "b64-lead-space": "ok", "b64-sig-space": "ok", "seg-empty": "credentials_missing" };
  if (Object.hasOwn(special, vector.id)) return special[vector.id];
  return !token.includes(".") || token.includes(",") ? "credentials_unrecognized" : vector.slug;
}

/** Octets as HTTP's strings have them. */
function octets(text) {
  return Buffer.from(text, "utf8").toString("latin1");
}

for (const [name, count] of Object.entries(AUTHORED)) {
  test(name, (t) => {
    const vectors = read(ROOT, "tests/vectors", name);
    const disagree = [];
    const verifiers = new Map(); // tables take long to build
    const verifierOf = (jwks, cacheTokens) => {
      const key = `${cacheTokens} ${jwks}`;
      if (!verifiers.has(key)) {
        verifiers.set(key, new Verifier(jwks, { issuer: vectors.issuer, projectId: "project_x", cacheTokens }));
      }
      return verifiers.get(key);
    };
    let ran = 0;
    for (const vector of vectors.tests) {
      const now = vector.now ?? vectors.now_default;
      const bytes = vector.token_b64 === undefined ? Buffer.from(vector.token) : Buffer.from(vector.token_b64, "base64");
      const token = bytes.toString("latin1");
      ran++;
      for (const cacheTokens of [0, 64]) {
        let verifier;
        try {
          verifier = verifierOf(vector.jwks ?? vectors.jwks, cacheTokens);
        } catch (error) {
          if (error.slug !== vector.slug) disagree.push([vector.id, vector.slug, error.slug]);
          continue;
        }
        const found = [
          slugOf(() => verifier.verifyToken(token, now)),
          slugOf(() => verifier.verifyToken(new Uint8Array(bytes), now)),
          slugOf(() => verifier.authenticate([["Authorization", `Bearer ${token}`]], now)),
          slugOf(() => verifier.verifyToken(token, now)),
        ];
        const expected = [vector.slug, vector.slug, throughHeader(vector, token), vector.slug];
        if (String(found) !== String(expected)) disagree.push([vector.id, expected, found]);
        if (vector.slug === "ok" && vector.claims !== undefined) {
          const { sub, session } = verifier.verifyToken(token, now).accessTokenClaims;
          if (vector.claims.sub !== undefined) assert.equal(sub, vector.claims.sub, vector.id);
          if (vector.claims.session?.id !== undefined) assert.equal(session.id, vector.claims.session.id, vector.id);
        }
      }
    }
    t.diagnostic(`vectors ${name}: ${ran} ran, ${disagree.length} disagree`);
    assert.deepEqual(disagree, []);
    assert.equal(ran, count);
    assert.equal(ran, vectors.numberOfTests);
  });
}

test("extraction.json", (t) => {
  const vectors = read(ROOT, "tests/vectors/extraction.json");
  const verifiers = [false, true].map((apiKeys) => new Verifier(vectors.jwks, { apiKeys }));
  const fill = (value) => Object.entries(vectors.texts).reduce((text, [name, long]) => text.replaceAll(name, long), value);
  const disagree = [];
  let ran = 0;
  for (const vector of vectors.tests) {
    const headers = ["authorization", "cookie"].flatMap((name) => vector[name].map((value) => [name, octets(fill(value))]));
    let slug;
    let credential;
    try {
      const found = verifiers[Number(vector.api_keys ?? false)].authenticate(headers, vectors.now_default);
      slug = found instanceof ApiKeyLookup ? "api_key_lookup_needed" : "ok";
      credential = found.credentials;
    } catch (error) {
      slug = error.slug;
    }
    ran++;
    const expected = [vector.slug, vector.credential === undefined ? undefined : octets(fill(vector.credential))];
    if (slug !== expected[0] || credential !== expected[1]) disagree.push([vector.id, expected, [slug, credential]]);
  }
  t.diagnostic(`vectors extraction.json: ${ran} ran, ${disagree.length} disagree`);
  assert.deepEqual(disagree, []);
  assert.ok(ran === vectors.numberOfTests && ran > 0);
});

test("the issuer's cases", (t) => {
  const folder = process.env.TESSERAL_VECTORS;
  if (!folder) {
    assert.ok(!("CI" in process.env), "CI must set TESSERAL_VECTORS");
    t.diagnostic("vectors issuer cases: NOT SEEN, TESSERAL_VECTORS is not set");
    return t.skip("TESSERAL_VECTORS is not set");
  }
  const cases = read(folder, "tokens/issuer_sdk_authenticate_access_token_tests.json");
  for (const { name, jwks, accessToken, nowUnixSeconds, claims } of cases) {
    const verifier = new Verifier(jwks);
    let found = null;
    try {
      found = verifier.verifyToken(accessToken, nowUnixSeconds).accessTokenClaims;
    } catch (error) {
      assert.ok(error instanceof TesseralError);
    }
    assert.deepEqual(found, claims, name);
  }
  t.diagnostic(`vectors issuer cases: ${cases.length} ran, 0 disagree`);
  assert.equal(cases.length, 13);
});

test("documents that cannot be used say why, and where", () => {
  for (const [document, slug, offset] of [
    ["{", "config_malformed", 1],
    ['{"keys":[]}', "config_no_usable_key", undefined],
    ["", "config_malformed", 0],
  ]) {
    assert.throws(() => new Verifier(document), { name: "ConfigError", slug, offset });
  }
  for (const given of [undefined, null, 1, {}, []]) assert.throws(() => new Verifier(given), TypeError);
  const { jwks } = read(ROOT, "tests/vectors/extraction.json");
  for (const options of [{ leewaySeconds: 301 }, { leewaySeconds: -1 }, { leewaySeconds: 1.5 }, { maxTokenLen: 65537 }]) {
    assert.throws(() => new Verifier(jwks, options), { slug: "invalid_argument" }, JSON.stringify(options));
  }
  const verifier = new Verifier(jwks);
  for (const token of [undefined, null, 1, {}, ["x"]]) assert.throws(() => verifier.verifyToken(token), TypeError);
  for (const now of [Number.NaN, Infinity, -Infinity]) assert.throws(() => verifier.verifyToken("a.b.c", now), TesseralError);
});

test("characters that are no octets do not become letters", () => {
  const vectors = read(ROOT, "tests/vectors/extraction.json");
  const verifier = new Verifier(vectors.jwks);
  const [token] = Object.values(vectors.texts).filter((text) => slugOf(() => verifier.verifyToken(text, vectors.now_default)) === "ok");
  // U+0141 has the low octet of A, and U+0100 + c that of c.
  const wide = [...token].map((char) => String.fromCharCode(char.charCodeAt(0) + 0x100)).join("");
  for (let i = 0; i < token.length; i += 37) {
    const changed = token.slice(0, i) + wide[i] + token.slice(i + 1);
    assert.equal(slugOf(() => verifier.verifyToken(changed, vectors.now_default)), "token_malformed");
    assert.notEqual(slugOf(() => verifier.authenticate([["authorization", `Bearer ${changed}`]], vectors.now_default)), "ok");
  }
});
