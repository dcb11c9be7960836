"use strict";
// Tokens that no honest issuer makes, signed with a key of the tests.

const crypto = require("node:crypto");

class Signer {
  kid;
  #key;

  constructor(kid = "session_signing_key_of_the_tests") {
    this.kid = kid;
    const { publicKey, privateKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#key = privateKey;
    this.jwk = JSON.stringify({ ...publicKey.export({ format: "jwk" }), kid });
  }

  /** A compact serialization. `header` and `payload` are JSON text, or what becomes JSON. */
  sign(header, payload) {
    const input = `${encode(header)}.${encode(payload)}`;
    return `${input}.${crypto.sign("sha256", Buffer.from(input), { key: this.#key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  }

  token(payload, header) {
    return this.sign({ kid: this.kid, alg: "ES256", ...header }, payload);
  }
}

function encode(value) {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

/** What the issuer writes; a change to undefined leaves the member out. */
function claims(issuer, changes) {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    sub: "user_1",
    aud: issuer,
    exp: now + 300,
    nbf: now - 1,
    iat: now - 1,
    session: { id: "session_1" },
    user: { id: "user_1", email: "a@example.com", displayName: "Ada" },
    organization: { id: "org_1", displayName: "Example" },
    actions: ["app.posts.read", "app.posts.write"],
    ...changes,
  };
}

module.exports = { Signer, claims, encode };
