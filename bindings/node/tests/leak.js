"use strict";
// leak.js ROUNDS: memory stays flat over verifications, refusals, verifiers that come and go, and whole requests. Run it with
// --expose-gc.

const assert = require("node:assert/strict");
const { Verifier } = require("../index.js");
const { requireAuth } = require("../express.js");
const { Signer, claims } = require("./signer.js");

const ISSUER = "https://project-x.tesseral.app";
const ROUNDS = Number(process.argv[2]);
const MIB = 1024 * 1024;
const signer = new Signer();
const document = `{"projectId":"project_x","keys":[${signer.jwk}]}`;
const tokens = Array.from({ length: 500 }, (_, i) => signer.token(claims(ISSUER, { sub: `user_${i}` })));

const cold = new Verifier(document, { cacheTokens: 0 });
const cached = new Verifier(document, { cacheTokens: 64 });
const middleware = requireAuth({ publishableKey: "x", fetch: async () => ({ status: 200, body: [Buffer.from(document)] }), log() {} });

function verify() {
  for (const token of tokens) {
    for (const verifier of [cold, cached]) assert.equal(verifier.verifyToken(token).accessTokenClaims.session.id, "session_1");
    assert.throws(() => cold.verifyToken(token.slice(1)));
    cached.authenticate([["authorization", `Bearer ${token}`], ["cookie", "a=b"]]);
  }
  for (let i = 0; i < 2; i++) new Verifier(document, { cacheTokens: 256 }).verifyToken(tokens[0]);
  assert.throws(() => new Verifier("{"));
}

async function request() {
  for (const token of tokens) {
    const req = { headers: { authorization: `Bearer ${token}` }, rawHeaders: [] };
    await new Promise((resolve) => middleware(req, {}, resolve));
    assert.equal(req.auth.credentials, token);
  }
}

async function settled() {
  for (let i = 0; i < 4; i++) {
    global.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage();
}

async function rounds(count) {
  for (let i = 0; i < count; i++) {
    verify();
    await request();
    if (i % 2 === 0) await settled();
  }
}

async function main() {
  // The allocator reaches its level first.
  await rounds(30);
  const before = await settled();
  await rounds(ROUNDS);
  const after = await settled();
  const grown = Object.fromEntries(["rss", "heapUsed", "external"].map((name) => [name, ((after[name] - before[name]) / MIB).toFixed(1)]));
  console.log(`${ROUNDS * tokens.length * 4} verifications, ${ROUNDS * 2} verifiers; MiB more: ${JSON.stringify(grown)}`);
  assert.ok(grown.heapUsed < 2 && grown.external < 2, JSON.stringify(grown));
  // A verifier and its cache have over 2 MiB: a leak of one in ten would show.
  assert.ok(grown.rss < 16, JSON.stringify(grown));
  process.exit();
}

main();
