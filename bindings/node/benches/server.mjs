// server.mjs NAME CONFIG: one of the servers that servers.mjs measures. It prints its port.

import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import express from "express";
import { createVerifier } from "fast-jwt";
import Fastify from "fastify";
import { createLocalJWKSet, jwtVerify } from "jose";
import { requireAuth as onExpress } from "../express.mjs";
import { requireAuth as onFastify } from "../fastify.mjs";
import { Verifier } from "../index.mjs";

const [name, config] = process.argv.slice(2);
const document = readFileSync(config);
const { keys } = JSON.parse(document);
const { issuer } = new Verifier(document);
const options = { publishableKey: "publishable_key_x", fetch: async () => ({ status: 200, body: [document] }) };

const set = createLocalJWKSet({ keys });
const pem = createPublicKey({ key: keys[0], format: "jwk" }).export({ type: "spki", format: "pem" });
const fast = createVerifier({ key: pem, algorithms: ["ES256"], allowedIss: issuer, allowedAud: issuer, cache: 1000 });
const tokenOf = (headers) => (headers.authorization?.startsWith("Bearer ") ? headers.authorization.slice(7) : "");

function expressApp() {
  const app = express();
  if (name === "express_ours") app.use(onExpress(options));
  if (name === "express_jose") {
    app.use(async (req, res, next) => {
      try {
        req.auth = (await jwtVerify(tokenOf(req.headers), set, { issuer, audience: issuer, algorithms: ["ES256"] })).payload;
      } catch {
        return res.sendStatus(401);
      }
      next();
    });
  }
  app.get("/", (req, res) => res.json({ ok: true }));
  const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
}

async function fastifyApp() {
  const app = Fastify();
  if (name === "fastify_ours") app.register(onFastify, options);
  if (name === "fastify_fast_jwt") {
    app.decorateRequest("auth", null);
    app.addHook("onRequest", (request, reply, done) => {
      try {
        request.auth = fast(tokenOf(request.headers));
      } catch {
        return reply.code(401).send("Unauthorized");
      }
      done();
    });
  }
  app.get("/", async () => ({ ok: true }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  console.log(app.server.address().port);
}

if (name.startsWith("express")) expressApp();
else fastifyApp();
