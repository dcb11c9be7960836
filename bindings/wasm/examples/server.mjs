// node server.mjs config.json [PORT]: an HTTP server that lets requests with a good credential through.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { compile, TesseralError, Verifier } from "tesseral-verify-wasm";

const [file, port = "8080"] = process.argv.slice(2);
const wasm = await compile(readFile(new URL(import.meta.resolve("tesseral-verify-wasm/tesseral_verify.wasm"))));
const verifier = new Verifier(wasm, await readFile(file));

const server = createServer((request, response) => {
  try {
    // All values of each field: request.headers has only the first Authorization.
    const sender = verifier.authenticate(request.headersDistinct);
    response.end(`${sender.organizationId}\n`);
  } catch (error) {
    if (!(error instanceof TesseralError)) throw error;
    console.log(`request refused: ${error.slug}`);
    response.writeHead(error.httpStatus, { "www-authenticate": "Bearer" }).end();
  }
});
server.listen(Number(port), "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
