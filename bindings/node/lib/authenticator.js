"use strict";
// Authenticates requests with keys that it keeps fresh. The rulebook says what to do and when.

const { askClient } = require("./client_answers.js");
const { TesseralError, codeOf } = require("./errors.js");
const { ExchangeError, TOTAL_MS, askService, fetchDocument } = require("./exchange.js");
const { credentialsOf } = require("./headers.js");
const native = require("./native.js");
const { kidHashes, now } = require("./rulebook.js");
const { settingsOf } = require("./settings.js");
const { DOCUMENT, Store, topicOf } = require("./store.js");
const { ApiKeyLookup, judge, judgeToken } = require("./verifier.js");

const KEYS_UNAVAILABLE = codeOf("keys_unavailable");
const LOOKUP_FAILED = codeOf("api_key_lookup_failed");
const INTERNAL_ERROR = codeOf("internal_error");
const TOKEN_MALFORMED = codeOf("token_malformed");

/** The longest sleep of the background: timers stand still while the machine is suspended. */
const MAX_SLEEP_MS = 60_000;
const LEAST_SLEEP_MS = 10;

/** The background begins so long after the first request. Most requests of a process that is frozen between requests have ended by then. */
const FIRST_TURN_MS = 1000;

/** For middlewares: judges the header values of a request, as #sender does. */
let sender;

class Authenticator {
  #settings;
  #store;
  #timer;
  #closed = false;

  /** Starts nothing: the first request does. */
  constructor(options) {
    this.#settings = settingsOf(options);
    this.#store = new Store(this.#settings);
  }

  /** Who sent a request with these headers; rejects with a TesseralError. */
  async authenticate(headers) {
    const { authorization, cookie } = credentialsOf(headers);
    return senderOrThrow(await sender(this, authorization, cookie));
  }

  /** Whose access token this is; rejects with a TesseralError. */
  async verifyToken(token, nowUnixSeconds) {
    if (typeof token !== "string") throw new TypeError("the access token is not a string");
    const at = nowUnixSeconds === undefined ? undefined : Math.floor(nowUnixSeconds);
    return senderOrThrow(await this.#counted(this.#ofToken(token, at)));
  }

  /** The project's ID, from the document; rejects with a TesseralError when there is none. */
  async projectId() {
    const keys = await this.#document();
    if (typeof keys === "number") throw new TesseralError(keys);
    return keys.projectId;
  }

  /** The host of the project's vault, where people log in; undefined when the document names none, or there is no document. */
  async vaultDomain() {
    const keys = await this.#document();
    return typeof keys === "number" ? undefined : this.#store.vaultDomain();
  }

  /** Whether requests can be accepted. It fetches a first document if there is none, and waits for it at most so many seconds, up to 5. */
  async waitUntilReady(seconds = TOTAL_MS / 1000) {
    return typeof (await this.#document(Math.min(Math.max(0, seconds * 1000), TOTAL_MS))) !== "number";
  }

  /** The numbers of this process. */
  stats() {
    return this.#store.stats();
  }

  /** Ends the timer. After that, one request in each refresh interval fetches the document itself. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** An Auth or the number of a status, at once when nothing has to be fetched or asked; else a promise that never rejects. */
  #sender(authorization, cookie) {
    if (this.#timer === undefined) this.#turnLater(FIRST_TURN_MS);
    const keys = this.#store.ready();
    if (keys === undefined) return this.#counted(this.#unprepared(authorization, cookie));
    const found = judge(keys, this.#store.cache, authorization, cookie, unixNow());
    if (typeof found === "number") {
      const count = keys.unknownKids(authorization, cookie, unixNow());
      if (count !== 0) return this.#counted(this.#judgedAnew(authorization, cookie, kidHashes(count), found));
    } else if (found instanceof ApiKeyLookup) return this.#counted(this.#lookedUp(found.credentials));
    this.#store.count(typeof found === "number" ? found : 0);
    return found;
  }

  async #counted(result) {
    let found;
    try {
      found = await result;
    } catch {
      found = INTERNAL_ERROR;
    }
    this.#store.count(typeof found === "number" ? found : 0);
    return found;
  }

  /** For a request that finds no document, or that has to do something else before. */
  async #unprepared(authorization, cookie) {
    const keys = await this.#document();
    if (typeof keys === "number") return keys;
    const found = judge(keys, this.#store.cache, authorization, cookie, unixNow());
    if (found instanceof ApiKeyLookup) return this.#lookedUp(found.credentials);
    if (typeof found !== "number") return found;
    const count = keys.unknownKids(authorization, cookie, unixNow());
    return count === 0 ? found : this.#judgedAnew(authorization, cookie, kidHashes(count), found);
  }

  async #ofToken(token, at) {
    if (this.#timer === undefined) this.#turnLater(FIRST_TURN_MS);
    if (!token.includes(".")) return TOKEN_MALFORMED;
    const keys = this.#store.ready() ?? (await this.#document());
    if (typeof keys === "number") return keys;
    const found = judgeToken(keys, this.#store.cache, token, at ?? unixNow());
    if (typeof found !== "number") return found;
    const count = keys.unknownKids(`Bearer ${token}`, undefined, at ?? unixNow());
    if (count === 0) return found;
    const newer = await this.#newer(kidHashes(count));
    if (newer === undefined) return found;
    return typeof newer === "number" ? newer : judgeToken(newer, this.#store.cache, token, at ?? unixNow());
  }

  /** The keys, for which a request may have to fetch or to wait; or the number of a status. */
  async #document(patienceMs = TOTAL_MS) {
    let deadline;
    for (;;) {
      const at = now().steady;
      if (deadline !== undefined && at >= deadline) break;
      const request = this.#store.request(undefined);
      if (request.act === "proceed") break;
      deadline ??= at + BigInt(Math.floor(patienceMs));
      // A request that has to wait fetches if it can: this process may have nothing else that does.
      const flight = request.flight ?? (request.wake ? this.#store.poll().flight : undefined);
      let until = deadline;
      if (flight !== undefined) this.#fly(flight);
      else if (request.wait !== undefined && request.wait.until < until) until = request.wait.until;
      await this.#store.waiters.wait(DOCUMENT, until);
    }
    return this.#store.usable() ?? KEYS_UNAVAILABLE;
  }

  /** What newer keys say, when a fetch may bring those that are unknown; or the refusal. */
  async #judgedAnew(authorization, cookie, hashes, refusal) {
    const keys = await this.#newer(hashes);
    if (keys === undefined) return refusal;
    if (typeof keys === "number") return keys;
    const found = judge(keys, this.#store.cache, authorization, cookie, unixNow());
    return found instanceof ApiKeyLookup ? this.#lookedUp(found.credentials) : found;
  }

  /** The keys after a fetch that may bring unknown ones, or the number of a status; undefined when there is none to wait for. */
  async #newer(hashes) {
    const request = this.#store.request(hashes);
    if (request.wake) this.#turn();
    if (request.flight !== undefined) {
      this.#fly(request.flight);
      await this.#store.waiters.wait(DOCUMENT, now().steady + BigInt(TOTAL_MS));
    } else if (request.wait !== undefined) {
      await this.#store.waiters.wait(DOCUMENT, request.wait.until);
      this.#store.waited(request.wait);
    } else return undefined;
    return this.#store.usable() ?? KEYS_UNAVAILABLE;
  }

  /** What the service says about an API key. If another request is asking about it, this one waits for that answer. */
  async #lookedUp(credentials) {
    const name = this.#store.nameOf(credentials);
    if (typeof name === "number") return name;
    let ticket = 0n;
    for (;;) {
      const ask = this.#store.ask(name, ticket);
      if (ask.act === "known") return this.#store.known(credentials, ask.verdict);
      if (ask.act === "send") return this.#send(credentials, name, ask.question);
      if (ask.act !== "wait") return LOOKUP_FAILED;
      ticket = ask.ticket;
      await this.#store.waiters.wait(topicOf(name), ask.until);
    }
  }

  async #send(credentials, name, question) {
    try {
      const settings = this.#settings;
      const answer =
        settings.tesseralClient === undefined
          ? await askService(settings, native.apiKeyRequest(credentials))
          : await inTime(askClient(settings, credentials));
      return this.#store.answered(credentials, name, question, answer);
    } catch (error) {
      return this.#store.unanswered(name, question, error);
    }
  }

  /** A fetch, beside the request that begins it: others wait for it, too. */
  async #fly(flight) {
    let document;
    try {
      document = await fetchDocument(this.#settings);
    } catch (error) {
      this.#store.failed(flight, error);
      return this.#turn();
    }
    this.#store.landed(flight, document);
    this.#turn();
  }

  /** Does what the background has to do now, and sets a timer for what comes next. */
  #turn() {
    const { flight, until } = this.#store.poll();
    if (flight === undefined) this.#turnLater(Number(until - now().steady));
    else {
      this.#turnLater(TOTAL_MS);
      this.#fly(flight);
    }
  }

  #turnLater(ms) {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    const reference = new WeakRef(this);
    this.#timer = setTimeout(() => reference.deref()?.#turn(), Math.min(Math.max(ms, LEAST_SLEEP_MS), MAX_SLEEP_MS));
    // It keeps no process alive.
    this.#timer.unref();
  }

  static {
    sender = (authenticator, authorization, cookie) => authenticator.#sender(authorization, cookie);
  }
}

function senderOrThrow(found) {
  if (typeof found === "number") throw new TesseralError(found);
  return found;
}

function unixNow() {
  return Math.floor(Date.now() / 1000);
}

/** Rejects when an application's own client takes too long. */
async function inTime(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new ExchangeError("timed_out")), TOTAL_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

module.exports = { Authenticator, sender };
