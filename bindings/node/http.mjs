import all from "./http.js";

export const {
  requireAuth,
  organizationId,
  accessTokenClaims,
  credentials,
  hasPermission,
  credentialsType,
  NotAnAccessTokenError,
} = all;
