// 100,000 verifications, good and refused, and verifiers that come and go: the memory stays what it was.

import assert from "node:assert/strict";
import { test } from "node:test";
import { goodToken, slugOf, verifierFor } from "./support.mjs";

const good = goodToken();

/** Bytes in use: the heap, and the buffers outside of it, to which the memory of instances belongs. */
function used() {
  globalThis.gc();
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return heapUsed + Math.max(arrayBuffers, external);
}

test("100,000 verifications", () => {
  const verifier = verifierFor(good);
  const bad = [`${good.token}x`, `${good.token.slice(0, -4)}AAAA`, "a.b.c", "a".repeat(20_000)];
  const once = (round) => {
    const headers = { authorization: `Bearer ${good.token}`, cookie: `a=${round}` };
    assert.equal(verifier.authenticate(headers, good.now).credentialsType, "access_token");
    assert.notEqual(slugOf(() => verifier.verifyToken(bad[round % bad.length], good.now)), "ok");
  };
  for (let round = 0; round < 2_000; round += 1) once(round);
  const before = used();
  for (let round = 0; round < 50_000; round += 1) once(round);
  const grown = used() - before;
  console.log(`memory 100000 verifications: ${grown} bytes more`);
  assert.ok(grown < 1_000_000, `${grown}`);
});

test("300 verifiers, one after the other", async () => {
  const after = async (count) => {
    for (let made = 0; made < count; made += 1) {
      assert.equal(slugOf(() => verifierFor(good).verifyToken(good.token, good.now)), "ok");
      // The engine frees the memory of instances between two turns of the event loop.
      if (made % 20 === 0) await new Promise(setImmediate);
    }
    globalThis.gc();
    await new Promise((done) => setTimeout(done, 20));
    return used();
  };
  const before = await after(50);
  const grown = (await after(300)) - before;
  console.log(`memory 300 verifiers: ${grown} bytes more`);
  assert.ok(grown < 20_000_000, `${grown}`);
});
