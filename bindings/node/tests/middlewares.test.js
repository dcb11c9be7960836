"use strict";
// The middlewares of all frameworks: the same requests, the same answers.

const assert = require("node:assert/strict");
const http2 = require("node:http2");
const test = require("node:test");
const { FRAMEWORKS, listen, send } = require("./apps.js");
const { startFake } = require("./fake.js");
const { apiKeyRequests, bearer, differences, placeRequests, tokenRequests } = require("./requests.js");
const { Signer } = require("./signer.js");

const TEXTS = { 401: "Unauthorized", 503: "Service Unavailable", 403: "Forbidden" };

let fake;
let signer;
let requests;

test.before(async () => {
  process.on("unhandledRejection", (error) => {
    console.error("unhandled rejection", error);
    process.exit(1);
  });
  fake = await startFake();
  signer = new Signer();
  await fake.command("document", { key: signer.jwk });
  requests = [...(await tokenRequests(fake, signer)), ...(await placeRequests(fake)), ...(await apiKeyRequests(fake))];
});

test.after(async () => {
  await fake.stop();
});

/** What is wrong with an answer, if anything. */
function fault({ name, status, url, method, headers, difference }, rows, answer) {
  if (difference !== undefined && rows.get(difference)?.ours !== status) return `${name}: row ${difference} says otherwise`;
  if (answer.status !== status) return `${name}: ${answer.status}, not ${status}`;
  if (method === "HEAD") return undefined;
  if (status === 401 && answer.body !== TEXTS[401]) return `${name}: ${answer.body}`;
  if (status === 401 && answer.headers["www-authenticate"] !== undefined) return `${name}: WWW-Authenticate`;
  if (status !== 200) return undefined;
  const body = JSON.parse(answer.body);
  const [[, value]] = headers;
  const token = value.replace(/^bearer +/i, "");
  if (url === "/info" && /^bearer/i.test(value) && body.credentials !== token) return `${name}: credentials`;
  if (url === "/claims") return claimsFault(name, body, JSON.parse(Buffer.from(token.split(".")[1], "base64url")));
  return undefined;
}

/** The claims that a handler gets are those of the token, without unknown members and nulls. */
function claimsFault(name, found, signed) {
  const known = (object, members) =>
    Object.fromEntries(members.filter((member) => Object.hasOwn(object, member) && object[member] !== null).map((member) => [member, object[member]]));
  const expected = known(signed, ["iss", "sub", "exp", "nbf", "iat", "actions"]);
  expected.aud = expected.iss;
  expected.session = known(signed.session, ["id"]);
  expected.user = known(signed.user, ["id", "email", "displayName", "profilePictureUrl"]);
  expected.organization = known(signed.organization, ["id", "displayName"]);
  if (signed.impersonator) expected.impersonator = known(signed.impersonator, ["email"]);
  try {
    assert.deepEqual(found, expected);
    return undefined;
  } catch {
    return `${name}: claims ${JSON.stringify(found)}`;
  }
}

for (const [framework, start] of Object.entries(FRAMEWORKS)) {
  test(framework, async (t) => {
    const rows = differences();
    const servers = {};
    for (const apiKeysEnabled of [true, false]) servers[apiKeysEnabled] = await start(fake.options({ apiKeysEnabled }));
    const faults = [];
    const seen = new Set();
    for (const one of requests) {
      const found = fault(one, rows, await send(servers[one.apiKeys].port, one));
      if (found !== undefined) faults.push(found);
      if (one.difference !== undefined) seen.add(one.difference);
    }
    await Promise.all(Object.values(servers).map((server) => server.close()));
    assert.deepEqual(faults, []);
    assert.ok(requests.length >= 150, `${requests.length} requests`);

    await faultsOfTheService(start, seen, rows);
    seen.add("config-down"); // in a test of its own
    assert.deepEqual([...rows.keys()].filter((row) => !seen.has(row)), [], "rows that no request is about");
    t.diagnostic(`compat ${framework}: ${requests.length} requests, ${seen.size} deliberate differences`);
  });
}

async function faultsOfTheService(start, seen, rows) {
  const token = await fake.token();
  const get = (server, headers) => send(server.port, { url: "/info", method: "GET", headers });
  const server = await start(fake.options({ apiKeysEnabled: true }));
  assert.equal((await get(server, bearer(token))).status, 200);
  for (const [name, parameters] of [
    ["status", { status: 500 }],
    ["status", { status: 404 }],
    ["empty-ok", {}],
    ["html", {}],
    ["malformed-json", {}],
    ["reset", {}],
    ["close", {}],
    ["redirect", { location: "https://example.com/" }],
  ]) {
    await fake.command(`fault/api-keys/${name}`, parameters);
    const answer = await get(server, bearer(fake.apiKey));
    assert.deepEqual([answer.status, answer.body], [rows.get("lookup-failed").ours, TEXTS[503]], name);
  }
  seen.add("lookup-failed");
  await fake.command("fault/api-keys/none");
  await fake.command("api-keys", { enabled: 0 });
  const answer = await get(server, bearer(await fake.command("api-key")));
  assert.deepEqual([answer.status, answer.body], [403, TEXTS[403]]);
  await fake.command("api-keys", { enabled: 1 });
  assert.equal((await get(server, bearer(fake.apiKey))).status, 200);
  await server.close();
}

test("no configuration document", async (t) => {
  const { ours } = differences().get("config-down");
  // A service for each fault: a request waits some seconds for a first document, and all wait at the same time.
  await Promise.all(
    Object.entries({ status: { status: 500 }, "malformed-json": {}, reset: {}, html: {}, oversize: { octets: 300000 } }).map(
      async ([name, parameters]) => {
        const down = await startFake();
        await down.command(`fault/config/${name}`, parameters);
        const servers = await Promise.all(Object.values(FRAMEWORKS).map((start) => start(down.options({ apiKeysEnabled: true }))));
        const headers = [bearer(await down.token()), bearer(down.apiKey), []];
        await Promise.all(
          servers.map(async (server) => {
            for (const answer of await Promise.all(headers.map((one) => send(server.port, { url: "/info", method: "GET", headers: one })))) {
              assert.deepEqual([answer.status, answer.body], [ours, TEXTS[503]], name);
            }
            await server.close();
          }),
        );
        await down.stop();
      },
    ),
  );
  t.diagnostic("5 faults, each in 6 servers");
});

test("settings that can never work", () => {
  const { requireAuth } = require("../express.js");
  for (const options of [
    undefined,
    {},
    { publishableKey: "" },
    { publishableKey: "a b" },
    { publishableKey: "x", configApiHostname: "https://config.tesseral.com" },
    { publishableKey: "x", configApiHostname: "a/b" },
    { publishableKey: "x", jwksRefreshIntervalSeconds: 0 },
    { publishableKey: "x", leewaySeconds: 301 },
    { publishableKey: "x", apiKeysEnabled: true, backendApiKey: "a\nb" },
  ]) {
    assert.throws(() => requireAuth(options), TypeError, JSON.stringify(options));
  }
  delete process.env.TESSERAL_BACKEND_API_KEY;
  assert.throws(() => requireAuth({ publishableKey: "x", apiKeysEnabled: true }), /TESSERAL_BACKEND_API_KEY/);
  requireAuth({ publishableKey: "x", apiKeysEnabled: true, tesseralClient: {} });
});

test("outside of the middleware, nobody is told", () => {
  for (const name of ["express", "http", "fastify", "hono"]) {
    const m = require(`../${name}.js`);
    for (const accessor of ["organizationId", "accessTokenClaims", "credentials", "credentialsType", "hasPermission"]) {
      for (const request of [{}, { auth: { organizationId: "org_1" } }, undefined]) assert.throws(() => m[accessor](request, "a.b.c"), /requireAuth/);
    }
  }
});

test("HTTP/2", async () => {
  const { requireAuth, organizationId } = require("../http.js");
  const server = http2.createServer(requireAuth(fake.options(), (req, res) => res.end(organizationId(req))));
  const { port } = await listen(server);
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const get = (headers) =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ":path": "/", ...headers }).on("error", reject);
      let status;
      let body = "";
      stream.on("response", (found) => (status = found[":status"])).on("data", (piece) => (body += piece)).on("end", () => resolve([status, body]));
    });
  const token = await fake.token();
  const good = [200, "org_"];
  for (const [headers, expected] of [
    [{ authorization: `Bearer ${token}` }, good],
    [{ cookie: ["a=b", `${fake.cookieName}=${token}`] }, good],
    [{}, [401, "Unauthorized"]],
    [{ authorization: "Bearer a.b.c" }, [401, "Unauthorized"]],
  ]) {
    const [status, body] = await get(headers);
    assert.deepEqual([status, body.slice(0, expected[1].length)], expected);
  }
  session.close();
  server.close();
});

test("WWW-Authenticate, when it is asked for; and requirePermission", async () => {
  const server = await FRAMEWORKS.express5(fake.options({ wwwAuthenticate: true }));
  const get = (headers) => send(server.port, { url: "/info", method: "GET", headers });
  assert.equal((await get([])).headers["www-authenticate"], "Bearer");
  assert.equal((await get(bearer("a.b.c"))).headers["www-authenticate"], 'Bearer error="invalid_token"');
  await server.close();

  const m = require("../express.js");
  const answers = [];
  const res = { setHeader() {}, end: () => answers.push(res.statusCode) };
  const req = { headers: { authorization: `Bearer ${await fake.token({ action: "a.b.c" })}` } };
  await new Promise((resolve) => m.requireAuth(fake.options())(req, res, resolve));
  m.requirePermission("a.b.c")(req, res, () => answers.push("next"));
  m.requirePermission("a.b.d")(req, res, () => answers.push("next"));
  assert.deepEqual(answers, ["next", 403]);
});
