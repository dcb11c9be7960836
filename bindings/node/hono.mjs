import all from "./hono.js";

export const {
  requireAuth,
  organizationId,
  accessTokenClaims,
  credentials,
  hasPermission,
  credentialsType,
  NotAnAccessTokenError,
} = all;
