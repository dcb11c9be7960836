// The middleware for Next.js on Edge of the package for Node.js, with the verifier of this one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { authMiddleware } from "../../node/nextjs/middleware.mjs";
import { goodToken, json, slugOf, verifierFor } from "./support.mjs";

const good = goodToken();

/** A verifier at the time of the tokens: the middleware asks for the verdict of now. */
function verifierAt(now) {
  const verifier = verifierFor(good);
  return { authenticate: (headers) => verifier.authenticate(headers, now) };
}

test("Next.js on Edge: a good token passes, others are refused or sent to the login", async () => {
  const request = (token) => ({ headers: new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` }) });
  const middleware = authMiddleware({ verifier: verifierAt(good.now) });
  assert.equal(await middleware(request(good.token)), undefined);
  for (const token of [undefined, `${good.token}x`, "a.b.c"]) assert.equal((await middleware(request(token))).status, 401);
  const login = authMiddleware({ verifier: verifierAt(good.now), login: "https://vault.example.com/login" });
  const sent = await login(request(undefined));
  assert.deepEqual([sent.status, sent.headers.get("location")], [307, "https://vault.example.com/login"]);
  const later = authMiddleware({ verifier: verifierAt(good.now + 4_000_000_000) });
  assert.equal((await later(request(good.token))).status, 401);
});

test("Next.js on Edge: every token of the vectors gets the verifier's verdict", async () => {
  const { tests, now_default: now } = json("tests/vectors/jwt_hostile_corpus.json");
  const verifier = verifierAt(now);
  const middleware = authMiddleware({ verifier });
  const outcomes = new Set();
  for (const { token } of tests) {
    let headers;
    try {
      headers = new Headers({ authorization: `Bearer ${token}` });
    } catch {
      continue; // no header field can be so
    }
    const slug = slugOf(() => verifier.authenticate(headers));
    const left = ["ok", "key_unknown"].includes(slug);
    assert.equal((await middleware({ headers }))?.status, left ? undefined : 401, slug);
    outcomes.add(slug);
  }
  assert.ok(outcomes.size > 10, [...outcomes].join());
});
