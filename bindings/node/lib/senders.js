"use strict";
// Keeps the sender of each request that a middleware has accepted, and has the functions that say who it is. The names are those of
// @tesseral/tesseral-express, which lacks credentialsType.

const { NotAnAccessTokenError } = require("./errors.js");

// Under a symbol, so that neither another middleware nor a parsed body can put a sender there.
const SENDER = Symbol("tesseral-verify sender");

/** Keeps the sender of a request. */
function keepSender(request, auth) {
  request[SENDER] = auth;
}

/** The sender of a request; throws outside of the middleware. */
function senderOf(request) {
  const auth = request?.[SENDER];
  if (auth === undefined) throw new Error("no sender: did requireAuth run for this request?");
  return auth;
}

function credentialsType(request) {
  return senderOf(request).credentialsType;
}

function organizationId(request) {
  return senderOf(request).organizationId;
}

/** Throws NotAnAccessTokenError for an API key. */
function accessTokenClaims(request) {
  const claims = senderOf(request).accessTokenClaims;
  if (claims === undefined) throw new NotAnAccessTokenError();
  return claims;
}

function credentials(request) {
  return senderOf(request).credentials;
}

function hasPermission(request, action) {
  return senderOf(request).hasPermission(action);
}

module.exports = { keepSender, senderOf, credentialsType, organizationId, accessTokenClaims, credentials, hasPermission };
