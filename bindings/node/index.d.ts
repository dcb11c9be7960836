/** Seconds since 1970-01-01T00:00:00Z. */
type UnixSeconds = number;

/** Headers of the Fetch API, [name, value] pairs, or an object such as that of a request of node:http. */
export type HeadersLike =
  | { get(name: string): string | null }
  | readonly (readonly string[])[]
  | { readonly [name: string]: string | readonly string[] | undefined };

/** The claims of an access token. Users choose some of the texts, such as the names: escape what you print. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly exp: UnixSeconds;
  readonly nbf: UnixSeconds;
  readonly iat: UnixSeconds;
  readonly actions?: readonly string[];
  readonly organization: { readonly id: string; readonly displayName?: string };
  readonly user: {
    readonly id: string;
    readonly email: string;
    readonly displayName?: string;
    readonly profilePictureUrl?: string;
  };
  readonly session: { readonly id: string };
  readonly impersonator?: { readonly email: string };
}

export type CredentialsType = "access_token" | "api_key";

/** Who sent a request. Requests with the same token may share one Auth. */
export class Auth {
  private constructor();
  readonly credentialsType: CredentialsType;
  /** The organization that the user or the API key belongs to. */
  readonly organizationId: string;
  /** The credential itself, which is a secret. */
  readonly credentials: string;
  /** Undefined for an API key. */
  readonly accessTokenClaims: AccessTokenClaims | undefined;
  /** The payload's JSON text, as it was signed; undefined for an API key. */
  readonly payload: string | undefined;
  /** The ID of the API key, which is no secret; undefined for an access token. */
  readonly apiKeyId: string | undefined;
  /** Whether the user or the API key may do something. */
  hasPermission(action: string): boolean;
  toJSON(): { credentialsType: CredentialsType; organizationId: string };
}

/** An API key that has the right shape, and about which the service has to be asked. */
export class ApiKeyLookup {
  private constructor();
  readonly credentials: string;
}

export interface VerifierOptions {
  /** The issuer, and audience, that tokens must have. Without it, it is derived from the project ID. */
  issuer?: string;
  /** The project's ID, for a document without one, such as a plain JWKS. */
  projectId?: string;
  /** How far the clocks of the issuer and of this machine may be apart: 0 to 300, 0 by default. */
  leewaySeconds?: number;
  /** The longest token that is looked at, in octets: 1 to 65536, 16384 by default. */
  maxTokenLen?: number;
  /** Whether requests may carry an API key: false by default. */
  apiKeys?: boolean;
  /** How many tokens are remembered, 1024 by default; 0: none. A token takes about 7 KiB. */
  cacheTokens?: number;
}

/** Verifies with the keys of one document, without network. */
export class Verifier {
  constructor(document: string | Uint8Array, options?: VerifierOptions);
  /** Whose access token this is; throws TesseralError. */
  verifyToken(token: string | Uint8Array, nowUnixSeconds?: UnixSeconds): Auth;
  /** Who sent a request with these headers; throws TesseralError. */
  authenticate(headers: HeadersLike, nowUnixSeconds?: UnixSeconds): Auth | ApiKeyLookup;
  readonly projectId: string;
  readonly issuer: string;
  /** The IDs of the keys in use. */
  readonly kids: string[];
  /** Keys of the document that are not used: their places, and why. */
  readonly skippedKeys: { index: number; reason: string }[];
}

/** What the library needs of a fetch function. */
export type FetchLike = (
  url: string,
  init: { method: string; headers?: Record<string, string>; body?: string; redirect?: "manual"; signal?: AbortSignal },
) => Promise<{ status: number; body?: unknown; arrayBuffer(): Promise<ArrayBuffer> }>;

/** The client of @tesseral/tesseral-node, or any object that has this function. */
export interface TesseralClientLike {
  apiKeys: {
    authenticateApiKey(request: { secretToken: string }): PromiseLike<{
      apiKeyId?: string;
      organizationId?: string;
      actions?: string[];
    }>;
  };
}

export interface AuthenticatorOptions {
  /** Names the project's configuration document. */
  publishableKey: string;
  /** The host of that document, host or host:port, over TLS: config.tesseral.com by default. */
  configApiHostname?: string;
  /** The age before which a newer document is fetched: 3600 by default. */
  jwksRefreshIntervalSeconds?: number;
  /** Whether requests may carry an API key: false by default. Needs tesseralClient or a backend API key. */
  apiKeysEnabled?: boolean;
  /** A client that asks the service about API keys. */
  tesseralClient?: TesseralClientLike;
  /** The secret that the authenticator sends when it asks the service: TESSERAL_BACKEND_API_KEY of the environment by default. */
  backendApiKey?: string;
  /** The host that the authenticator asks about API keys without a tesseralClient: api.tesseral.com by default. */
  backendApiHostname?: string;
  /** How far the clocks of the issuer and of this machine may be apart: 0 to 300. */
  leewaySeconds?: number;
  /** How many tokens are remembered, 1024 by default; 0: none. */
  cacheTokens?: number;
  /** Sends the requests to the service: globalThis.fetch by default. */
  fetch?: FetchLike;
  /** Gets a line when a fetch fails: console.warn by default. The line holds no secret. */
  log?: (line: string) => void;
}

export interface Stats {
  /** Whether requests can be accepted. */
  ready: boolean;
  /** Fetches that brought a usable document. */
  refreshes: number;
  /** Fetches that brought no usable document. */
  refreshFailures: number;
  /** Questions to the service about API keys. */
  lookups: number;
  /** How many of these questions got no usable answer. */
  lookupFailures: number;
  /** Milliseconds since the fetch of the document in use began; undefined when there is none. */
  snapshotAgeMs: number | undefined;
  /** Milliseconds until the next planned fetch. */
  nextRefreshMs: number;
  /** The IDs of the keys in use. */
  kids: string[];
  /** How many requests, and tokens of verifyToken, ended with each slug. */
  requests: Record<string, number>;
}

/** Authenticates requests with keys that it keeps fresh, and asks the service about API keys. */
export class Authenticator {
  /** Starts nothing: the first request does. */
  constructor(options: AuthenticatorOptions);
  /** Who sent a request with these headers; rejects with a TesseralError. */
  authenticate(headers: HeadersLike): Promise<Auth>;
  /** Whose access token this is; rejects with a TesseralError. */
  verifyToken(token: string, nowUnixSeconds?: UnixSeconds): Promise<Auth>;
  projectId(): Promise<string>;
  /** The host of the project's vault; undefined when it is not known. */
  vaultDomain(): Promise<string | undefined>;
  /** Whether requests can be accepted. It fetches a first document if there is none, and waits for it at most so many seconds, up to 5. */
  waitUntilReady(seconds?: number): Promise<boolean>;
  stats(): Stats;
  /** Ends the timer. After that, one request in each refresh interval fetches the document itself. */
  close(): void;
}

/** As the class of this name in @tesseral/tesseral-node. */
export class AccessTokenAuthenticator {
  constructor(options: Omit<AuthenticatorOptions, "apiKeysEnabled" | "tesseralClient" | "backendApiKey" | "backendApiHostname">);
  /** Rejects with InvalidAccessTokenError; with TesseralError when there are no keys. */
  authenticateAccessToken(request: { accessToken: string; nowUnixSeconds?: UnixSeconds }): Promise<AccessTokenClaims>;
  getProjectId(): Promise<string>;
}

/** Why a credential or a document was refused. Its text holds no octet of a credential and no claim. */
export class TesseralError extends Error {
  constructor(code: number, options?: ErrorOptions);
  /** Stable, for logs: "token_expired". */
  readonly slug: string;
  /** The number of the slug. */
  readonly code: number;
  /** 401, 403, 500 or 503 */
  readonly httpStatus: number;
}

/** A document that cannot be used. */
export class ConfigError extends TesseralError {
  /** Where the fault is in a document that is malformed. */
  readonly offset: number | undefined;
}

export class InvalidAccessTokenError extends TesseralError {}

/** The program asked for the claims of an API key, which has none. */
export class NotAnAccessTokenError extends TesseralError {
  constructor();
}

/** The version of the library. */
export const version: string;
