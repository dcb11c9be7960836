// Compiled with tsc --strict, and not run: what applications write.
import http from "node:http";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import {
  AccessTokenAuthenticator,
  ApiKeyLookup,
  type Auth,
  Authenticator,
  InvalidAccessTokenError,
  TesseralError,
  Verifier,
  type AccessTokenClaims,
} from "tesseral-verify";
import { NotAnAccessTokenError, accessTokenClaims, credentials, credentialsType, hasPermission, organizationId, requireAuth, requirePermission } from "tesseral-verify/express";
import * as onFastify from "tesseral-verify/fastify";
import * as onHono from "tesseral-verify/hono";
import * as onHttp from "tesseral-verify/http";
import { auth } from "tesseral-verify/nextjs/serverside";
import { authMiddleware } from "tesseral-verify/nextjs/middleware";

const app = express();
app.use(requireAuth({ publishableKey: "publishable_key_x", configApiHostname: "config.example.com", jwksRefreshIntervalSeconds: 60, wwwAuthenticate: true }));
app.get("/", requirePermission("a.b.c"), (req, res) => {
  const organization: string = organizationId(req);
  const type: "access_token" | "api_key" = credentialsType(req);
  try {
    const claims: AccessTokenClaims = accessTokenClaims(req);
    const name: string | undefined = claims.user.displayName;
    res.json({ organization, type, name, secret: credentials(req), may: hasPermission(req, "a.b.c") });
  } catch (error) {
    if (error instanceof NotAnAccessTokenError) res.sendStatus(409);
  }
});
// @ts-expect-error: the publishable key is required
requireAuth({});

const fastify = Fastify();
fastify.register(onFastify.requireAuth, { publishableKey: "x" });
fastify.get("/", async (request) => request.auth?.organizationId ?? onFastify.organizationId(request));

const hono = new Hono<{ Variables: { auth: Auth } }>();
hono.use(onHono.requireAuth({ publishableKey: "x" }));
hono.get("/", (c) => c.text(c.get("auth").organizationId));

http.createServer(onHttp.requireAuth({ publishableKey: "x" }, (req: http.IncomingMessage, res: http.ServerResponse) => res.end(onHttp.organizationId(req))));

const verifier = new Verifier("{}", { leewaySeconds: 5 });
const found: Auth | ApiKeyLookup = verifier.authenticate({ authorization: "Bearer x", cookie: undefined });
if (!(found instanceof ApiKeyLookup)) found.accessTokenClaims?.actions?.includes("a.b.c");
// @ts-expect-error: claims are read-only
verifier.verifyToken("x").organizationId = "org_x";

export const middleware = authMiddleware({ verifier, login: "https://vault.example.com/login" });
export const proxy = authMiddleware({ verifier: new Authenticator({ publishableKey: "x" }) });

export async function use(request: Request): Promise<string> {
  const authenticator = new Authenticator({ publishableKey: "x", apiKeysEnabled: true, fetch: globalThis.fetch });
  try {
    const sender = await authenticator.authenticate(request.headers);
    await authenticator.authenticate([["cookie", "a=b"]]);
    return sender.organizationId;
  } catch (error) {
    if (error instanceof TesseralError) return `${error.httpStatus} ${error.slug}`;
    throw error;
  }
}

export async function claimsOf(accessToken: string): Promise<AccessTokenClaims | undefined> {
  try {
    return await new AccessTokenAuthenticator({ publishableKey: "x" }).authenticateAccessToken({ accessToken, nowUnixSeconds: 0 });
  } catch (error) {
    if (error instanceof InvalidAccessTokenError) return undefined;
    throw error;
  }
}

export async function page(): Promise<string> {
  const { organizationId, accessTokenClaims, hasPermission } = await auth({ or: "redirect" });
  // @ts-expect-error: an API key has no claims
  accessTokenClaims.sub;
  return hasPermission("a.b.c") ? (accessTokenClaims?.user.email ?? organizationId) : organizationId;
}
