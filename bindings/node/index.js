"use strict";

const { AccessTokenAuthenticator } = require("./lib/access_token_authenticator.js");
const { Auth } = require("./lib/auth.js");
const { Authenticator } = require("./lib/authenticator.js");
const { ConfigError, InvalidAccessTokenError, NotAnAccessTokenError, TesseralError } = require("./lib/errors.js");
const { ApiKeyLookup, Verifier } = require("./lib/verifier.js");
const { version } = require("./lib/native.js");

module.exports = {
  AccessTokenAuthenticator,
  ApiKeyLookup,
  Auth,
  Authenticator,
  ConfigError,
  InvalidAccessTokenError,
  NotAnAccessTokenError,
  TesseralError,
  Verifier,
  version,
};
