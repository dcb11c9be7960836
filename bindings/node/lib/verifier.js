"use strict";
// Judges tokens and requests by the keys of one document. Synchronous, without network.

const { randomBytes } = require("node:crypto");
const native = require("./native.js");
const { Auth } = require("./auth.js");
const { credentialsOf, textOf } = require("./headers.js");
const { ConfigError, TesseralError, codeOf } = require("./errors.js");

const { out } = native;
// The places of what a judgement leaves in `out`: see src/addon.h.
const [SLOT, SERIAL, SOURCE, VALUE, OFFSET, LENGTH, ORGANIZATION, ORGANIZATION_LEN] = [0, 1, 2, 3, 4, 5, 6, 7];
const LOOKUP_NEEDED = codeOf("api_key_lookup_needed");
const INTERNAL_ERROR = codeOf("internal_error");

/** The longest token that a cache remembers, in octets. Longer ones are verified each time. */
const CACHED_TOKEN_LEN = 4096;

const MAX_CACHE_TOKENS = 1_000_000;

/** An API key that has the right shape, and about which the service has to be asked. */
class ApiKeyLookup {
  #credentials;

  constructor(credentials) {
    this.#credentials = credentials;
  }

  get credentials() {
    return this.#credentials;
  }
}

/** Remembers tokens that come again. An authenticator uses one cache for all its documents. */
class Cache {
  constructor(tokens) {
    if (!Number.isInteger(tokens) || tokens < 1 || tokens > MAX_CACHE_TOKENS) {
      throw new TypeError(`cacheTokens is not a whole number from 0 to ${MAX_CACHE_TOKENS}`);
    }
    this.native = native.createCache(tokens, CACHED_TOKEN_LEN, randomBytes(16));
    if (typeof this.native === "number") throw new TesseralError(this.native);
    /** By slot: the serial number of the token there, and its sender. */
    this.serials = [];
    this.senders = [];
  }
}

/** The functions of the addon for these keys; throws ConfigError. */
function keysOf(document, options, cache) {
  const keys = native.createKeys(document, options, cache?.native);
  if (typeof keys === "number") {
    throw new ConfigError(keys, keys === codeOf("config_malformed") ? out[OFFSET] : undefined);
  }
  return keys;
}

/** The sender made of the payload that the addon returned; or the one made before, for a token that the cache has. */
function senderOf(told, keys, cache, header, offset, length) {
  const slot = out[SLOT];
  if (slot < 0) return new Auth(told, out[ORGANIZATION], organizationLen(), header, offset, length);
  if (typeof told !== "number") {
    const auth = new Auth(told, out[ORGANIZATION], organizationLen(), header, offset, length);
    cache.senders[slot] = auth;
    cache.serials[slot] = out[SERIAL];
    keys.kept(slot, out[SERIAL]);
    return auth;
  }
  return cache.serials[slot] === out[SERIAL] ? cache.senders[slot] : INTERNAL_ERROR;
}

function organizationLen() {
  return out[ORGANIZATION] < 0 ? -1 : out[ORGANIZATION_LEN];
}

/** Who sent a request with these header values: an Auth, an ApiKeyLookup, or the number of a status. */
function judge(keys, cache, authorization, cookie, now) {
  const told = keys.authenticate(authorization, cookie, now);
  if (typeof told === "number" && told !== 0 && told !== LOOKUP_NEEDED) return told;
  let header = out[SOURCE] === 0 ? authorization : cookie;
  if (Array.isArray(header)) header = header[out[VALUE]];
  if (told === LOOKUP_NEEDED) return new ApiKeyLookup(header.substr(out[OFFSET], out[LENGTH]));
  return senderOf(told, keys, cache, header, out[OFFSET], out[LENGTH]);
}

/** Whose access token this is: an Auth, or the number of a status. */
function judgeToken(keys, cache, given, now) {
  const token = textOf(given);
  const told = keys.verifyToken(token, now);
  if (typeof told === "number" && told !== 0) return told;
  return senderOf(told, keys, cache, token, -1, 0);
}

class Verifier {
  #keys;
  #cache;

  constructor(document, options = {}) {
    const { issuer, projectId, leewaySeconds, maxTokenLen, apiKeys = false, cacheTokens = 1024 } = { __proto__: null, ...options };
    this.#cache = cacheTokens === 0 ? undefined : new Cache(cacheTokens);
    this.#keys = keysOf(document, { issuer, projectId, leewaySeconds, maxTokenLen, apiKeys: Number(Boolean(apiKeys)) }, this.#cache);
  }

  /** Whose access token this is; throws TesseralError. */
  verifyToken(token, nowUnixSeconds = Date.now() / 1000) {
    const auth = judgeToken(this.#keys, this.#cache, token, Math.floor(nowUnixSeconds));
    if (typeof auth === "number") throw new TesseralError(auth);
    return auth;
  }

  /** Who sent a request with these headers: an Auth, or an ApiKeyLookup when API keys are on; throws TesseralError. */
  authenticate(headers, nowUnixSeconds = Date.now() / 1000) {
    const { authorization, cookie } = credentialsOf(headers);
    const found = judge(this.#keys, this.#cache, authorization, cookie, Math.floor(nowUnixSeconds));
    if (typeof found === "number") throw new TesseralError(found);
    return found;
  }

  get projectId() {
    return this.#keys.projectId;
  }

  get issuer() {
    return this.#keys.issuer;
  }

  /** The IDs of the keys in use. */
  get kids() {
    return [...this.#keys.kids];
  }

  /** Keys of the document that are not used: their places, and why. */
  get skippedKeys() {
    return this.#keys.skipped.map(({ index, reason }) => ({ index, reason }));
  }
}

module.exports = { ApiKeyLookup, Cache, Verifier, judge, judgeToken, keysOf };
