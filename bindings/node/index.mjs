import all from "./index.js";

export const {
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
} = all;
