"use strict";
// The same application in each framework: /info, /claims, /permission, protected by requireAuth.

const http = require("node:http");

/** What the routes answer: [status, JSON]. `m` has the accessors of a framework's module. */
function answer(m, request, url) {
  const { pathname, searchParams } = new URL(url, "http://x");
  if (pathname === "/info") {
    return [
      200,
      {
        type: m.credentialsType(request),
        organization: m.organizationId(request),
        credentials: m.credentials(request),
        permission: m.hasPermission(request, "app.posts.read"),
      },
    ];
  }
  if (pathname === "/claims") {
    try {
      return [200, m.accessTokenClaims(request)];
    } catch (error) {
      if (!(error instanceof m.NotAnAccessTokenError)) throw error;
      return [409, { error: error.slug }];
    }
  }
  if (pathname === "/permission") {
    const may = m.hasPermission(request, searchParams.get("action"));
    return [may ? 200 : 403, { may }];
  }
  return [404, {}];
}

async function listen(server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, close: () => (server.closeAllConnections?.(), new Promise((resolve) => server.close(resolve))) };
}

const FRAMEWORKS = {
  express5: (options) => listen(http.createServer(expressApp(require("express"), options))),
  express4: (options) => listen(http.createServer(expressApp(require("express4"), options))),
  http(options) {
    const m = require("../http.js");
    return listen(
      http.createServer(
        m.requireAuth(options, (req, res) => {
          const [status, json] = answer(m, req, req.url);
          res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
        }),
      ),
    );
  },
  fastify5: (options) => fastifyServer(require("fastify"), options),
  fastify4: (options) => fastifyServer(require("fastify4"), options),
  async hono(options) {
    const m = require("../hono.js");
    const { Hono } = require("hono");
    const { createAdaptorServer } = require("@hono/node-server");
    const app = new Hono();
    app.use(m.requireAuth(options));
    app.all("/*", (c) => {
      const [status, json] = answer(m, c, c.req.url);
      return c.json(json, status);
    });
    return listen(createAdaptorServer({ fetch: app.fetch }));
  },
};

async function fastifyServer(fastify, options) {
  const m = require("../fastify.js");
  const app = fastify();
  app.register(m.requireAuth, options);
  app.route({
    method: ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"],
    url: "/*",
    handler(request, reply) {
      const [status, json] = answer(m, request, request.url);
      return reply.code(status).send(json);
    },
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: app.server.address().port, close: () => (app.server.closeAllConnections(), app.close()) };
}

function expressApp(express, options) {
  const m = require("../express.js");
  const app = express();
  app.use(m.requireAuth(options));
  app.use((req, res) => {
    const [status, json] = answer(m, req, req.url);
    res.status(status).json(json);
  });
  return app;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** Sends a request: { status, headers, body }. `headers`: [name, value] pairs, of which names may repeat. */
function send(port, { url, method, headers }) {
  return new Promise((resolve, reject) => {
    const flat = [["Host", `127.0.0.1:${port}`], ...headers].flat();
    const request = http.request({ port, host: "127.0.0.1", path: url, method, headers: flat, agent }, (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces).toString() }));
    });
    request.on("error", reject);
    request.end();
  });
}

module.exports = { FRAMEWORKS, expressApp, listen, send };
