import all from "./express.js";

export const {
  requireAuth,
  requirePermission,
  organizationId,
  accessTokenClaims,
  credentials,
  hasPermission,
  credentialsType,
  NotAnAccessTokenError,
} = all;
