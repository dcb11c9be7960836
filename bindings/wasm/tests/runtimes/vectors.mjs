// The shared vectors: tokens alone and in requests, and requests, each with its exact slug. It runs in any runtime, and so imports
// nothing but the package.

import { ApiKeyLookup, TesseralError, Verifier } from "tesseral-verify-wasm";

/** What is run: how many vectors there are, and what runs them. Those with a file's name lie in tests/vectors. */
export const VECTORS = {
  "jwt_hostile_corpus.json": { count: 388, run: tokens },
  "es256_extreme_scalars.json": { count: 160, run: tokens },
  "forged_and_bounds.json": { count: 354, run: tokens },
  "extraction.json": { count: 176, run: requests },
  "issuer cases": { count: 13, run: issuerCases },
};

/** Runs the vectors of this name: how many ran, and with which of them the verifier disagrees. */
export function runVectors(name, module, vectors) {
  const report = { ran: 0, disagree: [] };
  VECTORS[name].run(module, vectors, (id, expected, found) => {
    report.ran += 1;
    if (found.join() !== expected.join()) report.disagree.push([id, expected, found]);
  });
  return report;
}

/** "ok", or the slug of the refusal. Everything else that is thrown is a fault of the test or of the package. */
export function slugOf(call) {
  try {
    call();
    return "ok";
  } catch (error) {
    if (error instanceof TesseralError) return error.slug;
    throw error;
  }
}

function tokens(module, vectors, compare) {
  const verifiers = new Map();
  for (const [place, vector] of vectors.tests.entries()) {
    const now = vector.now ?? vectors.now_default;
    const octets = "token_b64" in vector ? fromBase64(vector.token_b64) : new TextEncoder().encode(vector.token);
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(octets);
    const document = vector.jwks ?? vectors.jwks;
    const options = { issuer: vectors.issuer, projectId: "project_x", profile: ["compact", "tiny", "server"][place % 3] };
    const key = options.profile + document;
    try {
      if (!verifiers.has(key)) verifiers.set(key, new Verifier(module, document, options));
    } catch (error) {
      if (!(error instanceof TesseralError)) throw error;
      compare(vector.id, [vector.slug], [error.slug]);
      continue;
    }
    const verifier = verifiers.get(key);
    compare(
      vector.id,
      [vector.slug, vector.slug, throughHeader(vector, text)],
      [
        slugOf(() => verifier.verifyToken(octets, now)),
        slugOf(() => verifier.verifyToken(text, now)),
        slugOf(() => verifier.authenticate({ authorization: `Bearer ${text}` }, now)),
      ],
    );
  }
}

/** The verdict on a token behind `Bearer `, where it differs from the verdict on the token alone. */
function throughHeader({ id, slug }, text) {
  const special = { "b64-lead-space": "ok", "b64-sig-space": "ok", "seg-empty": "credentials_missing" };
  if (id in special) return special[id];
  return !text.includes(".") || text.includes(",") ? "credentials_unrecognized" : slug;
}

function requests(module, vectors, compare) {
  const verifiers = [false, true].map((apiKeys) => new Verifier(module, vectors.jwks, { apiKeys }));
  const fill = (value) => Object.entries(vectors.texts).reduce((all, [name, by]) => all.replaceAll(name, by), value);
  for (const vector of vectors.tests) {
    const headers = { Authorization: vector.authorization.map(fill), Cookie: vector.cookie.map(fill) };
    let found;
    try {
      const sender = verifiers[Number(vector.api_keys ?? false)].authenticate(headers, vectors.now_default);
      found = [sender instanceof ApiKeyLookup ? "api_key_lookup_needed" : "ok", sender.credentials];
    } catch (error) {
      if (!(error instanceof TesseralError)) throw error;
      found = [error.slug, undefined];
    }
    compare(vector.id, [vector.slug, "credential" in vector ? fill(vector.credential) : undefined], found);
  }
}

/** The issuer's own cases have claims, or null for a refusal, and no slug. */
function issuerCases(module, cases, compare) {
  for (const { name, jwks, accessToken, nowUnixSeconds, claims } of cases) {
    const verifier = new Verifier(module, jwks);
    let found;
    const slug = slugOf(() => (found = verifier.verifyToken(accessToken, nowUnixSeconds).accessTokenClaims));
    compare(name, [claims === null, sorted(claims && { ...claims, actions: [] })], [slug !== "ok", sorted(found ?? null)]);
  }
}

/** JSON in which the order of members does not matter. */
function sorted(value) {
  const isObject = (one) => typeof one === "object" && one !== null && !Array.isArray(one);
  return JSON.stringify(value, (_, one) => (isObject(one) ? Object.fromEntries(Object.entries(one).sort()) : one));
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
