// judge.mjs MODULE FOLDER: runs the program in C with the project and the tokens of this folder.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const [file, folder] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(file));
assert.deepEqual(WebAssembly.Module.imports(module), []);
const { memory, input, judge } = new WebAssembly.Instance(module).exports;
const document = readFileSync(`${folder}/config.json`);
const now = Math.floor(Date.now() / 1000);
for (const [name, status] of [["token", 0], ["tampered", 4001], ["expired", 5001]]) {
  const token = Buffer.from(readFileSync(`${folder}/${name}`, "utf8").trim());
  const octets = new Uint8Array(memory.buffer, input());
  octets.set(document);
  octets.set(token, document.length);
  assert.equal(judge(document.length, token.length, now), status, name);
}
console.log("wasm archive: a program in C judged 3 tokens");
