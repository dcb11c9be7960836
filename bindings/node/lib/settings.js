"use strict";
// The settings of the authenticators and middlewares. A setting that can never work throws when one of them is made.

const BACKEND_KEY = "TESSERAL_BACKEND_API_KEY";
const HOST = /^[A-Za-z0-9.-]+(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$/;

/** The options of requireAuth and of the authenticators, checked, with their defaults. */
function settingsOf(options) {
  const {
    publishableKey,
    configApiHostname = "config.tesseral.com",
    backendApiHostname = "api.tesseral.com",
    jwksRefreshIntervalSeconds = 3600,
    apiKeysEnabled = false,
    tesseralClient,
    backendApiKey = process.env[BACKEND_KEY],
    leewaySeconds = 0,
    cacheTokens = 1024,
    fetch = globalThis.fetch,
    log = console.warn,
  } = { __proto__: null, ...options }; // not what a prototype has
  if (typeof publishableKey !== "string" || !/^[A-Za-z0-9_]{1,128}$/.test(publishableKey)) {
    throw new TypeError("publishableKey is not 1 to 128 letters, digits and '_'");
  }
  for (const [name, host] of Object.entries({ configApiHostname, backendApiHostname })) {
    if (!isHost(host)) throw new TypeError(`${name} is not a host or host:port`);
  }
  if (typeof jwksRefreshIntervalSeconds !== "number" || !(jwksRefreshIntervalSeconds >= 1)) {
    throw new TypeError("jwksRefreshIntervalSeconds is not at least 1");
  }
  if (!Number.isInteger(leewaySeconds) || leewaySeconds < 0 || leewaySeconds > 300) {
    throw new TypeError("leewaySeconds is not a whole number from 0 to 300");
  }
  if (typeof fetch !== "function" || typeof log !== "function") throw new TypeError("fetch or log is not a function");
  if (apiKeysEnabled && tesseralClient === undefined) {
    if (backendApiKey === undefined || backendApiKey === "") {
      throw new Error(`apiKeysEnabled needs a tesseralClient, a backendApiKey or the environment variable ${BACKEND_KEY}`);
    }
    if (typeof backendApiKey !== "string" || !/^[!-~]+$/.test(backendApiKey) || /["']/.test(backendApiKey)) {
      throw new TypeError("the backend API key is not a string, is empty, or has quotes, white space or line breaks");
    }
  }
  return {
    apiKeysEnabled: Boolean(apiKeysEnabled),
    backendApiHostname,
    backendApiKey,
    cacheTokens,
    configApiHostname,
    fetch,
    // The library's longest interval is 30 days.
    intervalMs: BigInt(Math.floor(Math.min(jwksRefreshIntervalSeconds, 2_592_000) * 1000)),
    leewaySeconds,
    log: logOf(log),
    publishableKey,
    tesseralClient,
  };
}

/** A logger that fails, at once or later, must neither refuse a request nor end the process. */
function logOf(log) {
  return (line) => {
    try {
      Promise.resolve(log(line)).catch(() => {});
    } catch {
      // The same.
    }
  };
}

/** Whether a text is a host or host:port. */
function isHost(text) {
  return typeof text === "string" && HOST.test(text);
}

module.exports = { isHost, settingsOf };
