import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Options } from "./lib/middleware.js";

export { NotAnAccessTokenError } from "./index.js";
export { accessTokenClaims, credentials, credentialsType, hasPermission, organizationId } from "./lib/middleware.js";
export type { Options } from "./lib/middleware.js";

/** A request listener that passes requests with a good credential on to another one. */
export function requireAuth<Request extends IncomingMessage | Http2ServerRequest, Response extends ServerResponse | Http2ServerResponse>(
  options: Options,
  listener: (req: Request, res: Response) => void,
): (req: Request, res: Response) => void;
