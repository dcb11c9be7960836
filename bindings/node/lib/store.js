"use strict";
// The documents and the answers about API keys that are in use, under handles. The rulebook decides by the handles alone.

const { randomBytes } = require("node:crypto");
const native = require("./native.js");
const { authOfApiKey } = require("./auth.js");
const { TesseralError, codeOf, statusOf } = require("./errors.js");
const { ExchangeError, TOTAL_MS } = require("./exchange.js");
const { Answers, Refresh, now } = require("./rulebook.js");
const { isHost } = require("./settings.js");
const { Cache, keysOf } = require("./verifier.js");
const { Waiters } = require("./waiters.js");

/** The topic of requests that wait for a fetch. Other topics are fingerprints of API keys. */
const DOCUMENT = "document";

const [ANSWERS, QUESTIONS] = [4096, 64];

/** Answers are told apart by scopes; an authenticator has one project. */
const SCOPE_LEN = 16;
const FINGERPRINT_LEN = 32;

const LOOKUP_FAILED = codeOf("api_key_lookup_failed");
const KINDS = new Map([
  [codeOf("api_key_invalid"), "invalid"],
  [codeOf("api_keys_not_permitted"), "not_permitted"],
]);
const REFUSALS = new Map([...KINDS].map(([code, kind]) => [kind, code]));

/** The same fault is told once, and then at most so often. */
const TOLD_AGAIN_MS = 60_000n;

class Store {
  #settings;
  #refresh = new Refresh();
  #answers = Answers.make(ANSWERS, QUESTIONS, randomBytes(16));
  #documents = new Map(); // by handle: { text, keys }
  #good = new Map(); // by handle: what the service said about a good API key
  #handles = 0;
  #cache;
  #told = new Map(); // by fault, when it was last told

  constructor(settings) {
    this.#settings = settings;
    this.#refresh.init(randomBytes(16), now());
    this.#refresh.setRules([settings.intervalMs, 0n, 0n, BigInt(TOTAL_MS), 0n, 0n]);
    this.#answers.setRules([0n, 0n, BigInt(TOTAL_MS), BigInt(QUESTIONS), 0n]);
    this.#cache = settings.cacheTokens === 0 ? undefined : new Cache(settings.cacheTokens);
    this.waiters = new Waiters();
    this.counts = { requests: new Map(), refreshes: 0, refreshFailures: 0, lookups: 0, lookupFailures: 0 };
  }

  get cache() {
    return this.#cache;
  }

  // The document

  /** The keys, in the usual case: they may be used, and the request has nothing else to do before. */
  ready() {
    const handle = this.#refresh.ready();
    return handle === 0 ? undefined : this.#documents.get(handle)?.keys;
  }

  /** The keys, unless there are none or their document is too old. */
  usable() {
    const document = this.#refresh.document(now());
    return document?.usable ? this.#documents.get(Number(document.handle))?.keys : undefined;
  }

  /** The vault's host, which the document in use names. */
  vaultDomain() {
    const document = this.#refresh.document(now());
    const kept = document && this.#documents.get(Number(document.handle));
    const found = kept && JSON.parse(Buffer.from(kept.text).toString()).vaultDomain;
    return typeof found === "string" && isHost(found) ? found : undefined;
  }

  /** What a request has to do that lacks a document, or the keys with these hashes. */
  request(hashes) {
    return this.#refresh.request(hashes === undefined ? "document" : "kids", hashes, now());
  }

  waited(wait) {
    this.#refresh.waited(wait);
  }

  poll() {
    return this.#refresh.poll(now());
  }

  /** A fetch brought this document. If the library refuses it, the document in use stays. */
  landed(flight, text) {
    const inUse = this.#refresh.document(now());
    const before = inUse && this.#documents.get(Number(inUse.handle));
    let kept = before;
    let change = "same";
    if (before === undefined || Buffer.compare(before.text, text) !== 0) {
      try {
        kept = { text, keys: this.#load(text) };
      } catch (error) {
        return this.failed(flight, error);
      }
      change = before !== undefined && String(before.keys.kids) === String(kept.keys.kids) ? "text" : "keys";
    }
    const handle = ++this.#handles;
    this.#documents.set(handle, kept);
    const taken = this.#refresh.landed(flight, change, BigInt(handle), BigInt(text.length), now());
    this.#documents.delete(taken.outcome === "late" ? handle : Number(taken.freed));
    this.counts.refreshes++;
    this.waiters.end(DOCUMENT);
  }

  #load(text) {
    const { apiKeysEnabled, leewaySeconds } = this.#settings;
    return keysOf(text, { leewaySeconds, apiKeys: Number(apiKeysEnabled) }, this.#cache);
  }

  /** A fetch brought no document. */
  failed(flight, error) {
    this.#refresh.failed(flight, now());
    this.counts.refreshFailures++;
    this.#tell("no configuration document", this.#settings.configApiHostname, error);
    this.waiters.end(DOCUMENT);
  }

  // API keys

  /** The name under which the rulebook knows an API key, or the number of a status. */
  nameOf(credentials) {
    const name = new Uint8Array(SCOPE_LEN + FINGERPRINT_LEN);
    const status = native.apiKeyFingerprint(credentials, name.subarray(SCOPE_LEN));
    return status === 0 ? name : status;
  }

  ask(name, ticket) {
    return this.#answers.ask(name, ticket, now());
  }

  /** The sender by this verdict, or the number of a status. */
  known(credentials, { kind, handle }) {
    if (kind !== "good") return REFUSALS.get(kind) ?? LOOKUP_FAILED;
    const said = this.#good.get(Number(handle));
    return said === undefined ? LOOKUP_FAILED : authOfApiKey(credentials, said);
  }

  /** The service answered a question: the sender, or the number of a status. */
  answered(credentials, name, question, { status, body }) {
    const said = native.apiKeyResponse(credentials, status, body);
    if (typeof said === "number") {
      const kind = KINDS.get(said) ?? "failed";
      if (kind === "failed" && status !== 0) {
        const fault = status === 200 ? statusOf(said).slug : "http_status";
        this.#tell("no answer about API keys", this.#settings.backendApiHostname, new ExchangeError(fault, status));
      }
      this.#end(name, question, { kind, handle: 0n, length: 0n });
      return said;
    }
    const handle = ++this.#handles;
    this.#good.set(handle, said);
    this.#end(name, question, { kind: "good", handle: BigInt(handle), length: BigInt(body.length) });
    return authOfApiKey(credentials, said);
  }

  /** The service did not answer a question. */
  unanswered(name, question, error) {
    this.#tell("no answer about API keys", this.#settings.backendApiHostname, error);
    this.#end(name, question, { kind: "failed", handle: 0n, length: 0n });
    return LOOKUP_FAILED;
  }

  #end(name, question, verdict) {
    this.counts.lookups++;
    if (verdict.kind === "failed") this.counts.lookupFailures++;
    const { freed } = this.#answers.landed(name, question, verdict, now());
    for (const handle of freed) this.#good.delete(Number(handle));
    this.waiters.end(topicOf(name));
  }

  // What programs and operators see

  count(status) {
    this.counts.requests.set(status, (this.counts.requests.get(status) ?? 0) + 1);
  }

  stats() {
    const { requests, ...counts } = this.counts;
    const document = this.#refresh.document(now());
    return {
      ...counts,
      ready: document?.usable ?? false,
      snapshotAgeMs: document === undefined ? undefined : Number(document.age),
      nextRefreshMs: Number(this.#refresh.dueIn(now())),
      kids: document === undefined ? [] : [...(this.#documents.get(Number(document.handle))?.keys.kids ?? [])],
      requests: Object.fromEntries([...requests].map(([code, count]) => [statusOf(code).slug, count])),
    };
  }

  #tell(what, host, error) {
    const reason = reasonOf(error);
    const at = now().steady;
    const key = `${what} ${host} ${reason}`;
    const last = this.#told.get(key);
    if (last !== undefined && at - last < TOLD_AGAIN_MS) return;
    this.#told.set(key, at);
    this.#settings.log(`tesseral-verify: ${what} from ${host} [${reason}]`);
  }
}

/** Words of the library's own: what an application threw may hold a secret, or be no error. */
function reasonOf(error) {
  if (error instanceof ExchangeError) return error.status === 0 ? error.fault : `${error.fault} ${error.status}`;
  return error instanceof TesseralError ? error.slug : "internal_error";
}

function topicOf(name) {
  return Buffer.from(name.subarray(SCOPE_LEN)).toString("base64");
}

module.exports = { DOCUMENT, Store, topicOf };
