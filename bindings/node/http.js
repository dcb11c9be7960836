"use strict";
// Servers of node:http, node:https and node:http2, without a framework.

const { NotAnAccessTokenError } = require("./lib/errors.js");
const { authenticatorOf, guard } = require("./lib/guard.js");
const { credentialsOfRequest } = require("./lib/headers.js");
const { refuse } = require("./lib/refusals.js");
const senders = require("./lib/senders.js");

/** A request listener that passes requests with a good credential on to another one. */
function requireAuth(options, listener) {
  if (typeof listener !== "function") throw new TypeError("requireAuth takes options and a request listener");
  const authenticator = authenticatorOf(options);
  return function tesseral(req, res) {
    guard(
      authenticator,
      () => credentialsOfRequest(req),
      (auth) => {
        senders.keepSender(req, auth);
        listener.call(this, req, res);
      },
      (code) => refuse(res, code, options),
    );
  };
}

const { accessTokenClaims, credentials, credentialsType, hasPermission, organizationId } = senders;
module.exports = { requireAuth, organizationId, accessTokenClaims, credentials, hasPermission, credentialsType, NotAnAccessTokenError };
