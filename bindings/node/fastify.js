"use strict";
// A plugin for Fastify 4 and 5. It protects the routes of the scope that it is registered in, and of those inside.

const { NotAnAccessTokenError } = require("./lib/errors.js");
const { authenticatorOf, guard } = require("./lib/guard.js");
const { credentialsOfRequest } = require("./lib/headers.js");
const { refusalOf } = require("./lib/refusals.js");
const senders = require("./lib/senders.js");

function requireAuth(fastify, options, done) {
  let authenticator;
  try {
    authenticator = authenticatorOf(options);
  } catch (error) {
    return done(error);
  }
  if (!fastify.hasRequestDecorator("auth")) fastify.decorateRequest("auth", null);
  fastify.addHook("onRequest", function tesseral(request, reply, next) {
    guard(
      authenticator,
      () => credentialsOfRequest(request.raw),
      (auth) => {
        senders.keepSender(request, auth);
        request.auth = auth;
        next();
      },
      (code) => {
        if (reply.sent) return;
        const { status, text, challenge } = refusalOf(code, options);
        if (challenge !== undefined) reply.header("WWW-Authenticate", challenge);
        reply.code(status).type("text/plain; charset=utf-8").send(text);
      },
    );
  });
  done();
}

// Fastify would give the plugin a scope of its own, in which it protects nothing.
requireAuth[Symbol.for("skip-override")] = true;
requireAuth[Symbol.for("fastify.display-name")] = "tesseral-verify";

const { accessTokenClaims, credentials, credentialsType, hasPermission, organizationId } = senders;
module.exports = { requireAuth, organizationId, accessTokenClaims, credentials, hasPermission, credentialsType, NotAnAccessTokenError };
