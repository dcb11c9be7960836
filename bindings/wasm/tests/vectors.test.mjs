// The shared vectors under Node.

import { test } from "node:test";
import { checkReport, module, vectorsOf } from "./support.mjs";
import { VECTORS, runVectors } from "./runtimes/vectors.mjs";

for (const name of Object.keys(VECTORS)) {
  test(name, (t) => {
    const vectors = vectorsOf(name);
    if (vectors === undefined) return t.skip("TESSERAL_VECTORS is not set");
    checkReport(name, runVectors(name, module, vectors));
  });
}
