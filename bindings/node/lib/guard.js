"use strict";
// What the middlewares of all frameworks share: a function that judges a request, and calls one of two others.

const { Authenticator, sender } = require("./authenticator.js");
const { codeOf } = require("./errors.js");

const INTERNAL_ERROR = codeOf("internal_error");

/** An authenticator of these options, or the one that they bring. */
function authenticatorOf(options) {
  return options?.authenticator instanceof Authenticator ? options.authenticator : new Authenticator(options);
}

/**
 * Judges a request. `values` returns its header values. Calls accept(auth) or refuse(code) once, now or later, and never throws
 * itself. When it calls later, it does so outside of the promise, so that no promise swallows what accept or refuse throws.
 */
function guard(authenticator, values, accept, refuse) {
  let found;
  try {
    const { authorization, cookie } = values();
    found = sender(authenticator, authorization, cookie);
  } catch {
    found = INTERNAL_ERROR;
  }
  if (typeof found === "number") refuse(found);
  else if (found instanceof Promise) {
    found.then((later) => queueMicrotask(() => (typeof later === "number" ? refuse(later) : accept(later))));
  } else accept(found);
}

/** The same as a promise of an Auth or the number of a status. It never rejects. */
async function judgement(authenticator, values) {
  try {
    const { authorization, cookie } = values();
    return await sender(authenticator, authorization, cookie);
  } catch {
    return INTERNAL_ERROR;
  }
}

module.exports = { authenticatorOf, guard, judgement };
