"use strict";
// Express 4 and 5, and whatever has middlewares like theirs.

const { NotAnAccessTokenError, codeOf } = require("./lib/errors.js");
const { authenticatorOf, guard } = require("./lib/guard.js");
const { credentialsOfRequest } = require("./lib/headers.js");
const { refuse } = require("./lib/refusals.js");
const senders = require("./lib/senders.js");

/** A middleware that refuses each request without a good credential. */
function requireAuth(options) {
  const authenticator = authenticatorOf(options);
  return function tesseral(req, res, next) {
    guard(
      authenticator,
      () => credentialsOfRequest(req),
      (auth) => {
        senders.keepSender(req, auth);
        req.auth = auth;
        next();
      },
      (code) => refuse(res, code, options),
    );
  };
}

/** A middleware, behind requireAuth, that answers 403 unless the sender may do this. */
function requirePermission(action) {
  return function tesseralPermission(req, res, next) {
    if (senders.hasPermission(req, action)) next();
    else refuse(res, codeOf("permission_missing"));
  };
}

const { accessTokenClaims, credentials, credentialsType, hasPermission, organizationId } = senders;
module.exports = {
  requireAuth,
  requirePermission,
  organizationId,
  accessTokenClaims,
  credentials,
  hasPermission,
  credentialsType,
  NotAnAccessTokenError,
};
