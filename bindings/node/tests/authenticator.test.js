"use strict";
// Keys that change, a service that fails, and processes that stand still.

const assert = require("node:assert/strict");
const { execFile } = require("node:child_process");
const path = require("node:path");
const test = require("node:test");
const { promisify } = require("node:util");
const { AccessTokenAuthenticator, Auth, Authenticator, InvalidAccessTokenError, TesseralError } = require("../index.js");
const { startFake } = require("./fake.js");

let fake;
test.before(async () => void (fake = await startFake()));
test.after(() => fake.stop());
test.afterEach(() => fake.reset());

const bearer = (token) => ({ authorization: `Bearer ${token}` });
const slugOf = (promise) =>
  promise.then(
    () => "ok",
    (error) => {
      assert.ok(error instanceof TesseralError, String(error));
      return error.slug;
    },
  );

test("it starts nothing before the first request, and one fetch serves all", async () => {
  const authenticator = new Authenticator(fake.options());
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await fake.count("config"), 0);
  const token = await fake.token();
  const found = await Promise.all(Array.from({ length: 50 }, () => authenticator.authenticate(bearer(token))));
  assert.ok(found.every((auth) => auth instanceof Auth && auth.credentials === token));
  assert.equal(await fake.count("config"), 1);
  assert.equal((await authenticator.verifyToken(token)).credentials, token);
  assert.equal(await slugOf(authenticator.verifyToken("x")), "token_malformed");
  const { requests, snapshotAgeMs } = authenticator.stats();
  assert.deepEqual(requests, { ok: 51, token_malformed: 1 });
  assert.ok(snapshotAgeMs >= 0 && snapshotAgeMs < 60_000);
  authenticator.close();
});

test("the first token of a new key waits for one early fetch, and invented kids cause no more", async () => {
  const authenticator = new Authenticator(fake.options());
  assert.equal(await slugOf(authenticator.authenticate(bearer(await fake.token()))), "ok");
  await fake.command("rotate");
  const tokens = await Promise.all(Array.from({ length: 8 }, (_, user) => fake.token({ user })));
  assert.deepEqual(new Set(await Promise.all(tokens.map((token) => slugOf(authenticator.authenticate(bearer(token)))))), new Set(["ok"]));
  assert.equal(await fake.count("config"), 2);
  const header = (kid) => Buffer.from(JSON.stringify({ alg: "ES256", kid })).toString("base64url");
  const [, payload, signature] = tokens[0].split(".");
  const invented = Array.from({ length: 200 }, (_, i) => `${header(`kid ${i}`)}.${payload}.${signature}`);
  const slugs = await Promise.all(invented.map((token) => slugOf(authenticator.authenticate(bearer(token)))));
  assert.deepEqual(new Set(slugs), new Set(["key_unknown"]));
  assert.equal(await fake.count("config"), 2);
  authenticator.close();
});

test("an outage refuses no token of a known key, and the log says what is wrong once", async () => {
  const lines = [];
  const authenticator = new Authenticator(fake.options({ jwksRefreshIntervalSeconds: 1, log: (line) => lines.push(line) }));
  const token = await fake.token();
  assert.equal(await slugOf(authenticator.authenticate(bearer(token))), "ok");
  await fake.command("fault/config/status", { status: 502 });
  const end = Date.now() + 2500;
  while (Date.now() < end) {
    assert.equal(await slugOf(authenticator.authenticate(bearer(token))), "ok");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const stats = authenticator.stats();
  assert.ok(stats.refreshFailures >= 1 && stats.ready, JSON.stringify(stats));
  assert.deepEqual(lines, [`tesseral-verify: no configuration document from ${fake.host} [http_status 502]`]);
  authenticator.close();
});

test("API keys: one question for requests that come together, refusals are remembered", async () => {
  const authenticator = new Authenticator(fake.options({ apiKeysEnabled: true }));
  const key = await fake.command("api-key", { action: "a.b.c" });
  assert.equal(await authenticator.waitUntilReady(), true);
  const start = Date.now();
  const found = await Promise.all(Array.from({ length: 20 }, () => authenticator.authenticate(bearer(key))));
  // Those that wait are woken by the answer, not by their time-out of 5 s.
  assert.ok(Date.now() - start < 4000);
  for (const auth of found) {
    assert.equal(auth.credentialsType, "api_key");
    assert.equal(auth.credentials, key);
    assert.match(auth.organizationId, /^org_/);
    assert.match(auth.apiKeyId, /^api_key_/);
    assert.deepEqual([auth.accessTokenClaims, auth.payload], [undefined, undefined]);
    assert.deepEqual([auth.hasPermission("a.b.c"), auth.hasPermission("a.b")], [true, false]);
  }
  // The first question may be answered before others come, which then ask once more.
  assert.ok((await fake.count("api-keys")) <= 2);
  await fake.command("revoke", { key });
  assert.equal(await slugOf(authenticator.authenticate(bearer(key))), "api_key_invalid");
  const asked = await fake.count("api-keys");
  for (let i = 0; i < 10; i++) assert.equal(await slugOf(authenticator.authenticate(bearer(key))), "api_key_invalid");
  assert.equal(await fake.count("api-keys"), asked);
  const [question] = JSON.parse(await fake.command("requests/api-keys"));
  const headers = new Map(question.headers.map(([name, value]) => [name.toLowerCase(), value]));
  assert.equal(headers.get("content-type"), "application/json");
  assert.equal(headers.get("authorization"), `Bearer ${fake.backendApiKey}`);
  authenticator.close();
});

test("an application's own client", async () => {
  const { apiKey } = fake;
  const good = { apiKeyId: "api_key_1", organizationId: "org_1", actions: ["a.b.c"] };
  const refused = { statusCode: 400, body: { message: "unauthenticated_api_key" } };
  for (const [name, slug, answer] of [
    ["good", "ok", async () => good],
    ["no actions", "ok", async () => ({ ...good, actions: undefined })],
    ["refused", "api_key_invalid", () => Promise.reject(refused)],
    ["not permitted", "api_keys_not_permitted", () => Promise.reject({ statusCode: 403, body: { message: "permission_denied" } })],
    ["no organization", "api_key_lookup_failed", async () => ({ apiKeyId: "x" })],
    ["nothing", "api_key_lookup_failed", async () => undefined],
    ["numbers", "api_key_lookup_failed", async () => ({ ...good, actions: [1] })],
    ["throws", "api_key_lookup_failed", () => { throw new Error("x"); }],
    ["throws nothing", "api_key_lookup_failed", () => Promise.reject(undefined)],
    ["server error", "api_key_lookup_failed", () => Promise.reject({ statusCode: 500, body: { message: "x" } })],
  ]) {
    const asked = [];
    const tesseralClient = { apiKeys: { authenticateApiKey: (given) => (asked.push(given), answer()) } };
    const authenticator = new Authenticator(fake.options({ apiKeysEnabled: true, tesseralClient }));
    assert.equal(await slugOf(authenticator.authenticate(bearer(apiKey))), slug, name);
    assert.deepEqual(asked, [{ secretToken: apiKey }], name);
    // Refusals are remembered for a while, and nothing else is.
    assert.equal(await slugOf(authenticator.authenticate(bearer(apiKey))), slug, name);
    assert.equal(asked.length, slug === "api_key_invalid" || slug === "api_keys_not_permitted" ? 1 : 2, name);
    authenticator.close();
  }
});

test("what an application gives, and fails in its own way: nothing is thrown past it, nothing waits, no secret is logged", async () => {
  const secret = fake.apiKey;
  const failing = (value) => ({ get apiKeyId() { throw value; }, get statusCode() { throw value; } });
  const errors = [null, undefined, 5, failing(null), Object.assign(new Error(secret), { fault: secret, slug: secret, status: secret })];
  const statuses = [Symbol(secret), { toString: () => assert.fail() }, NaN, -1, "200", 200n];
  const logs = [(lines, line) => void lines.push(line), async (lines, line) => { lines.push(line); throw new Error("x"); }];
  for (const [i, log] of logs.entries()) {
    const lines = [];
    const options = (more) => fake.options({ apiKeysEnabled: true, log: (line) => log(lines, line), ...more });
    const clients = errors.flatMap((value) => [async () => failing(value), async () => { throw failing(value); }]);
    const lookups = clients.map((authenticateApiKey) => options({ tesseralClient: { apiKeys: { authenticateApiKey } } }));
    const services = statuses.map((status) =>
      options({ fetch: (url, init) => (init.method === "POST" ? { status, body: [] } : fake.fetch(url, init)) }));
    for (const each of [...lookups, ...services]) {
      const authenticator = new Authenticator(each);
      const start = Date.now();
      for (let n = 0; n < 2; n++) assert.equal(await slugOf(authenticator.authenticate(bearer(secret))), "api_key_lookup_failed");
      assert.ok(Date.now() - start < 4000, "it waited");
      authenticator.close();
    }
    const unready = statuses.map((status) => new Authenticator(options({ fetch: async () => ({ status, body: [] }) })));
    assert.ok(!(await Promise.all(unready.map((each) => each.waitUntilReady(0.2)))).includes(true));
    for (const each of unready) each.close();
    assert.ok(lines.length > 10 && !lines.join().includes(secret), String(i));
  }
});

test("AccessTokenAuthenticator", async () => {
  const authenticator = new AccessTokenAuthenticator(fake.options());
  const accessToken = await fake.token();
  const claims = await authenticator.authenticateAccessToken({ accessToken });
  assert.deepEqual(claims.user.email, "user0@example.com");
  assert.equal(await authenticator.getProjectId(), fake.projectId);
  for (const request of [
    { accessToken, nowUnixSeconds: claims.exp + 1 },
    { accessToken, nowUnixSeconds: claims.nbf - 1 },
    { accessToken: "" },
    { accessToken: fake.apiKey },
    { accessToken: `${accessToken} ` },
  ]) {
    await assert.rejects(authenticator.authenticateAccessToken(request), InvalidAccessTokenError);
  }
  assert.deepEqual(await authenticator.authenticateAccessToken({ accessToken, nowUnixSeconds: claims.exp + 0.5 }), claims);
  const lost = new AccessTokenAuthenticator(fake.options({ fetch: () => { throw new Error("no network"); } }));
  await assert.rejects(lost.authenticateAccessToken({ accessToken }), { slug: "keys_unavailable", httpStatus: 503 });
});

test("the fetch of Node.js, with its own trust; bodies that are coded, in pieces, slow", { timeout: 60_000 }, async () => {
  const script = `
    const { Authenticator } = require(${JSON.stringify(path.join(__dirname, ".."))});
    const [options, token, apiKey] = JSON.parse(process.argv[1]);
    (async () => {
      const authenticator = new Authenticator({ ...options, apiKeysEnabled: true });
      for (const one of [token, apiKey]) console.log((await authenticator.authenticate({ authorization: "Bearer " + one })).organizationId);
    })();`;
  const { fetch, log, ...options } = fake.options();
  for (const fault of [["none"], ["gzip"], ["chunked"], ["trickle", { octets: 100, ms: 20 }]]) {
    await fake.command(`fault/config/${fault[0]}`, fault[1]);
    // The service codes its answers about API keys itself, when the client can read that.
    if (fault[0] !== "gzip") await fake.command(`fault/api-keys/${fault[0]}`, fault[1]);
    const given = JSON.stringify([options, await fake.token(), fake.apiKey]);
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", script, given], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: fake.caFile },
    });
    assert.match(stdout, /^org_\w+\norg_\w+\n$/, fault[0]);
  }
});

test("workers of a cluster each keep their keys", { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(__dirname, "cluster.js"), JSON.stringify(await clusterInput())]);
  assert.deepEqual(stdout.trim().split("\n").sort(), ["200", "200", "200", "200", "200", "200", "401", "401"]);
});

async function clusterInput() {
  const { fetch, log, ...options } = fake.options();
  return { options, caFile: fake.caFile, token: await fake.token(), tampered: await fake.token({ tampered: 1 }) };
}

test("other headers that programs have", async () => {
  const authenticator = new Authenticator(fake.options());
  const token = await fake.token();
  const authorization = `Bearer ${token}`;
  for (const headers of [
    { authorization },
    { Authorization: authorization },
    { AUTHORIZATION: [authorization] },
    [["Authorization", authorization]],
    new Headers({ authorization }),
    new Map([["authorization", authorization]]),
    { cookie: `${fake.cookieName}=${token}` },
    new Headers({ cookie: `${fake.cookieName}=${token}` }),
    Object.assign(Object.create(null), { authorization }),
  ]) {
    assert.equal((await authenticator.authenticate(headers)).credentials, token);
  }
  for (const [slug, headers] of [
    ["credentials_unrecognized", { authorization: [authorization, authorization] }],
    ["credentials_unrecognized", { authorization, Authorization: authorization }],
    ["credentials_unrecognized", { authorization: Array(65).fill(authorization) }],
    ["credentials_missing", {}],
    ["credentials_missing", Object.create({ authorization })],
    ["credentials_missing", []],
  ]) {
    assert.equal(await slugOf(authenticator.authenticate(headers)), slug);
  }
  await assert.rejects(authenticator.authenticate(undefined), TypeError);
  authenticator.close();
});
