// What clients and careless callers may hand in: every call ends with a verdict or a TypeError, and none changes the next one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, Verifier } from "tesseral-verify-wasm";
import { goodToken, module, slugOf, verifierFor } from "./support.mjs";

const good = goodToken();
const verifier = verifierFor(good);
const stillGood = () => assert.equal(slugOf(() => verifier.verifyToken(good.token, good.now)), "ok");

test("tokens of every length around the limits", () => {
  const input = 256 * 1024 + 1024;
  for (const length of [16_384, 16_385, 65_537, input - 1, input, input + 1, 10_000_000, 200_000_000]) {
    const slug = length > 16_384 ? "token_too_large" : "token_malformed";
    const text = "a".repeat(length);
    assert.equal(slugOf(() => verifier.verifyToken(text, good.now)), slug, `${length}`);
    assert.equal(slugOf(() => verifier.verifyToken(new Uint8Array(Math.min(length, 1e7)), good.now)), slug, `${length}`);
    stillGood();
  }
  // As many characters as there are octets of room, of three octets each.
  assert.equal(slugOf(() => verifier.verifyToken("€".repeat(input), good.now)), "token_too_large");
  assert.equal(slugOf(() => verifier.verifyToken("€".repeat(5_461), good.now)), "token_malformed");
  assert.equal(slugOf(() => verifier.verifyToken("€".repeat(5_462), good.now)), "token_too_large");
  stillGood();
});

test("header fields of every length around the limits", () => {
  const bearer = `Bearer ${good.token}`;
  const padded = (length) => ({ authorization: bearer, cookie: "a=".padEnd(length, "b") });
  const room = 256 * 1024 + 1024 - bearer.length;
  // Fields whose characters have room, and whose octets have none.
  const wide = (characters) => ({ authorization: bearer, cookie: "€".repeat(characters) });
  assert.equal(slugOf(() => verifier.authenticate(wide(Math.floor(room / 3)), good.now)), "ok");
  assert.equal(slugOf(() => verifier.authenticate(wide(Math.floor(room / 3) + 1), good.now)), "credentials_unrecognized");
  assert.equal(slugOf(() => verifier.authenticate(padded(room), good.now)), "ok");
  for (const length of [room + 1, 1_000_000, 100_000_000]) {
    assert.equal(slugOf(() => verifier.authenticate(padded(length), good.now)), "credentials_unrecognized");
    const alone = { authorization: "Bearer ".padEnd(length + bearer.length, "a") };
    assert.equal(slugOf(() => verifier.authenticate(alone, good.now)), "credentials_unrecognized");
    stillGood();
  }
});

test("characters that no token has", () => {
  const hostile = ["\0", "\ud800", "\udc00\ud800", "é", "€", "😀", "\ufeff", "\r\n", " ", "\uffff"];
  for (const character of hostile) {
    for (const text of [character, good.token + character, character + good.token, good.token.replace(".", `.${character}`)]) {
      assert.equal(slugOf(() => verifier.verifyToken(text, good.now)), "token_malformed", JSON.stringify(character));
      const slug = slugOf(() => verifier.authenticate({ authorization: `Bearer x${text}` }, good.now));
      assert.ok(["token_malformed", "credentials_unrecognized"].includes(slug), slug);
    }
  }
  stillGood();
});

test("what is no token, no time and no header fields", () => {
  class Sly {
    length = 4;
    toString = () => good.token;
  }
  for (const token of [undefined, null, 0, NaN, true, {}, [], [good.token], new Sly(), Symbol("a"), () => good.token, 1n]) {
    assert.throws(() => verifier.verifyToken(token, good.now), TypeError);
  }
  for (const now of [null, NaN, Infinity, -Infinity, "1750000000", {}, 1n, new Date()]) {
    assert.throws(() => verifier.verifyToken(good.token, now), TypeError);
    assert.throws(() => verifier.authenticate({}, now), TypeError);
  }
  for (const headers of [undefined, null, 1, "Authorization: Bearer", true, Symbol("a")]) {
    assert.throws(() => verifier.authenticate(headers, good.now), TypeError);
  }
  for (const value of [1, {}, [1], [[good.token]], new Sly(), Buffer.from("Bearer")]) {
    assert.throws(() => verifier.authenticate({ authorization: value }, good.now), TypeError);
    assert.throws(() => verifier.authenticate([["cookie", value]], good.now), TypeError);
    assert.throws(() => verifier.authenticate({ get: () => value }, good.now), TypeError);
  }
  stillGood();
});

test("times far away", () => {
  for (const [now, slug] of [
    [Number.MAX_VALUE, "token_expired"],
    [2 ** 63, "token_expired"],
    [-Number.MAX_VALUE, "token_not_yet_valid"],
    [0, "token_not_yet_valid"],
    [-0, "token_not_yet_valid"],
    [good.now + 0.9, "ok"],
  ]) {
    assert.equal(slugOf(() => verifier.verifyToken(good.token, now)), slug, `${now}`);
  }
});

test("octets in every kind of view", () => {
  const octets = new TextEncoder().encode(`xx${good.token}yy`);
  const inside = octets.subarray(2, octets.length - 2);
  const view = new DataView(octets.buffer, 2, inside.length);
  for (const token of [inside, view, inside.slice().buffer, Buffer.from(inside)]) {
    const auth = verifier.verifyToken(token, good.now);
    assert.equal(auth.credentials, good.token);
  }
});

test("a header object that calls the verifier while it is read", () => {
  const other = verifierFor(good);
  const headers = {
    get(name) {
      assert.equal(slugOf(() => other.verifyToken("a.b.c", good.now)), "token_malformed");
      return name === "authorization" ? `Bearer ${good.token}` : null;
    },
  };
  assert.equal(other.authenticate(headers, good.now).credentials, good.token);
});

test("a claim that is named like a property of every object", () => {
  Object.defineProperty(Object.prototype, "impersonator", { value: { email: "evil" }, configurable: true });
  Object.defineProperty(Object.prototype, "displayName", { value: "evil", configurable: true });
  try {
    const { accessTokenClaims } = verifier.verifyToken(good.token, good.now);
    assert.equal(JSON.stringify(accessTokenClaims).includes("evil"), false);
    assert.equal(Object.hasOwn(accessTokenClaims, "impersonator"), false);
  } finally {
    delete Object.prototype.impersonator;
    delete Object.prototype.displayName;
  }
});

test("options and documents that cannot be used", () => {
  const make = (document, options) => slugOf(() => new Verifier(module, document, options));
  for (const options of [
    { leewaySeconds: 301 },
    { leewaySeconds: -1 },
    { leewaySeconds: 2 ** 32 },
    { leewaySeconds: 0.5 },
    { leewaySeconds: "1" },
    { leewaySeconds: NaN },
    { maxTokenLen: 0 },
    { maxTokenLen: 65_537 },
    { maxTokenLen: 2 ** 32 + 1 },
    { issuer: "i".repeat(257) },
    { projectId: "p".repeat(65) },
    { profile: "large" },
    { profile: 1 },
  ]) {
    assert.equal(make(good.document, { ...good.options, ...options }), "invalid_argument", JSON.stringify(options));
  }
  for (const options of [{ apiKeys: 1 }, { issuer: 1 }, { projectId: null }, { leeway: 1 }, { skipSignature: true }]) {
    assert.throws(() => new Verifier(module, good.document, options), TypeError);
  }
  for (const document of [undefined, null, 1, {}, [good.document]]) {
    assert.throws(() => new Verifier(module, document, good.options), TypeError);
  }
  for (const [document, slug] of [
    ["", "config_malformed"],
    ["{}", "config_malformed"],
    ['{"keys":[]}', "config_no_usable_key"],
    [`\ufeff${good.document}`, "config_malformed"],
    [" ".repeat(262_145), "config_too_large"],
    ["€".repeat(262_144), "config_too_large"],
    [" ".repeat(50_000_000), "config_too_large"],
    [new Uint8Array(300_000), "config_too_large"],
  ]) {
    assert.equal(make(document, {}), slug);
  }
  assert.equal(make(good.document, {}), "config_no_issuer");
  assert.throws(() => new Verifier(module, '{"keys":[1,}', {}), (error) => error instanceof ConfigError && error.offset === 11);
  assert.throws(() => new Verifier({}, good.document, good.options), TypeError);
});

test("nothing that prints a sender shows the credential", async () => {
  const { inspect } = await import("node:util");
  const auth = verifier.authenticate(new Headers({ Authorization: `Bearer ${good.token}` }), good.now);
  assert.equal(auth.credentials, good.token);
  const signature = good.token.split(".")[2];
  for (const text of [inspect(auth, { showHidden: true, depth: 9 }), JSON.stringify(auth), `${auth}`, `${Object.entries(auth)}`]) {
    assert.equal(text.includes(signature), false);
  }
  for (const token of [`${good.token}x`, `${good.token.slice(0, -4)}AAAA`]) {
    assert.throws(() => verifier.verifyToken(token, good.now), (error) => !inspect(error).includes(token.slice(0, 40)));
  }
});
