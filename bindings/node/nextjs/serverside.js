"use strict";
// auth() for the server side of Next.js. It verifies the credential of the request itself, each time. It reads no header that a
// middleware has set: a request that gets around the middleware is refused all the same.

const { authenticatorOf, judgement } = require("../lib/guard.js");
const { credentialsOf } = require("../lib/headers.js");
const { TesseralError, codeOf, statusOf } = require("../lib/errors.js");

const MISSING_KEY = "auth() needs the environment variable NEXT_PUBLIC_TESSERAL_PUBLISHABLE_KEY";

/** Made at the first call, when the environment of the running server is there. */
let authenticator;

function settings() {
  const { env } = process;
  const publishableKey = env.NEXT_PUBLIC_TESSERAL_PUBLISHABLE_KEY;
  if (!publishableKey) throw new Error(MISSING_KEY);
  const found = { publishableKey, apiKeysEnabled: env.TESSERAL_AUTH_ENABLE_API_KEYS === "1" };
  const host = env.NEXT_PUBLIC_TESSERAL_CONFIG_API_HOSTNAME;
  return host ? { ...found, configApiHostname: host } : found;
}

/**
 * Who sent the request that Next.js handles now. `or` says what happens without a good credential: "throw" throws a TesseralError,
 * "redirect" redirects to the login page of the project's vault, "return_404" answers as if there were no such page. A fault that
 * is not the caller's, such as a service that cannot be reached, throws in each case.
 */
async function auth({ or }) {
  if (or !== "throw" && or !== "redirect" && or !== "return_404") throw new TypeError('auth() takes { or: "throw" }, { or: "redirect" } or { or: "return_404" }');
  // Next.js has it in the server's bundle alone.
  const { headers } = await import("next/headers.js").then(interop);
  // First of all: this is where Next.js, which renders each page when it builds, sees that this one belongs to a request.
  const given = await headers();
  authenticator ??= authenticatorOf(settings());
  const found = await judgement(authenticator, () => credentialsOf(given));
  if (typeof found !== "number") return resultOf(found);
  if (or === "throw" || statusOf(found).httpStatus >= 500) throw new TesseralError(found);
  const navigation = await import("next/navigation.js").then(interop);
  if (or === "return_404") return navigation.notFound();
  const vault = await authenticator.vaultDomain();
  if (vault === undefined) throw new TesseralError(codeOf("keys_unavailable"));
  return navigation.redirect(`https://${vault}/login`);
}

/** Plain members, which may be destructured. */
function resultOf(sender) {
  const result = {
    organizationId: sender.organizationId,
    credentialsType: sender.credentialsType,
    credentials: sender.credentials,
    hasPermission: (action) => sender.hasPermission(action),
  };
  if (sender.accessTokenClaims !== undefined) result.accessTokenClaims = sender.accessTokenClaims;
  return result;
}

function interop(module) {
  return module.headers || module.redirect ? module : module.default;
}

module.exports = { auth };
