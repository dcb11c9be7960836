"use strict";
// A middleware for Hono, on Node.js.

const { NotAnAccessTokenError } = require("./lib/errors.js");
const { authenticatorOf, judgement } = require("./lib/guard.js");
const { credentialsOf } = require("./lib/headers.js");
const { refusalOf } = require("./lib/refusals.js");
const senders = require("./lib/senders.js");

/** A middleware that refuses each request without a good credential; c.get("auth") is the sender. */
function requireAuth(options) {
  const authenticator = authenticatorOf(options);
  return async function tesseral(c, next) {
    const found = await judgement(authenticator, () => credentialsOf(c.req.raw.headers));
    if (typeof found !== "number") {
      senders.keepSender(c, found);
      c.set("auth", found);
      return next();
    }
    const { status, text, challenge } = refusalOf(found, options);
    return c.text(text, status, challenge === undefined ? {} : { "WWW-Authenticate": challenge });
  };
}

const { accessTokenClaims, credentials, credentialsType, hasPermission, organizationId } = senders;
module.exports = { requireAuth, organizationId, accessTokenClaims, credentials, hasPermission, credentialsType, NotAnAccessTokenError };
