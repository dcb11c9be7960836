"use strict";
// Why a credential or a document was refused. Texts hold no octet of a credential and no claim.

const native = require("./native.js");

const statuses = new Map(native.statuses.map(([code, slug, text, httpStatus]) => [code, { code, slug, text, httpStatus }]));
const codes = new Map(native.statuses.map(([code, slug]) => [slug, code]));

/** The library's status with this number. For a number that it does not have: that of an internal error. */
function statusOf(code) {
  return statuses.get(code) ?? statuses.get(codes.get("internal_error"));
}

/** The number of a slug. */
function codeOf(slug) {
  return codes.get(slug);
}

// Members are defined, not assigned: an assignment fails where Error.prototype is frozen.
class TesseralError extends Error {
  slug;
  code;
  httpStatus;

  constructor(code, options) {
    const status = statusOf(code);
    super(status.text, options);
    this.slug = status.slug;
    this.code = status.code;
    this.httpStatus = status.httpStatus;
  }

  get name() {
    return "TesseralError";
  }
}

class ConfigError extends TesseralError {
  /** Where the fault is in a document that is malformed. */
  offset;

  constructor(code, offset) {
    super(code);
    this.offset = offset;
  }

  get name() {
    return "ConfigError";
  }
}

class InvalidAccessTokenError extends TesseralError {
  get name() {
    return "InvalidAccessTokenError";
  }
}

class NotAnAccessTokenError extends TesseralError {
  constructor() {
    super(codeOf("not_an_access_token"));
  }

  get name() {
    return "NotAnAccessTokenError";
  }
}

module.exports = { TesseralError, ConfigError, InvalidAccessTokenError, NotAnAccessTokenError, statusOf, codeOf };
