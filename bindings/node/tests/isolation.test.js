"use strict";
// What must not matter: worker threads, flags of Node.js, frozen prototypes, names of prototypes, odd requests.

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const { readFileSync } = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const { Worker } = require("node:worker_threads");
const { Authenticator, Verifier } = require("../index.js");
const { requireAuth } = require("../express.js");
const { ROOT, startFake } = require("./fake.js");
const { Signer, claims } = require("./signer.js");

const ISSUER = "https://project-x.tesseral.app";
const signer = new Signer();
const document = `{"projectId":"project_x","keys":[${signer.jwk}]}`;

let fake;
test.before(async () => void (fake = await startFake()));
test.after(() => fake.stop());

test("worker threads each have an addon of their own, and may end at any time", async () => {
  const script = `
    const { parentPort, workerData } = require("node:worker_threads");
    const { Verifier } = require(workerData.index);
    const verifier = new Verifier(workerData.document);
    for (let i = 0; i < 2000; i++) verifier.verifyToken(workerData.token).accessTokenClaims;
    parentPort.postMessage(verifier.verifyToken(workerData.token).organizationId);`;
  const workerData = { index: require.resolve("../index.js"), document, token: signer.token(claims(ISSUER)) };
  const verifier = new Verifier(document);
  for (let round = 0; round < 3; round++) {
    const workers = Array.from({ length: 4 }, () => new Worker(script, { eval: true, workerData }));
    const found = await Promise.all(
      workers.map((worker, i) => {
        if (i === 3) return worker.terminate();
        return new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
      }),
    );
    assert.deepEqual(found.slice(0, 3), ["org_1", "org_1", "org_1"]);
    assert.equal(verifier.verifyToken(workerData.token).organizationId, "org_1");
  }
});

const USE = `
  const { Authenticator, Verifier } = require(${JSON.stringify(require.resolve("../index.js"))});
  for (const name of ["express", "http", "fastify", "hono", "nextjs/serverside"]) require(${JSON.stringify(path.join(__dirname, ".."))} + "/" + name + ".js");
  const [document, token] = JSON.parse(process.argv[1]);
  const verifier = new Verifier(document);
  const auth = verifier.authenticate({ authorization: "Bearer " + token });
  console.log(auth.organizationId, auth.accessTokenClaims.user.email, auth.hasPermission("app.posts.read"));
  try { verifier.verifyToken("a.b.c"); } catch (error) { console.log(error.slug); }
  new Authenticator({ publishableKey: "x", fetch: async () => ({ status: 200, body: [Buffer.from(document)] }) })
    .authenticate({ cookie: "tesseral_project_x_access_token=" + token })
    .then((found) => console.log(found.organizationId));`;

for (const [name, flags, before] of [
  ["--disable-proto=delete", ["--disable-proto=delete"], ""],
  ["--disable-proto=throw", ["--disable-proto=throw"], ""],
  ["--frozen-intrinsics", ["--frozen-intrinsics", "--no-warnings"], ""],
  [
    "frozen prototypes",
    [],
    "for (const one of [Object, Array, Function, Error, TypeError, Map, Set, Promise, String, Uint8Array]) Object.freeze(one.prototype);",
  ],
  [
    "prototypes with members",
    [],
    `Object.assign(Object.prototype, { authorization: "Bearer x.y.z", actions: ["app.posts.write"], impersonator: { email: "x" }, cookie: "x", issuer: "https://evil.example", projectId: "project_evil", leewaySeconds: 300, maxTokenLen: 16, cacheTokens: 0, headers: { "x-evil": "1" }, body: "evil" });`,
  ],
]) {
  test(name, () => {
    const token = signer.token(claims(ISSUER));
    const found = execFileSync(process.execPath, [...flags, "-e", before + USE, JSON.stringify([document, token])], { encoding: "utf8" });
    assert.equal(found, "org_1 a@example.com true\ntoken_malformed\norg_1\n");
  });
}

test("members that only a prototype has are no claims", () => {
  const payload = claims(ISSUER, { actions: undefined });
  const script = `
    Object.assign(Object.prototype, { actions: ["root.all.do"], impersonator: { email: "x" } });
    Object.prototype.displayName = "x";
    const { Verifier } = require(${JSON.stringify(require.resolve("../index.js"))});
    const [document, token] = JSON.parse(process.argv[1]);
    const auth = new Verifier(document).verifyToken(token);
    const claims = auth.accessTokenClaims;
    console.log(auth.hasPermission("root.all.do"), Object.keys(claims), Object.keys(claims.user));`;
  const given = JSON.stringify([document, signer.token(payload)]);
  const found = execFileSync(process.execPath, ["-e", script, given], { encoding: "utf8" });
  assert.match(found, /^false /);
  assert.doesNotMatch(found, /actions|impersonator/);
});

test("names of prototypes, as kid and as claims", () => {
  for (const kid of ["toString", "constructor", "__proto__", "hasOwnProperty", "valueOf"]) {
    const own = new Signer(kid);
    const keys = new Verifier(`{"projectId":"project_x","keys":[${own.jwk}]}`);
    assert.deepEqual(keys.kids, [kid]);
    assert.equal(keys.verifyToken(own.token(claims(ISSUER))).organizationId, "org_1");
    assert.throws(() => new Verifier(document).verifyToken(own.token(claims(ISSUER))), { slug: "key_unknown" });
  }
  const text = JSON.stringify(claims(ISSUER));
  const evil = `"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"toString":1,"hasOwnProperty":null`;
  const nested = text.replace('"user":{', `"user":{${evil},`).replace('"organization":{', `"organization":{${evil},`);
  for (const payload of [`{${evil},${text.slice(1)}`, `{${evil},${nested.slice(1)}`]) {
    const found = new Verifier(document).verifyToken(signer.token(payload)).accessTokenClaims;
    assert.deepEqual(found, JSON.parse(text));
    assert.equal({}.isAdmin, undefined);
    const copy = structuredClone(found);
    assert.equal(Object.assign({}, copy.user).isAdmin, undefined);
    assert.deepEqual(Object.keys(found.user), ["id", "email", "displayName"]);
  }
});

test("what an application runs while header values are read changes nobody's sender", () => {
  const of = (id) => signer.token(claims(ISSUER, { organization: { id } }));
  const [one, other] = [of("org_one"), of("org_other")];
  const judged = (headers) => (verifier) => verifier.authenticate(headers).organizationId;
  for (const at of ["authorization", "cookie"]) {
    for (const place of ["array", "octets"]) {
      for (const occasion of [1, 2]) {
        const verifier = new Verifier(document);
        let reads = 0;
        const interfere = (value) => {
          if (++reads === occasion) judged({ authorization: `Bearer ${other}` })(verifier);
          return value;
        };
        const text = at === "cookie" ? `tesseral_project_x_access_token=${one}` : `Bearer ${one}`;
        const octets = Buffer.from(text);
        octets.valueOf = () => interfere(octets);
        const array = Object.defineProperty([""], 0, { get: () => interfere(text) });
        const value = place === "array" ? array : octets;
        assert.equal(judged({ get: (name) => (name === at ? value : undefined) })(verifier), "org_one");
        // The array of one field, while the other one has been read.
        const blank = Object.defineProperty([""], 0, { get: () => (judged({ authorization: `Bearer ${other}` })(verifier), "x=y") });
        assert.equal(judged({ get: (name) => (name === "authorization" ? `Bearer ${one}` : blank) })(verifier), "org_one");
        assert.equal(judged({ authorization: `Bearer ${other}` })(verifier), "org_other");
        assert.equal(judged({ authorization: `Bearer ${one}` })(verifier), "org_one");
      }
    }
  }
});

test("the addon by itself, when an array that it reads has getters", () => {
  const native = require("../lib/native.js");
  const of = (id) => signer.token(claims(ISSUER, { organization: { id } }));
  const [one, other] = [of("org_one"), of("org_other")];
  const keys = native.createKeys(document, {}, undefined);
  const now = Math.floor(Date.now() / 1000);
  // The inner call needs more room than there is, so that the room moves.
  const call = () => assert.match(keys.authenticate([`Bearer ${other}`], "x".repeat(2 ** 17), now), /org_other/);
  const array = Object.defineProperty(["", ""], 1, { get: () => (call(), "x=y") });
  assert.match(keys.authenticate(`Bearer ${one}`, array, now), /org_one/);
  assert.match(keys.authenticate(array.map(() => `Bearer ${one}`).slice(1), array, now), /org_one/);
});

test("a token whose sender did not fit on the stack is good later", () => {
  const verifier = new Verifier(document);
  const token = signer.token(claims(ISSUER));
  let refused = 0;
  (function deeper() {
    try {
      deeper();
    } catch {}
    try {
      verifier.verifyToken(token);
    } catch {
      refused++;
    }
  })();
  assert.ok(refused > 0);
  assert.equal(verifier.verifyToken(token).organizationId, "org_1");
});

test("one very long text does not keep its memory", () => {
  const script = `
    const verifier = new (require(${JSON.stringify(require.resolve("../index.js"))}).Verifier)(process.argv[1]);
    const use = () => { try { verifier.verifyToken("x".repeat(64 * 2 ** 20)); } catch {} };
    gc();
    const before = process.memoryUsage().rss;
    use();
    gc();
    console.log(Math.round((process.memoryUsage().rss - before) / 2 ** 20));`;
  const grown = Number(execFileSync(process.execPath, ["--expose-gc", "-e", script, document], { encoding: "utf8" }));
  assert.ok(grown < 128, `${grown} MiB`);
});

test("a sender that requests share cannot be changed", () => {
  const verifier = new Verifier(document);
  const token = signer.token(claims(ISSUER));
  const auth = verifier.verifyToken(token);
  assert.equal(verifier.verifyToken(token), auth);
  for (const change of [
    () => (auth.userId = "x"),
    () => (auth.organizationId = "x"),
    () => (auth.accessTokenClaims.sub = "x"),
    () => (auth.accessTokenClaims.user.email = "x"),
    () => auth.accessTokenClaims.actions.push("x"),
  ]) {
    assert.throws(change, TypeError);
  }
  assert.doesNotMatch(JSON.stringify(auth) + require("node:util").inspect(auth), new RegExp(`${token.slice(0, 20)}|example`));
});

test("remembered tokens end with exp, and with their key", () => {
  const verifier = new Verifier(document);
  const signed = claims(ISSUER);
  const token = signer.token(signed);
  for (let i = 0; i < 3; i++) assert.equal(verifier.verifyToken(token, signed.exp).organizationId, "org_1");
  assert.throws(() => verifier.verifyToken(token, signed.exp + 1), { slug: "token_expired" });
  assert.throws(() => verifier.verifyToken(token, signed.nbf - 1), { slug: "token_not_yet_valid" });
  assert.equal(verifier.verifyToken(token, signed.exp).organizationId, "org_1");
});

test("many tokens in a small cache: each gets its own sender", () => {
  const verifier = new Verifier(document, { cacheTokens: 16 });
  const tokens = Array.from({ length: 200 }, (_, i) => signer.token(claims(ISSUER, { sub: `user_${i}`, organization: { id: `org_${i}` } })));
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 400; i++) {
      // Some come again at once, most have been displaced.
      const n = (i * 7919 + round * 31) % (i % 3 === 0 ? 4 : tokens.length);
      const auth = verifier.verifyToken(tokens[n]);
      assert.deepEqual([auth.organizationId, auth.accessTokenClaims.sub, auth.credentials], [`org_${n}`, `user_${n}`, tokens[n]]);
    }
  }
});

test("every vector through a middleware: no exception, no rejection, one answer", async (t) => {
  const rejections = [];
  const note = (error) => rejections.push(error);
  process.on("unhandledRejection", note);
  const middleware = requireAuth(fake.options());
  const authenticator = new Authenticator(fake.options());
  await authenticator.waitUntilReady();
  let ran = 0;
  const values = [];
  for (const name of ["jwt_hostile_corpus.json", "es256_extreme_scalars.json", "forged_and_bounds.json"]) {
    for (const { token, token_b64 } of JSON.parse(readFileSync(path.join(ROOT, "tests/vectors", name), "utf8")).tests) {
      values.push(`Bearer ${token ?? Buffer.from(token_b64, "base64").toString("latin1")}`);
    }
  }
  const extraction = JSON.parse(readFileSync(path.join(ROOT, "tests/vectors/extraction.json"), "utf8"));
  for (const { authorization, cookie } of extraction.tests) values.push(...authorization, ...cookie);
  const odd = [undefined, null, 0, true, {}, [], [[]], Symbol("x"), () => {}, { toString() { throw new Error("x"); } }, Array(100).fill("Bearer a.b.c")];
  const requests = [
    ...values.flatMap((value) => [{ authorization: value }, { cookie: `${fake.cookieName}=${value}` }]).map((headers) => ({ headers, rawHeaders: [] })),
    ...odd.flatMap((value) => [{ headers: { authorization: value } }, { headers: { cookie: value } }, { headers: value }]),
    { headers: { authorization: "Bearer a.b.c" }, rawHeaders: [1, 2] },
    { headers: { authorization: "Bearer a.b.c" }, rawHeaders: [null, null] },
    { get headers() { throw new Error("x"); } },
    { headers: { authorization: "Bearer a.b.c" }, rawHeaders: ["Authorization"] },
  ];
  for (const req of requests) {
    const status = await new Promise((resolve) => {
      const res = { setHeader() {}, end: () => resolve(res.statusCode) };
      middleware(req, res, () => resolve("next"));
    });
    assert.ok(status === 401 || status === 500, `${status}`);
    ran++;
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  assert.deepEqual(rejections, []);
  assert.ok(ran > 2000, `${ran}`);
  t.diagnostic(`${ran} requests with vectors and with what is no header`);
});
