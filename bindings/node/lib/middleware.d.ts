// What the middlewares of all frameworks have in common.
import type { AccessTokenClaims, Authenticator, AuthenticatorOptions, CredentialsType } from "../index.js";

export interface MiddlewareOptions {
  /** Whether a 401 has the header field WWW-Authenticate, which HTTP asks for: false by default. */
  wwwAuthenticate?: boolean;
}

/** Settings of an authenticator, or one that is there already. */
export type Options = MiddlewareOptions & (AuthenticatorOptions | { authenticator: Authenticator });

/** These take a request that the middleware has accepted, and throw for any other. */
export function organizationId(request: object): string;
/** Throws NotAnAccessTokenError for an API key. */
export function accessTokenClaims(request: object): AccessTokenClaims;
export function credentials(request: object): string;
export function hasPermission(request: object, action: string): boolean;
export function credentialsType(request: object): CredentialsType;
