// A Worker that runs the vectors of a request's body. The path has their name, and the answer is the report.

import { runVectors } from "./vectors.mjs";
import module from "tesseral-verify-wasm/tesseral_verify.wasm";

export default {
  async fetch(request) {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    return Response.json(runVectors(name, module, await request.json()));
  },
};
