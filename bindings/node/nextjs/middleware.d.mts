/** What judges a request: the Verifier of tesseral-verify-wasm, on Edge, or that of tesseral-verify. */
export interface EdgeVerifier {
  authenticate(headers: Headers): unknown;
}

/**
 * A middleware that refuses requests without a good credential, or sends them to `login`. It lets requests pass whose key the
 * verifier's document lacks. Protect each page with auth(), too, which verifies the credential again.
 */
export function authMiddleware(options: { verifier: EdgeVerifier; login?: string | URL }): (request: { headers: Headers }) => Response | undefined;
