/** Seconds since 1970-01-01T00:00:00Z. A fraction is cut off. */
export type Seconds = number;

/** What a runtime has of the WebAssembly module. */
export type WasmSource = WebAssembly.Module | BufferSource | { arrayBuffer(): Promise<ArrayBuffer> };

/** Compiles the WebAssembly module. A module that is compiled already, as Workers import it, needs no call of this. */
export function compile(source: WasmSource | PromiseLike<WasmSource>): Promise<WebAssembly.Module>;

/** No option switches a check off. */
export interface VerifierOptions {
  /** The issuer, and audience, that tokens must have. Without it, it is derived from the document's project ID. */
  issuer?: string;
  /** The project ID for a document without one, such as a plain JWKS. It is part of the cookie's name. */
  projectId?: string;
  /** By how many seconds the issuer's clock may differ: 0 to 300. 0 by default. */
  leewaySeconds?: number;
  /** The longest token that is accepted, in octets: 1 to 65,536. 16,384 by default. */
  maxTokenLen?: number;
  /** Whether requests may carry an API key in the Authorization header. `false` by default. */
  apiKeys?: boolean;
  /** How large the tables of each key are: 256 KiB, 16 KiB or 1 KiB. `"compact"` by default. */
  profile?: "server" | "compact" | "tiny";
}

/** The header fields of a request: a `Headers`, pairs of name and value, or an object such as Node's `headersDistinct`. */
export type HeaderFields =
  | { get(name: string): string | null | undefined }
  | Iterable<readonly [string, string]>
  | { readonly [name: string]: string | readonly string[] | undefined };

/** Decides whether requests carry a good credential, with the keys of one configuration document. It never changes. */
export class Verifier {
  /**
   * @param document The project's configuration document, or a JWKS, as it was received.
   * @throws {ConfigError}
   */
  constructor(module: WebAssembly.Module, document: string | BufferSource, options?: VerifierOptions);
  /** The project ID of the document or of the options. */
  readonly projectId: string | undefined;
  /** The issuer, and audience, that tokens must have. */
  readonly issuer: string;
  /** How many keys of the document are used. */
  readonly keysUsed: number;
  /** How many keys of the document are not used. */
  readonly keysSkipped: number;
  /**
   * Verifies one access token.
   * @param now The clock's time by default.
   * @throws {TesseralError}
   */
  verifyToken(token: string | BufferSource, now?: Seconds): AccessTokenAuth;
  /**
   * Finds the credential in a request's Authorization and Cookie fields, and verifies it. The result is an `ApiKeyLookup` only
   * with the option `apiKeys`.
   * @param now The clock's time by default.
   * @throws {TesseralError}
   */
  authenticate(headers: HeaderFields, now?: Seconds): AccessTokenAuth | ApiKeyLookup;
}

/** Who sent a request. */
export abstract class Auth {
  /** The kind of credential that the request carries. */
  readonly credentialsType: "access_token" | "api_key";
  /** The organization that the user or the API key belongs to. */
  readonly organizationId: string;
  /** The API key's ID, which is no secret. */
  readonly apiKeyId: string | undefined;
  /** The claims of an access token; undefined for an API key. */
  readonly accessTokenClaims: AccessTokenClaims | undefined;
  /** What the sender may do. */
  readonly actions: readonly string[];
  /** The credential itself: a secret. Nothing that prints this object shows it. */
  get credentials(): string;
  /** Whether `action` is among the actions. */
  hasPermission(action: string): boolean;
}

/** The sender of a request with an access token. */
export type AccessTokenAuth = Auth & {
  readonly credentialsType: "access_token";
  readonly apiKeyId: undefined;
  readonly accessTokenClaims: AccessTokenClaims;
};

/** The sender of a request with an API key. */
export type ApiKeyAuth = Auth & {
  readonly credentialsType: "api_key";
  readonly apiKeyId: string;
  readonly accessTokenClaims: undefined;
};

/** An API key of the right form. Only the service knows whether it is good. */
export class ApiKeyLookup {
  private constructor();
  /** The key itself: a secret. */
  get credentials(): string;
  /** The body of the question to the service. */
  get requestBody(): string;
  /**
   * Reads the service's answer.
   * @throws {TesseralError}
   */
  read(httpStatus: number, body: string | BufferSource): ApiKeyAuth;
}

/** The claims of an access token. Names are untrusted text, and may hold any character. */
export interface AccessTokenClaims {
  iss: string;
  sub: string;
  aud: string;
  /** Rounded down. */
  exp: Seconds;
  /** Rounded up. */
  nbf: Seconds;
  /** Rounded down. */
  iat: Seconds;
  session: { id: string };
  user: { id: string; email: string; displayName?: string; profilePictureUrl?: string };
  organization: { id: string; displayName?: string };
  actions: readonly string[];
  impersonator?: { email: string };
}

/** Why a credential, a document or an option was refused. Its message has nothing of a credential. */
export class TesseralError extends Error {
  protected constructor();
  /** Such as `token_expired`: the same in every language. */
  readonly slug: string;
  /** The number of the slug. */
  readonly code: number;
  /** The HTTP status to answer with. */
  readonly httpStatus: number;
}

/** A verifier cannot be made from these options and this document. */
export class ConfigError extends TesseralError {
  /** Where the fault is in a document that is `config_malformed`. */
  readonly offset: number;
}
