"use strict";
// As the class of this name in @tesseral/tesseral-node.

const { Authenticator } = require("./authenticator.js");
const { InvalidAccessTokenError, TesseralError } = require("./errors.js");

class AccessTokenAuthenticator {
  #authenticator;

  constructor(options) {
    this.#authenticator = new Authenticator({ ...options, apiKeysEnabled: false });
  }

  /** The claims of an access token. Rejects with InvalidAccessTokenError; with TesseralError when there are no keys. */
  async authenticateAccessToken({ accessToken, nowUnixSeconds }) {
    try {
      return (await this.#authenticator.verifyToken(accessToken, nowUnixSeconds)).accessTokenClaims;
    } catch (error) {
      if (error instanceof TesseralError && error.httpStatus === 401) throw new InvalidAccessTokenError(error.code);
      throw error;
    }
  }

  async getProjectId() {
    return this.#authenticator.projectId();
  }
}

module.exports = { AccessTokenAuthenticator };
