// Runs in Deno, without any permission: the vectors come from standard input, and the reports go to standard output.

import { runVectors } from "./vectors.mjs";
import source module from "tesseral-verify-wasm/tesseral_verify.wasm";

const vectors = await new Response(Deno.stdin.readable).json();
const reports = Object.entries(vectors).map(([name, data]) => [name, runVectors(name, module, data)]);
console.log(JSON.stringify(Object.fromEntries(reports)));
