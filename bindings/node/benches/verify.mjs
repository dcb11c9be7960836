// One token: ours beside jose, fast-jwt and jsonwebtoken. Prints `figure` lines.
//
//     verify.mjs CONFIG TOKENS
//
// Each contestant has the key, checks ES256, `exp`, `nbf`, `iss` and `aud`, and gives the claims, of which one is read. Each has to
// accept every token and to refuse one with another signature, one of another issuer and one that has expired before it is
// measured. They take turns of 40 ms; times are of the processor, of all threads; values are medians.

import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createVerifier } from "fast-jwt";
import { createLocalJWKSet, jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";
import { Verifier } from "../index.mjs";

const TURN_MS = 40;
const TURNS = 61;

const document = readFileSync(process.argv[2], "utf8");
const tokens = readFileSync(process.argv[3], "utf8").trim().split("\n");
const { keys } = JSON.parse(document);
const { issuer } = new Verifier(document);

/** What each makes of a token: the user's e-mail address. It throws for a bad token. `another` is what another issuer needs. */
function contestants(expected) {
  const options = expected === issuer ? {} : { issuer: expected };
  const cold = new Verifier(document, { ...options, cacheTokens: 0 });
  const cached = new Verifier(document, { ...options, cacheTokens: 2 * tokens.length });

  const set = createLocalJWKSet({ keys });
  const joseOptions = { issuer: expected, audience: expected, algorithms: ["ES256"] };

  const pem = createPublicKey({ key: keys[0], format: "jwk" }).export({ type: "spki", format: "pem" });
  const fastOptions = { key: pem, algorithms: ["ES256"], allowedIss: expected, allowedAud: expected };
  const fast = createVerifier({ ...fastOptions, cache: false });
  const fastCached = createVerifier({ ...fastOptions, cache: 2 * tokens.length });

  const byKid = new Map(keys.map((key) => [key.kid, createPublicKey({ key, format: "jwk" })]));
  const kidOf = (token) => JSON.parse(Buffer.from(token.slice(0, token.indexOf(".")), "base64url")).kid;
  const webtokenOptions = { algorithms: ["ES256"], issuer: expected, audience: expected };

  return {
    ours: (token) => cold.verifyToken(token).accessTokenClaims.user.email,
    jose: async (token) => (await jwtVerify(token, set, joseOptions)).payload.user.email,
    fast_jwt: (token) => fast(token).user.email,
    jsonwebtoken: (token) => jsonwebtoken.verify(token, byKid.get(kidOf(token)), webtokenOptions).user.email,
    cached: (token) => cached.verifyToken(token).accessTokenClaims.user.email,
    fast_jwt_cached: (token) => fastCached(token).user.email,
  };
}

async function refuses(contestant, token) {
  try {
    await contestant(token);
    return false;
  } catch {
    return true;
  }
}

async function check(name, contestant, other) {
  const found = new Set();
  for (let round = 0; round < 2; round++) for (const token of tokens) found.add(await contestant(token));
  assert.equal(found.size, tokens.length, name);
  const forged = tokens[0].slice(0, tokens[0].lastIndexOf(".")) + tokens[1].slice(tokens[1].lastIndexOf("."));
  assert.ok(await refuses(contestant, forged), name);
  assert.ok(await refuses(other, tokens[0]), `${name}: another issuer`);
}

const all = contestants(issuer);
const others = contestants("https://project-x.tesseral.app");
for (const [name, contestant] of Object.entries(all)) await check(name, contestant, others[name]);

let place = 0;
/** Microseconds of the processor for one token. */
async function turn(name, contestant) {
  const before = process.cpuUsage();
  const end = performance.now() + TURN_MS;
  let done = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 64; i++) {
      const result = contestant(tokens[place]);
      if ((name === "jose" ? await result : result).length === 0) throw new Error("an empty address");
      place = (place + 1) % tokens.length;
    }
    done += 64;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / done;
}

const samples = Object.fromEntries(Object.keys(all).map((name) => [name, []]));
for (let round = -3; round < TURNS; round++) {
  for (const [name, contestant] of Object.entries(all)) {
    const sample = await turn(name, contestant);
    if (round >= 0) samples[name].push(sample);
  }
}
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const times = Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, median(list)]));
for (const [name, time] of Object.entries(times)) console.log(`  ${name.padEnd(16)} ${time.toFixed(2).padStart(8)} us a token`);
console.log(`figure node_verify_us ${times.ours.toFixed(2)} us`);
console.log(`figure node_cached_us ${times.cached.toFixed(2)} us`);
for (const peer of ["jose", "fast_jwt", "jsonwebtoken"]) console.log(`figure node_verify_vs_${peer} ${(times[peer] / times.ours).toFixed(1)} x`);
console.log(`figure node_cached_vs_fast_jwt_cached ${(times.fast_jwt_cached / times.cached).toFixed(1)} x`);
