"use strict";
// What a refused client is answered. It learns the HTTP status and nothing else.

const { statusOf, codeOf } = require("./errors.js");

const TEXTS = new Map([
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [500, "Internal Server Error"],
  [503, "Service Unavailable"],
]);

const CREDENTIALS_MISSING = codeOf("credentials_missing");

/** What a middleware answers to a request that ended with a status: { status, text, challenge }. */
function refusalOf(code, { wwwAuthenticate = false } = {}) {
  const status = statusOf(code).httpStatus;
  const challenge =
    wwwAuthenticate && status === 401 ? (code === CREDENTIALS_MISSING ? "Bearer" : 'Bearer error="invalid_token"') : undefined;
  return { status, text: TEXTS.get(status) ?? TEXTS.get(500), challenge };
}

/** Answers a request of node:http that has no answer yet. */
function refuse(response, code, options) {
  if (response.headersSent || response.destroyed) return;
  const { status, text, challenge } = refusalOf(code, options);
  if (challenge !== undefined) response.setHeader("WWW-Authenticate", challenge);
  response.statusCode = status;
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.end(text);
}

module.exports = { refusalOf, refuse };
