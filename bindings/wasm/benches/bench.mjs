// One token, cold: ours in each profile beside jose with its own key set. Every result is asserted before it is measured. Prints
// `figure` lines: medians of rounds in which all take turns.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { createLocalJWKSet, jwtVerify } from "jose";
import { compile, Verifier } from "tesseral-verify-wasm";

const [folder] = process.argv.slice(2);
const document = readFileSync(`${folder}/config.json`, "utf8");
const tokens = readFileSync(`${folder}/tokens`, "utf8").trim().split("\n");
const PACKAGE = new URL(".", import.meta.resolve("tesseral-verify-wasm"));
const wasm = readFileSync(new URL("tesseral_verify.wasm", PACKAGE));
const script = readFileSync(new URL("tesseral_verify.js", PACKAGE));
const module = await compile(wasm);
const now = Math.floor(Date.now() / 1000);
assert.equal(new Set(tokens).size, 512);

const PROFILES = ["server", "compact", "tiny"];
const verifiers = PROFILES.map((profile) => new Verifier(module, document, { profile }));
const { issuer } = verifiers[0];
const keys = createLocalJWKSet(JSON.parse(document));
const options = { issuer, audience: issuer, algorithms: ["ES256"], requiredClaims: ["exp", "nbf"], currentDate: new Date(now * 1000) };

const peers = {
  jose: async (token) => (await jwtVerify(token, keys, options)).payload.user.id,
};
PROFILES.forEach((profile, place) => {
  peers[profile] = (token) => verifiers[place].verifyToken(token, now).accessTokenClaims.user.id;
});

for (const [name, verify] of Object.entries(peers)) {
  for (const token of tokens) {
    const { user } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
    assert.equal(await verify(token), user.id, name);
  }
  const place = tokens[0].length - 20;
  const forged = tokens[0].slice(0, place) + (tokens[0][place] === "A" ? "B" : "A") + tokens[0].slice(place + 1);
  await assert.rejects(async () => verify(forged), undefined, name);
}

/** Microseconds for one call. Ours returns at once; what jose returns has to be awaited. */
async function once(verify, waits) {
  const start = process.hrtime.bigint();
  if (waits) for (const token of tokens) await verify(token);
  else for (const token of tokens) verify(token);
  return Number(process.hrtime.bigint() - start) / 1e3 / tokens.length;
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const times = Object.fromEntries(Object.keys(peers).map((name) => [name, []]));
for (let round = 0; round < 15; round += 1) {
  for (const [name, verify] of Object.entries(peers)) times[name].push(await once(verify, name === "jose"));
}
const loads = [];
for (let round = 0; round < 31; round += 1) {
  const start = process.hrtime.bigint();
  assert.equal(new Verifier(module, document).keysUsed, 1);
  loads.push(Number(process.hrtime.bigint() - start) / 1e3);
}

const jose = median(times.jose);
console.log(`figure wasm_bytes ${wasm.length + script.length} bytes`);
console.log(`figure wasm_gzip_bytes ${gzipSync(wasm).length + gzipSync(script).length} bytes`);
console.log(`figure wasm_load_us ${median(loads).toFixed(0)} us`);
console.log(`figure wasm_jose_verify_us ${jose.toFixed(1)} us`);
for (const profile of PROFILES) {
  console.log(`figure wasm_${profile}_verify_us ${median(times[profile]).toFixed(1)} us`);
  console.log(`figure wasm_${profile}_vs_jose ${(jose / median(times[profile])).toFixed(2)} x`);
}
