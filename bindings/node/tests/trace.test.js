"use strict";
// The trace of the rulebook: both machines say here what they say in Rust, C and Python. tests/vectors/README.md says what a line
// means.

const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const { TesseralError } = require("../index.js");
const { Answers, Refresh, kidHash } = require("../lib/rulebook.js");
const { ROOT } = require("./fake.js");

/** A rule that may be none, which is 0 in the file. */
const NONE = 4294967295n;

class Words {
  constructor(text) {
    this.left = text.split(" ");
  }

  text() {
    return this.left.shift();
  }

  number() {
    return BigInt(this.text());
  }

  octets(length) {
    return new Uint8Array(length).fill(Number(this.text()));
  }

  rule() {
    const given = this.number();
    return given === 0n ? NONE : given;
  }

  moment() {
    return { steady: this.number(), wall: this.number() };
  }

  flight() {
    return { number: this.number(), began: this.moment() };
  }

  name() {
    return new Uint8Array([...this.octets(16), ...this.octets(32)]);
  }
}

const numbered = (act, { number, began }) => `${act} ${number} ${began.steady} ${began.wall}`;
const told = ({ kind, handle, length }) => `${kind} ${handle} ${length}`;
const freed = ({ outcome, freed: handle }) => (outcome === "in_use" ? `in_use ${handle}` : outcome);

class Machines {
  refresh = new Refresh();
  other = new Refresh();
  answers = new Answers(new Uint8Array(8));

  run(operation) {
    const words = new Words(operation);
    const [kind, verb] = words.text().split(".");
    let result;
    try {
      result = verb === "tear" || verb === "alien" ? change(this[kind], verb) : this[`${kind}_${verb}`](words);
    } catch (error) {
      if (!(error instanceof TesseralError)) throw error;
      return error.slug;
    }
    assert.deepEqual(words.left, [], operation);
    return result === undefined ? "ok" : String(result);
  }

  refresh_init(words) {
    this.refresh.init(words.octets(16), words.moment());
  }

  refresh_rules(words) {
    const [interval, stale, cooldown, timeout] = [words.number(), words.number(), words.number(), words.number()];
    const rules = [interval, stale, cooldown, timeout, words.rule(), words.rule()];
    this.refresh.setRules(rules);
    this.other.rules = this.refresh.rules;
  }

  refresh_poll(words) {
    const poll = this.refresh.poll(words.moment());
    return poll.flight ? numbered(poll.act, poll.flight) : `${poll.act} ${poll.until}`;
  }

  refresh_landed(words) {
    return freed(this.refresh.landed(words.flight(), words.text(), words.number(), words.number(), words.moment()));
  }

  refresh_failed(words) {
    this.refresh.failed(words.flight(), words.moment());
  }

  refresh_abandoned(words) {
    this.refresh.abandoned(words.flight(), words.moment());
  }

  refresh_restore(words) {
    return freed(this.refresh.restore(words.number(), words.number(), words.number(), words.moment()));
  }

  refresh_request(words) {
    const [need, at] = [words.text(), words.moment()];
    const isKids = need !== "nothing" && need !== "document";
    const hashes = isKids ? new Uint8Array(need.split(",").flatMap((kid) => [...kidHash(kid)])) : undefined;
    const { act, flight, wait, wake } = this.refresh.request(isKids ? "kids" : need, hashes, at);
    let text = act;
    if (flight) text = numbered(act, flight);
    else if (wait) text = `wait ${wait.until} ${wait.place < 0n ? "-" : wait.place}`;
    return `${text} ${wake ? "wake" : "sleep"}`;
  }

  refresh_attention_at(words) {
    return this.refresh.attentionAt(words.moment());
  }

  refresh_waited(words) {
    const [until, place] = [words.number(), words.text()];
    this.refresh.waited({ until, place: place === "-" ? -1n : BigInt(place) });
  }

  refresh_renew(words) {
    this.refresh.renew(words.octets(16));
  }

  refresh_other() {
    [this.refresh, this.other] = [this.other, this.refresh];
  }

  refresh_adopt(words) {
    const handle = words.number();
    const found = this.other.document({ steady: 0n, wall: 0n });
    return found === undefined ? "none" : `in_use ${this.refresh.adopt({ ...found, handle })}`;
  }

  refresh_is_fetching(words) {
    return this.refresh.isFetching(words.moment()) ? "yes" : "no";
  }

  refresh_document(words) {
    const found = this.refresh.document(words.moment());
    if (found === undefined) return "none";
    const { number, began, handle, length, age, usable } = found;
    return `${number} ${began.steady} ${began.wall} ${handle} ${length} ${age} ${usable ? "usable" : "stale"}`;
  }

  refresh_due_in(words) {
    return this.refresh.dueIn(words.moment());
  }

  refresh_recoveries() {
    return this.refresh.recoveries();
  }

  answers_size(words) {
    return Answers.size(Number(words.number()), Number(words.number()));
  }

  answers_init(words) {
    const [count, questions] = [Number(words.number()), Number(words.number())];
    const { rules } = this.answers;
    this.answers = Answers.make(count, questions, words.octets(16));
    this.answers.rules = rules;
  }

  answers_rules(words) {
    this.answers.setRules([words.rule(), words.rule(), words.number(), words.number(), words.number()]);
  }

  answers_ask(words) {
    const { act, verdict, question, until, ticket } = this.answers.ask(words.name(), words.number(), words.moment());
    if (verdict) return `known ${told(verdict)}`;
    if (question) return numbered(act, question);
    return act === "wait" ? `wait ${until} ${ticket}` : act;
  }

  answers_known(words) {
    const verdict = this.answers.known(words.name(), words.moment());
    return verdict === undefined ? "nothing" : told(verdict);
  }

  answers_landed(words) {
    const [name, question] = [words.name(), words.flight()];
    const verdict = { kind: words.text(), handle: words.number(), length: words.number() };
    const landed = this.answers.landed(name, question, verdict, words.moment());
    return [landed.kept ? "kept" : "dropped", ...landed.freed].join(" ");
  }

  answers_abandoned(words) {
    this.answers.abandoned(words.name(), words.flight());
  }

  answers_reclaim(words) {
    return this.answers.reclaim(words.moment());
  }

  answers_len() {
    return this.answers.length();
  }

  answers_recoveries() {
    return this.answers.recoveries();
  }
}

/** What a process does to a state that dies inside a call; or another version of the library. */
function change(machine, verb) {
  const words = new BigUint64Array(machine.memory.buffer, machine.memory.byteOffset, machine.memory.byteLength >> 3);
  if (verb === "tear") words[1] |= 1n;
  else words[0] ^= 1n;
}

test("every operation of the trace", (t) => {
  const lines = readFileSync(path.join(ROOT, "tests/vectors/rulebook.trace"), "utf8").trimEnd().split("\n");
  const stated = Number(lines[0].split(" ")[1]);
  const machines = new Machines();
  let ran = 0;
  lines.forEach((line, number) => {
    if (line.startsWith("#")) return;
    const [operation, expected] = line.split(" => ");
    assert.equal(machines.run(operation), expected, `line ${number + 1}: ${operation}`);
    ran++;
  });
  t.diagnostic(`trace (Node.js): ${ran} operations`);
  assert.ok(ran === stated && ran > 0, `${ran} ran, ${stated} are stated`);
});
