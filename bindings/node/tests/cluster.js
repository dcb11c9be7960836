"use strict";
// A server with two workers. Each gets good tokens and a tampered one; the primary prints the statuses.

const cluster = require("node:cluster");
const { readFileSync } = require("node:fs");
const http = require("node:http");
const { requireAuth } = require("../http.js");
const { send } = require("./apps.js");
const { fetchTrusting } = require("./fake.js");

const { options, caFile, token, tampered } = JSON.parse(process.argv[2]);

if (cluster.isPrimary) {
  let left = 2;
  for (let i = 0; i < 2; i++) {
    const worker = cluster.fork();
    worker.on("message", async (port) => {
      for (const one of [token, token, tampered, token]) {
        const { status } = await send(port, { url: "/", method: "GET", headers: [["Authorization", `Bearer ${one}`]] });
        console.log(status);
      }
      worker.kill();
      if (--left === 0) process.exit();
    });
  }
} else {
  const listener = requireAuth({ ...options, fetch: fetchTrusting(readFileSync(caFile)) }, (req, res) => res.end());
  // A port of its own, so that the primary reaches each worker.
  const server = http.createServer(listener);
  server.listen({ port: 0, host: "127.0.0.1", exclusive: true }, () => process.send(server.address().port));
}
