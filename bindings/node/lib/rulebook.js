"use strict";
// Gives names to the numbers of the library's rulebook, which decides when to fetch, how long keys hold, and which request asks
// about an API key. Nothing is decided here.
// Times are BigInts in milliseconds. Which words are which: see src/refresh.c and src/answers.c.

const { randomBytes } = require("node:crypto");
const native = require("./native.js");
const { TesseralError } = require("./errors.js");

const { words } = native;
const bytes = new Uint8Array(words.buffer);

const POLL = ["", "fetch", "in_flight", "at"];
const NEED = { nothing: 1n, document: 2n, kids: 3n };
const REQUEST = ["", "proceed", "wait", "fetch"];
const CHANGE = { same: 1n, text: 2n, keys: 3n };
const TAKEN = ["", "in_use", "late"];
const RESTORED = ["", "in_use", "not_newer", "too_old", "from_the_future"];
const ASK = ["", "known", "send", "wait", "busy"];
const VERDICT = ["none", "good", "invalid", "not_permitted", "failed"];

/** This moment by both clocks. */
function now() {
  check(native.clock());
  return { steady: words[0], wall: words[1] };
}

function check(status) {
  if (status !== 0) throw new TesseralError(status);
}

function put(...values) {
  for (let i = 0; i < values.length; i++) words[i] = values[i];
}

function moment(place) {
  return { steady: words[place], wall: words[place + 1] };
}

/** A flight or a question. */
function numbered(place) {
  return { number: unsigned(place), began: moment(place + 1) };
}

function unsigned(place) {
  return BigInt.asUintN(64, words[place]);
}

/** The hashes of unknown kids that keys.unknownKids() has just left in the words. */
function kidHashes(count) {
  return bytes.slice(0, 16 * count);
}

function kidHash(kid) {
  const hash = new Uint8Array(16);
  check(native.kidHash(kid, hash));
  return hash;
}

const { refresh, answers } = native;
const NO_HASHES = new Uint8Array(0);

/** When the document is fetched. `rules`: interval, stale, cooldown, timeout, wait, waiters; 0 means the default. */
class Refresh {
  constructor(memory = new Uint8Array(refresh.size)) {
    this.memory = memory;
    this.rules = new BigUint64Array(6);
  }

  /** The rules, unless they are out of range. */
  setRules(rules) {
    const spare = new Refresh();
    spare.init(randomBytes(16), { steady: 0n, wall: 0n });
    spare.rules = BigUint64Array.from(rules);
    spare.dueIn({ steady: 0n, wall: 0n });
    this.rules = spare.rules;
  }

  init(seed, at) {
    put(at.steady, at.wall);
    check(refresh.init(this.memory, seed));
  }

  poll(at) {
    put(at.steady, at.wall);
    check(refresh.poll(this.memory, this.rules));
    const act = POLL[words[0]];
    return act === "fetch" ? { act, flight: numbered(1), until: undefined } : { act, flight: undefined, until: words[4] };
  }

  landed({ number, began }, change, handle, length, at) {
    put(number, began.steady, began.wall, CHANGE[change], handle, length, at.steady, at.wall);
    check(refresh.landed(this.memory));
    return { outcome: TAKEN[words[0]], freed: unsigned(1) };
  }

  failed({ number, began }, at) {
    put(number, began.steady, began.wall, at.steady, at.wall);
    check(refresh.failed(this.memory));
  }

  abandoned({ number, began }, at) {
    put(number, began.steady, began.wall, at.steady, at.wall);
    check(refresh.abandoned(this.memory));
  }

  restore(beganWall, handle, length, at) {
    put(beganWall, handle, length, at.steady, at.wall);
    check(refresh.restore(this.memory, this.rules));
    return { outcome: RESTORED[words[0]], freed: unsigned(1) };
  }

  request(need, hashes, at) {
    put(NEED[need], at.steady, at.wall);
    check(refresh.request(this.memory, this.rules, hashes ?? NO_HASHES));
    const act = REQUEST[words[0]];
    return {
      act,
      wake: words[1] !== 0n,
      flight: act === "fetch" ? numbered(2) : undefined,
      wait: act === "wait" ? { until: words[5], place: words[6] } : undefined,
    };
  }

  waited({ until, place }) {
    put(until, place);
    check(refresh.waited(this.memory));
  }

  attentionAt(at) {
    put(at.steady, at.wall);
    check(refresh.attentionAt(this.memory, this.rules));
    return words[0];
  }

  renew(seed) {
    check(refresh.renew(this.memory, seed));
  }

  document(at) {
    put(at.steady, at.wall);
    check(refresh.document(this.memory, this.rules));
    if (words[0] === 0n) return undefined;
    return {
      usable: words[1] !== 0n,
      duePercent: words[2],
      number: unsigned(3),
      began: moment(4),
      age: unsigned(6),
      handle: unsigned(7),
      length: unsigned(8),
    };
  }

  /** The handle of the document in use when a request that needs nothing can go on at once; else 0. A number. */
  ready() {
    return refresh.ready(this.memory, this.rules);
  }

  adopt({ usable, duePercent, number, began, age, handle, length }) {
    put(1n, usable ? 1n : 0n, duePercent, number, began.steady, began.wall, age, handle, length);
    check(refresh.adopt(this.memory));
    return unsigned(0);
  }

  dueIn(at) {
    put(at.steady, at.wall);
    check(refresh.dueIn(this.memory, this.rules));
    return unsigned(0);
  }

  isFetching(at) {
    put(at.steady, at.wall);
    check(refresh.isFetching(this.memory, this.rules));
    return words[0] !== 0n;
  }

  recoveries() {
    check(refresh.recoveries(this.memory));
    return unsigned(0);
  }
}

/** Who asks about an API key. `rules`: good and refused time to live, timeout, questions, octets of all answers. */
class Answers {
  constructor(memory) {
    this.memory = memory;
    this.rules = new BigUint64Array(5);
  }

  static size(count, questions) {
    return answers.size(count, questions);
  }

  static make(count, questions, seed) {
    const size = answers.size(count, questions);
    const made = new Answers(new Uint8Array(size));
    check(answers.init(made.memory, count, questions, seed));
    return made;
  }

  setRules(rules) {
    const spare = Answers.make(1, 1, randomBytes(16));
    spare.rules = BigUint64Array.from(rules);
    spare.reclaim({ steady: 0n, wall: 0n });
    this.rules = spare.rules;
  }

  ask(name, ticket, at) {
    put(ticket, at.steady, at.wall);
    check(answers.ask(this.memory, this.rules, name));
    const act = ASK[words[0]];
    return {
      act,
      verdict: act === "known" ? verdict(1) : undefined,
      question: act === "send" ? numbered(4) : undefined,
      until: words[7],
      ticket: unsigned(8),
    };
  }

  known(name, at) {
    put(at.steady, at.wall);
    check(answers.known(this.memory, this.rules, name));
    return words[0] === 0n ? undefined : verdict(0);
  }

  landed(name, { number, began }, { kind, handle, length }, at) {
    put(number, began.steady, began.wall, BigInt(VERDICT.indexOf(kind)), handle, length, at.steady, at.wall);
    check(answers.landed(this.memory, this.rules, name));
    const freed = [];
    for (let i = 0; i < Number(words[1]); i++) freed.push(unsigned(2 + i));
    return { kept: words[0] !== 0n, freed };
  }

  abandoned(name, { number, began }) {
    put(number, began.steady, began.wall);
    check(answers.abandoned(this.memory, name));
  }

  reclaim(at) {
    put(at.steady, at.wall);
    check(answers.reclaim(this.memory, this.rules));
    return unsigned(0);
  }

  length() {
    check(answers.len(this.memory));
    return unsigned(0);
  }

  recoveries() {
    check(answers.recoveries(this.memory));
    return unsigned(0);
  }
}

function verdict(place) {
  return { kind: VERDICT[words[place]], handle: unsigned(place + 1), length: unsigned(place + 2) };
}

module.exports = { Answers, Refresh, kidHash, kidHashes, now };
