import type { MiddlewareHandler } from "hono";
import type { Auth } from "./index.js";
import type { Options } from "./lib/middleware.js";

export { NotAnAccessTokenError } from "./index.js";
export { accessTokenClaims, credentials, credentialsType, hasPermission, organizationId } from "./lib/middleware.js";
export type { Options } from "./lib/middleware.js";

/** A middleware that refuses each request without a good credential; c.get("auth") is the sender. */
export function requireAuth(options: Options): MiddlewareHandler<{ Variables: { auth: Auth } }>;
