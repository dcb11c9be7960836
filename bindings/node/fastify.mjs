import all from "./fastify.js";

export const {
  requireAuth,
  organizationId,
  accessTokenClaims,
  credentials,
  hasPermission,
  credentialsType,
  NotAnAccessTokenError,
} = all;
