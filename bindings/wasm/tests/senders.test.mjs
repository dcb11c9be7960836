// Who sent a request, in the forms that runtimes have of header fields; and API keys, whose answers are read here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKeyLookup, Auth, Verifier } from "tesseral-verify-wasm";
import { goodToken, json, module, slugOf, verifierFor } from "./support.mjs";

const good = goodToken();
const verifier = verifierFor(good);

test("header fields in every form", () => {
  const bearer = `Bearer ${good.token}`;
  const cookie = `a=b; tesseral_project_x_access_token=${good.token}`;
  for (const headers of [
    new Headers({ Authorization: bearer }),
    new Headers({ Cookie: cookie }),
    new Map([["authorization", bearer]]),
    [["AUTHORIZATION", bearer], ["Accept", "*/*"]],
    { Authorization: bearer },
    { authorization: [bearer], cookie: undefined },
    { cookie: ["c=d", cookie] },
    { Cookie: cookie, cookie: "e=f" },
    new URLSearchParams({ authorization: bearer }),
  ]) {
    assert.equal(verifier.authenticate(headers, good.now).credentials, good.token);
  }
  for (const headers of [
    new Headers([["authorization", bearer], ["authorization", bearer]]),
    { authorization: [bearer, bearer] },
    { authorization: bearer, Authorization: bearer },
    [["authorization", bearer], ["Authorization", ""]],
  ]) {
    assert.equal(slugOf(() => verifier.authenticate(headers, good.now)), "credentials_unrecognized");
  }
  for (const headers of [{}, [], new Headers(), { authorization: undefined, cookie: [] }, { authorization: "Basic YTpi" }]) {
    assert.equal(slugOf(() => verifier.authenticate(headers, good.now)), "credentials_missing");
  }
});

test("claims of every accepted vector", () => {
  const vectors = json("tests/vectors/jwt_hostile_corpus.json");
  let ran = 0;
  for (const { id, claims, token, jwks, now } of vectors.tests) {
    if (!claims) continue;
    const options = { issuer: vectors.issuer };
    const auth = new Verifier(module, jwks ?? vectors.jwks, options).verifyToken(token, now ?? vectors.now_default);
    const { session, user, organization, impersonator, aud, ...found } = auth.accessTokenClaims;
    assert.deepEqual(
      {
        ...found,
        session_id: session.id,
        user_id: user.id,
        user_email: user.email,
        user_display_name: user.displayName ?? null,
        user_profile_picture_url: user.profilePictureUrl ?? null,
        organization_id: organization.id,
        organization_display_name: organization.displayName ?? null,
        ...(impersonator && { impersonator_email: impersonator.email }),
      },
      claims,
      id,
    );
    assert.deepEqual([aud, auth.organizationId], [vectors.issuer, organization.id]);
    assert.deepEqual(auth.actions, claims.actions);
    assert.ok(auth.actions.every((action) => auth.hasPermission(action)) && !auth.hasPermission("no.such.action"));
    ran += 1;
  }
  assert.equal(ran, 12);
});

test("API keys", () => {
  const key = `example_sk_${"0".repeat(55)}`;
  const headers = { authorization: `Bearer ${key}` };
  assert.equal(slugOf(() => verifier.authenticate(headers, good.now)), "credentials_unrecognized");
  const accepting = new Verifier(module, good.document, { ...good.options, apiKeys: true });
  const lookup = accepting.authenticate(headers, good.now);
  assert.ok(lookup instanceof ApiKeyLookup);
  assert.deepEqual(JSON.parse(lookup.requestBody), { secretToken: key });
  const answer = '{"apiKeyId": "api_key_1", "organizationId":"org_1", "actions":["a.b.c","d\\u002ee.f"]}';
  // Another request comes between the question and the answer.
  assert.equal(slugOf(() => accepting.verifyToken(good.token, good.now)), "ok");
  for (const body of [answer, new TextEncoder().encode(answer)]) {
    const auth = lookup.read(200, body);
    assert.ok(auth instanceof Auth);
    assert.deepEqual({ ...auth }, {
      credentialsType: "api_key",
      organizationId: "org_1",
      apiKeyId: "api_key_1",
      accessTokenClaims: undefined,
      actions: ["a.b.c", "d.e.f"],
    });
    assert.deepEqual([auth.credentials, auth.hasPermission("d.e.f"), auth.hasPermission("d")], [key, true, false]);
  }
  assert.deepEqual(lookup.read(200, '{"apiKeyId":"a","organizationId":"o"}').actions, []);
  for (const [status, body, slug] of [
    [400, '{"code":3,"message":"unauthenticated_api_key"}', "api_key_invalid"],
    [403, '{"code":7,"message":"permission_denied"}', "api_keys_not_permitted"],
    [400, '{"code":3,"message":"invalid_argument"}', "api_key_lookup_failed"],
    [200, "", "api_key_lookup_failed"],
    [200, '{"apiKeyId":"","organizationId":"o"}', "api_key_lookup_failed"],
    [500, answer, "api_key_lookup_failed"],
    [-1, answer, "api_key_lookup_failed"],
    [2 ** 32 + 200, answer, "api_key_lookup_failed"],
    [200, answer.padEnd(65_537), "api_key_lookup_failed"],
    [200, answer.padEnd(10_000_000), "api_key_lookup_failed"],
  ]) {
    assert.equal(slugOf(() => lookup.read(status, body)), slug, `${status} ${body.slice(0, 60)}`);
  }
  assert.throws(() => lookup.read("200", answer), TypeError);
  assert.throws(() => lookup.read(200, { apiKeyId: "a" }), TypeError);
  for (const short of ["abc", `x_${"z".repeat(55)}`]) {
    const refused = { authorization: `Bearer ${short}` };
    assert.equal(slugOf(() => accepting.authenticate(refused, good.now)), "api_key_invalid");
  }
});

test("errors", () => {
  assert.throws(() => verifier.verifyToken("", good.now), {
    name: "TesseralError",
    slug: "token_malformed",
    code: 2002,
    httpStatus: 401,
    message: "token is not a compact serialization",
  });
  assert.throws(() => new Verifier(module, "{}"), { name: "ConfigError", slug: "config_malformed", httpStatus: 500 });
});

test("what a verifier says of itself", () => {
  assert.deepEqual(
    [verifier.projectId, verifier.issuer, verifier.keysUsed > 0, verifier.keysSkipped >= 0],
    ["project_x", good.options.issuer, true, true],
  );
  const plain = new Verifier(module, good.document, { issuer: good.options.issuer });
  assert.equal(plain.projectId, undefined);
  assert.equal(slugOf(() => plain.authenticate({ cookie: `tesseral_x_access_token=${good.token}` })), "credentials_missing");
});

test("the clock's time by default", () => {
  const { now: clock } = Date;
  try {
    for (const [seconds, slug] of [[good.now + 0.999, "ok"], [9e12, "token_expired"], [0, "token_not_yet_valid"]]) {
      Date.now = () => seconds * 1000;
      assert.equal(slugOf(() => verifier.verifyToken(good.token)), slug);
      assert.equal(slugOf(() => verifier.authenticate({ authorization: `Bearer ${good.token}` })), slug);
    }
  } finally {
    Date.now = clock;
  }
});
