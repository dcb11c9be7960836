"use strict";
// Requests, and the statuses that middlewares have to answer. A request may name a row of differences.md: then
// @tesseral/tesseral-express answers otherwise, as the row says.

const { readFileSync } = require("node:fs");
const path = require("node:path");
const { claims, encode } = require("./signer.js");

/** The rows of differences.md: name -> { theirs, ours } */
function differences() {
  const text = readFileSync(path.join(__dirname, "..", "differences.md"), "utf8");
  const rows = text.matchAll(/^\| ([a-z0-9-]+) \| .* \| ([0-9a-z ]+) \| (\d{3}) \| .* \|$/gm);
  return new Map([...rows].map(([, name, theirs, ours]) => [name, { theirs, ours: Number(ours) }]));
}

/** A request. `headers`: [name, value] pairs. */
function request(name, headers, status, { url = "/info", method = "GET", difference, apiKeys = true } = {}) {
  return { name, headers, status, url, method, difference, apiKeys };
}

function bearer(token) {
  return [["Authorization", `Bearer ${token}`]];
}

/** Good tokens of all shapes, then what may be wrong with one. */
async function tokenRequests(fake, signer) {
  const good = await fake.token();
  const list = [];
  const honest = [
    { user: 3, picture: "https://example.com/a.png", "display-name": "É <b>" },
    { impersonator: "staff@example.com", action: ["a.b.c", "a.b.d"] },
    { "display-name": "", actions: 50 },
    { "organization-display-name": "日本 & co" },
  ];
  for (const url of ["/info", "/claims"]) {
    list.push(request(`good ${url}`, bearer(good), 200, { url }));
    for (const [number, parameters] of honest.entries()) {
      list.push(request(`honest ${number} ${url}`, bearer(await fake.token(parameters)), 200, { url }));
    }
  }
  for (const method of ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]) {
    const empty = method === "POST" || method === "PUT" ? [["Content-Length", "0"]] : [];
    list.push(request(`${method} with a token`, [...bearer(good), ...empty], 200, { method }));
    list.push(request(`${method} without`, empty, 401, { method }));
  }
  for (const url of ["/missing", "/info/..", "/%2e/missing"]) {
    list.push(request(`${url} without`, [], 401, { url }));
  }
  list.push(request("expired", bearer(await fake.token({ expired: 1 })), 401));
  list.push(request("tampered", bearer(await fake.token({ tampered: 1 })), 401));
  list.push(request("of the future", bearer(await fake.token({ "now-offset": 3600 })), 401));
  const permission = { url: "/permission?action=a.b.c" };
  list.push(request("permission", bearer(await fake.token({ action: "a.b.c" })), 200, permission));
  list.push(request("permission absent", bearer(good), 403, permission));
  list.push(...claimsRequests(fake, signer), ...formRequests(signer.token(claims(fake.issuer)), signer));
  return list;
}

function claimsRequests(fake, signer) {
  const now = Math.floor(Date.now() / 1000);
  const list = [];
  const add = (name, status, changes, more) =>
    list.push(request(name, bearer(signer.token(claims(fake.issuer, changes))), status, { url: "/claims", ...more }));

  const user = { id: "user_1", email: "a@example.com" };
  for (const url of ["/claims", "/info"]) {
    add(`plain ${url}`, 200, {}, { url });
    add(`unknown members ${url}`, 200, { jti: "x", extra: { a: [1, null, { b: 1.5 }] }, flag: true }, { url });
    add(`unknown members within ${url}`, 200, { user: { ...user, roles: ["a"], x: null } }, { url });
    add(`nulls ${url}`, 200, { actions: null, impersonator: null, user: { ...user, displayName: null } }, { url });
    add(`no actions ${url}`, 200, { actions: undefined }, { url });
    add(`empty actions ${url}`, 200, { actions: [] }, { url });
    add(`fractions ${url}`, 200, { exp: now + 300.5, nbf: now - 1.5, iat: now - 1.25 }, { url });
    add(`impersonator ${url}`, 200, { impersonator: { email: "s@x" } }, { url });
    add(`names of prototypes ${url}`, 200, { constructor: { prototype: 1 }, toString: "x", hasOwnProperty: null }, { url });
  }
  add("expired in seconds", 401, { exp: now - 2 });
  add("just begun", 200, { nbf: now });
  add("not yet", 401, { nbf: now + 3600 });
  for (const member of ["iss", "sub", "aud", "exp", "nbf", "iat", "session", "user", "organization"]) {
    const difference = "claims-malformed";
    add(`without ${member}`, 401, { [member]: undefined }, { difference });
    add(`${member} null`, 401, { [member]: null }, { difference });
    add(`${member} an array`, 401, { [member]: [] }, { difference });
    add(`${member} an object`, 401, { [member]: {} }, { difference });
  }
  const difference = "claims-malformed";
  add("user without email", 401, { user: { id: "u" } }, { difference });
  add("user without id", 401, { user: { email: "a@example.com" } }, { difference });
  add("user's email a number", 401, { user: { id: "u", email: 1 } }, { difference });
  add("session's id a number", 401, { session: { id: 1 } }, { difference });
  add("actions a string", 401, { actions: "a.b.c" }, { difference });
  add("actions with a number", 401, { actions: [1] }, { difference });
  add("impersonator without email", 401, { impersonator: {} }, { difference });
  add("another issuer", 401, { iss: "https://project-x.tesseral.app" }, { difference: "iss" });
  add("another audience", 401, { aud: "https://project-x.tesseral.app" }, { difference: "aud" });
  add("audience in an array", 200, { aud: ["x", fake.issuer] });
  add("no display name", 200, { organization: { id: "org_1" } });
  add("nbf zero", 200, { nbf: 0 });
  add("exp zero", 401, { exp: 0 });
  add("nbf a string", 401, { nbf: String(now - 1) }, { difference });
  add("exp a string", 401, { exp: String(now + 300) }, { difference });
  add("exp true", 401, { exp: true });
  add("sub empty", 401, { sub: "" }, { difference });
  const text = JSON.stringify(claims(fake.issuer));
  const raw = (name, payload, more) => list.push(request(name, bearer(signer.token(payload)), more?.status ?? 401, { url: "/claims", ...more }));
  raw("sub twice", `${text.slice(0, -1)},"sub":"user_2"}`, { difference });
  raw("__proto__", `{"__proto__":{"actions":["root.all.do"]},${text.slice(1)}`, { status: 200 });
  raw("exp NaN", text.replace(/"exp":\d+/, '"exp":NaN'));
  for (const payload of ["claims", '{"iss":', " ", "[]", "null", "1"]) raw(`claims not an object: ${payload}`, payload);
  return list;
}

/** Headers, signatures and spellings. */
function formRequests(good, signer) {
  const [header, payload, signature] = good.split(".");
  const body = JSON.parse(Buffer.from(payload, "base64url"));
  const list = [];
  const add = (name, token, status = 401, difference) => list.push(request(name, bearer(token), status, { difference }));
  for (const alg of ["none", "HS256", "es256", "ES384"]) add(`alg ${alg}`, signer.token(body, { alg }), 401, "alg");
  add("crit", signer.token(body, { crit: ["exp"] }), 401, "crit");
  add("typ", signer.token(body, { typ: "JWT" }), 200);
  for (const kid of ["another", 1, null, "toString", "constructor", "__proto__", "hasOwnProperty"]) {
    add(`kid ${kid}`, signer.token(body, { kid }));
  }
  add("alg absent", signer.sign({ kid: signer.kid }, body), 401, "alg");
  add("kid twice", signer.sign(`{"kid":"x","kid":"${signer.kid}","alg":"ES256"}`, body), 401, "header-malformed");
  add("header text", signer.sign("x", body));
  for (const [name, token] of [
    ["two segments", `${header}.${payload}`],
    ["four segments", `${good}.x`],
    ["no signature", `${header}.${payload}.`],
    ["no payload", `${header}..${signature}`],
    ["no header", `.${payload}.${signature}`],
    ["dots", ".."],
    ["short signature", good.slice(0, -3)],
    ["long signature", `${good}AAAA`],
    ["another alphabet", `${header}.${payload}.${"+".repeat(86)}`],
    ["padded", `${good}==`],
    ["zero signature", `${header}.${payload}.${"A".repeat(86)}`],
    ["other payload", `${header}.${encode("{}")}.${signature}`],
    ["space inside", good.replace(".", ". ")],
    ["a word", "word"],
    ["a long word", "x".repeat(5000)],
    ["long and dotted", "x.".repeat(2000)],
    ["capitals", "ABC"],
    ["a minus", "a-b"],
    ["octets over ASCII", "\u00e9.\u00ff.\u0080"],
  ]) {
    add(name, token);
  }
  add("loose trailing bits", good.slice(0, -1) + next(good.at(-1)), 401, "base64url");
  // ES256 does not depend on which half s is in; both halves occur among these.
  for (let number = 0; number < 8; number++) add(`another signature ${number}`, signer.token(body), 200);
  return list;
}

/** Where the credential stands. */
async function placeRequests(fake) {
  const [good, expired, name] = [await fake.token(), await fake.token({ expired: 1 }), fake.cookieName];
  const cookie = (...pairs) => [["Cookie", pairs.join("; ")]];
  const authorization = (value) => [["Authorization", value]];
  return [
    request("no credential", [], 401),
    request("a cookie", cookie(`${name}=${good}`), 200),
    request("a cookie among others", cookie("a=b", `${name}=${good}`, "c=d"), 200),
    request("a quoted cookie", cookie(`${name}="${good}"`), 200),
    request("an expired cookie", cookie(`${name}=${expired}`), 401),
    request("an empty cookie", cookie(`${name}=`), 401),
    request("a cookie with a word", cookie(`${name}=word-`), 401),
    request("another project's cookie", cookie(`tesseral_project_x_access_token=${good}`), 401),
    request("the refresh token's cookie", cookie(`tesseral_${fake.projectId}_refresh_token=${good}`), 401),
    request("the cookie in capitals", cookie(`${name.toUpperCase()}=${good}`), 401),
    request("a cookie named __proto__", cookie("__proto__=x", `${name}=${good}`), 200),
    request("two Cookie fields", [...cookie("a=b"), ...cookie(`${name}=${good}`)], 200),
    request("stale cookie last", cookie(`${name}=${good}`, `${name}=${expired}`), 200),
    request("stale cookie first", cookie(`${name}=${expired}`, `${name}=${good}`), 200, { difference: "second-cookie" }),
    request("two stale cookies", cookie(`${name}=${expired}`, `${name}=${expired}`), 401),
    request("bad header, good cookie", [...bearer(expired), ...cookie(`${name}=${good}`)], 401),
    request("good header, bad cookie", [...bearer(good), ...cookie(`${name}=${expired}`)], 200),
    request("Basic, good cookie", [...authorization("Basic eDp5"), ...cookie(`${name}=${good}`)], 200),
    request("Basic alone", authorization("Basic eDp5"), 401),
    request("no scheme", authorization(good), 401),
    request("Bearerx", authorization(`Bearerx ${good}`), 401),
    request("Token", authorization(`Token ${good}`), 401),
    request("bearer", authorization(`bearer ${good}`), 200, { difference: "bearer-case" }),
    request("BEARER", authorization(`BEARER ${good}`), 200, { difference: "bearer-case" }),
    request("bearer expired", authorization(`bearer ${expired}`), 401),
    request("two spaces", authorization(`Bearer  ${good}`), 200, { difference: "bearer-spaces" }),
    request("header name in lower case", [["authorization", `Bearer ${good}`]], 200),
    request("two Authorization fields", [...bearer(good), ...bearer(good)], 401, { difference: "two-authorizations" }),
    request("two, the first bad", [...bearer(expired), ...bearer(good)], 401),
    request("joined Authorization", authorization(`Bearer ${good}, Bearer ${expired}`), 401),
    request("Bearer alone, good cookie", [...authorization("Bearer"), ...cookie(`${name}=${good}`)], 401, { difference: "bearer-empty" }),
  ];
}

/** API keys, on and off. */
async function apiKeyRequests(fake) {
  const key = await fake.command("api-key", { action: "app.posts.read" });
  const [bare, revoked] = [await fake.command("api-key"), await fake.command("api-key")];
  const late = await fake.command("api-key", { "expires-in": -1 });
  await fake.command("revoke", { key: revoked });
  return [
    request("a good key", bearer(key), 200),
    request("a good key, claims", bearer(key), 409, { url: "/claims" }),
    request("a good key, permission", bearer(key), 200, { url: "/permission?action=app.posts.read" }),
    request("a good key, another permission", bearer(key), 403, { url: "/permission?action=app.posts" }),
    request("a key without actions", bearer(bare), 200),
    request("a key without actions, permission", bearer(bare), 403, { url: "/permission?action=app.posts.read" }),
    request("a revoked key", bearer(revoked), 401),
    request("an expired key", bearer(late), 401),
    request("a key cut short", bearer(key.slice(0, -1)), 401),
    request("a key changed", bearer(key.slice(0, -1) + (key.at(-1) === "0" ? "1" : "0")), 401),
    request("a key in capitals", bearer(key.toUpperCase()), 401),
    request("a key in the cookie", [["Cookie", `${fake.cookieName}=${key}`]], 401, { difference: "cookie-api-key" }),
    request("API keys off: a good key", bearer(key), 401, { apiKeys: false }),
    request("API keys off: a word", bearer("word"), 401, { apiKeys: false }),
    request("API keys off: an empty one", bearer(""), 401, { apiKeys: false }),
  ];
}

function next(letter) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet[alphabet.indexOf(letter) | 1];
}

module.exports = { apiKeyRequests, bearer, differences, placeRequests, tokenRequests };
