import type { AccessTokenClaims, CredentialsType } from "../index.js";

export interface AuthResult {
  organizationId: string;
  credentialsType: CredentialsType;
  /** Absent for an API key. */
  accessTokenClaims?: AccessTokenClaims;
  credentials: string;
  hasPermission(action: string): boolean;
}

/**
 * Who sent the request that Next.js handles now. It verifies the credential itself. `or` says what happens without a good one:
 * "throw" throws a TesseralError, "redirect" redirects to the vault's login page, "return_404" answers as if there were no page.
 */
export function auth(options: { or: "throw" | "redirect" | "return_404" }): Promise<AuthResult>;
