// A middleware (from Next.js 16 on: a proxy) that refuses a request before a page is looked for. It imports nothing: it runs on
// Edge, with a verifier that runs there, too. It is a convenience. Only auth(), which verifies the credential again, says who
// sent a request.

const TEXTS = { 401: "Unauthorized", 403: "Forbidden" };

/** A newer document than the verifier's may bring the key, and the service may answer again: auth() asks it. */
const LEFT_TO_AUTH = new Set(["key_unknown", "key_fetch_needed", "keys_unavailable", "api_key_lookup_failed"]);

/**
 * `verifier`: has authenticate(headers), which throws an error with a slug and an httpStatus, as the Verifier of tesseral-verify and
 * of tesseral-verify-wasm, or rejects with one, as the Authenticator of tesseral-verify. `login`: where requests without a good
 * credential are sent; without it, they are refused.
 */
export function authMiddleware({ verifier, login }) {
  if (typeof verifier?.authenticate !== "function") throw new TypeError("authMiddleware needs a verifier");
  return async function middleware(request) {
    try {
      await verifier.authenticate(request.headers);
      return undefined;
    } catch (error) {
      if (LEFT_TO_AUTH.has(error?.slug)) return undefined;
      if (login !== undefined && error?.httpStatus === 401) return Response.redirect(login, 307);
      const status = Object.hasOwn(TEXTS, error?.httpStatus) ? error.httpStatus : 500;
      return new Response(TEXTS[status] ?? "Internal Server Error", { status });
    }
  };
}
