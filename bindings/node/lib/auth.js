"use strict";
// Who sent a request. Several requests with one token share one Auth, so nothing about it can be changed.

const { hasOwn, freeze, preventExtensions } = Object;

class Auth {
  #payload; // of an access token, as it was signed
  #organization; // the organization's ID, or where it begins in the payload
  #organizationLen; // or -1
  #header; // the text that the credential stands in, or undefined when it is the credential
  #offset;
  #length;
  #claims;
  #apiKey; // what the service said about an API key: [organization ID, API key ID, actions]

  constructor(payload, organization, organizationLen, header, offset, length, apiKey) {
    this.#payload = payload;
    this.#organization = organization;
    this.#organizationLen = organizationLen;
    this.#header = header;
    this.#offset = offset;
    this.#length = length;
    this.#apiKey = apiKey;
    preventExtensions(this);
  }

  /** "access_token" or "api_key" */
  get credentialsType() {
    return this.#apiKey === undefined ? "access_token" : "api_key";
  }

  /** The organization that the user or the API key belongs to. */
  get organizationId() {
    if (this.#apiKey !== undefined) return this.#apiKey[0];
    if (this.#organizationLen < 0) return this.accessTokenClaims.organization.id;
    return this.#payload.substr(this.#organization, this.#organizationLen);
  }

  /** The credential itself, which is a secret. */
  get credentials() {
    return this.#offset < 0 ? this.#header : this.#header.substr(this.#offset, this.#length);
  }

  /** The claims of an access token; undefined for an API key. */
  get accessTokenClaims() {
    if (this.#claims === undefined && this.#apiKey === undefined) this.#claims = claimsOf(this.#payload);
    return this.#claims;
  }

  /** The payload's JSON text, as it was signed; undefined for an API key. */
  get payload() {
    return this.#payload;
  }

  /** The ID of the API key, which is no secret; undefined for an access token. */
  get apiKeyId() {
    return this.#apiKey?.[1];
  }

  /** Whether the user or the API key may do something. */
  hasPermission(action) {
    if (this.#apiKey !== undefined) return this.#apiKey[2].includes(action);
    const claims = this.accessTokenClaims;
    // Not what a prototype has.
    return hasOwn(claims, "actions") && claims.actions.includes(action);
  }

  /** For logs: no secret and no claim. */
  toJSON() {
    return { credentialsType: this.credentialsType, organizationId: this.organizationId };
  }

  [Symbol.for("nodejs.util.inspect.custom")](_depth, options, inspect) {
    return `Auth ${inspect(this.toJSON(), options)}`;
  }
}

// The members that an access token has, and no others: a payload may have members with any name, such as __proto__. The library
// has checked their types, and that each that is required is there, once.
function claimsOf(payload) {
  const all = JSON.parse(payload);
  const claims = {
    iss: all.iss,
    sub: all.sub,
    // An array holds the audience that was expected, which is the issuer.
    aud: typeof all.aud === "string" ? all.aud : all.iss,
    exp: all.exp,
    nbf: all.nbf,
    iat: all.iat,
    organization: pick(all.organization, ORGANIZATION),
    user: pick(all.user, USER),
    session: pick(all.session, ID),
  };
  if (has(all, "actions")) claims.actions = freeze(all.actions);
  if (has(all, "impersonator")) claims.impersonator = pick(all.impersonator, EMAIL);
  return freeze(claims);
}

const ID = ["id"];
const EMAIL = ["email"];
const ORGANIZATION = ["id", "displayName"];
const USER = ["id", "email", "displayName", "profilePictureUrl"];

function pick(object, names) {
  const picked = {};
  for (const name of names) if (has(object, name)) picked[name] = object[name];
  return freeze(picked);
}

// null means absent.
function has(object, name) {
  return hasOwn(object, name) && object[name] !== null;
}

/** The sender of an API key that is good. */
function authOfApiKey(credentials, [organizationId, apiKeyId, actions]) {
  return new Auth(undefined, 0, -1, credentials, -1, 0, [organizationId, apiKeyId, freeze(actions)]);
}

module.exports = { Auth, authOfApiKey };
