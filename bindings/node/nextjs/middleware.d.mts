/** What judges a request: the Verifier of tesseral-verify-wasm on Edge; the Authenticator or Verifier of tesseral-verify in the Node.js runtime. */
export interface RequestVerifier {
  authenticate(headers: Headers): unknown;
}

/**
 * A middleware, or proxy, that refuses requests without a good credential, or sends them to `login`. It lets requests pass whose key the
 * verifier's document lacks. Protect each page with auth(), too, which verifies the credential again.
 */
export function authMiddleware(options: { verifier: RequestVerifier; login?: string | URL }): (request: { headers: Headers }) => Promise<Response | undefined>;
