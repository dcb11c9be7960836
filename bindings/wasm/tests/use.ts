// What an application writes, as the compiler sees it. It is checked and never run.

import wasm from "tesseral-verify-wasm/tesseral_verify.wasm";
import { ApiKeyLookup, Auth, ConfigError, TesseralError, Verifier, compile } from "tesseral-verify-wasm";
import type { AccessTokenClaims, HeaderFields, VerifierOptions } from "tesseral-verify-wasm";

const options: VerifierOptions = { leewaySeconds: 5, apiKeys: true, profile: "tiny" };

export async function make(octets: Uint8Array<ArrayBuffer>): Promise<Verifier> {
  await compile(fetch("https://a.example/"));
  await compile(octets);
  return new Verifier(wasm, "{}", options);
}

export function judge(verifier: Verifier, request: Request): string {
  const headers: HeaderFields = request.headers;
  try {
    const sender = verifier.authenticate(headers);
    if (sender instanceof ApiKeyLookup) {
      const answer = sender.read(200, sender.requestBody);
      return answer.apiKeyId;
    }
    const claims: AccessTokenClaims = sender.accessTokenClaims;
    const name: string | undefined = claims.user.displayName;
    return sender.hasPermission("a.b.c") ? sender.organizationId : (name ?? claims.sub);
  } catch (error) {
    if (error instanceof ConfigError) return `${error.offset}`;
    if (error instanceof TesseralError) return `${error.slug} ${error.httpStatus} ${error.code}`;
    throw error;
  }
}

export const others = (verifier: Verifier) => [
  verifier.authenticate([["authorization", "Bearer a.b.c"]], 1),
  verifier.authenticate({ authorization: ["a", "b"], cookie: undefined }),
  verifier.authenticate(new Map([["cookie", "a=b"]])),
  verifier.verifyToken(new Uint8Array(4)),
  verifier.keysUsed + verifier.keysSkipped,
];

// @ts-expect-error there is no such option
new Verifier(wasm, "{}", { skipSignature: true });
// @ts-expect-error no sender without a verifier
new Auth();
// @ts-expect-error a token is text or octets
export const no = (verifier: Verifier) => verifier.verifyToken(1);
