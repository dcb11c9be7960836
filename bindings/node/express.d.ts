import type { IncomingMessage, ServerResponse } from "node:http";
import type { Options } from "./lib/middleware.js";

export { NotAnAccessTokenError } from "./index.js";
export { accessTokenClaims, credentials, credentialsType, hasPermission, organizationId } from "./lib/middleware.js";
export type { Options } from "./lib/middleware.js";

export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/** A middleware that refuses each request without a good credential. */
export function requireAuth(options: Options): Middleware;

/** A middleware, behind requireAuth, that answers 403 unless the sender may do this. */
export function requirePermission(action: string): Middleware;
