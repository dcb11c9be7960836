"use strict";
// Requests that wait until a fetch of the document has ended, or a question about an API key.

const { now } = require("./rulebook.js");

class Waiters {
  #waiting = new Map(); // by topic, the functions to call

  /** Resolves when an exchange on the topic ends, at the latest at `until` by the steady clock. */
  wait(topic, until) {
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.max(0, Number(until - now().steady)));
      const waiting = this.#waiting.get(topic) ?? new Set();
      this.#waiting.set(topic, waiting.add(done));
      function done() {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
    });
  }

  /** An exchange on the topic has ended. */
  end(topic) {
    const waiting = this.#waiting.get(topic);
    this.#waiting.delete(topic);
    for (const done of [...(waiting ?? [])]) done();
  }
}

module.exports = { Waiters };
