import type { FastifyPluginCallback } from "fastify";
import type { Auth } from "./index.js";
import type { Options } from "./lib/middleware.js";

export { NotAnAccessTokenError } from "./index.js";
export { accessTokenClaims, credentials, credentialsType, hasPermission, organizationId } from "./lib/middleware.js";
export type { Options } from "./lib/middleware.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Who sent the request; null before the plugin has accepted it. */
    auth: Auth | null;
  }
}

/** A plugin that protects the routes of the scope that it is registered in. */
export const requireAuth: FastifyPluginCallback<Options>;
