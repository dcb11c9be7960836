// The module in realms that have nothing but the language, WebAssembly and two interfaces of the web: it must not need more of
// any runtime. The tests in Deno and in workerd are in the folder runtimes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";
import * as own from "tesseral-verify-wasm";
import { PACKAGE, goodToken, module, wasm } from "./support.mjs";

const source = readFileSync(new URL("tesseral_verify.js", PACKAGE), "utf8");
const good = goodToken();

/** The ES module in a realm of its own that has these globals alone. */
async function inRealm(globals) {
  const context = vm.createContext(globals, { codeGeneration: { strings: false, wasm: globals.compiles ?? false } });
  const loaded = new vm.SourceTextModule(source, { context });
  await loaded.link((name) => assert.fail(`the module imports ${name}`));
  await loaded.evaluate();
  return loaded.namespace;
}

function check({ Verifier }, compiled) {
  const verifier = new Verifier(compiled, good.document, good.options);
  const auth = verifier.authenticate(new Headers({ authorization: `Bearer ${good.token}` }), good.now);
  assert.equal(auth.credentialsType, "access_token");
  assert.throws(() => verifier.verifyToken("a.b.c", good.now), { slug: "token_malformed" });
}

test("as in Workers: the WebAssembly is imported as a module, and code may not be compiled", async () => {
  const realm = await inRealm({ TextEncoder, TextDecoder });
  check(realm, await realm.compile(module));
  check(realm, module); // of another realm
});

test("as in browsers: the WebAssembly is fetched", async () => {
  const realm = await inRealm({ TextEncoder, TextDecoder, compiles: true });
  const response = () => new Response(wasm, { headers: { "content-type": "application/wasm" } });
  check(realm, await realm.compile(response()));
  check(realm, await realm.compile(Promise.resolve(response())));
  check(realm, await realm.compile(new Blob([wasm])));
});

test("octets, in every form", async () => {
  const buffer = wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength);
  for (const form of [wasm, buffer, new DataView(buffer), Promise.resolve(wasm)]) check(own, await own.compile(form));
  await assert.rejects(own.compile(new Uint8Array(8)), WebAssembly.CompileError);
  await assert.rejects(own.compile(undefined), TypeError);
});

test("the WebAssembly imports nothing and exports only its own functions", () => {
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  const linkers = ["memory", "__data_end", "__heap_base"];
  assert.deepEqual(names.filter((name) => !name.startsWith("tesseral_") && !linkers.includes(name)), []);
  for (const name of names) assert.ok(linkers.includes(name) || source.includes(name), `nothing calls ${name}`);
});

test("the size of what is shipped", async () => {
  const { gzipSync } = await import("node:zlib");
  const raw = wasm.length + source.length;
  console.log(`size raw ${raw}, gzipped ${gzipSync(wasm).length + gzipSync(source).length}`);
  assert.ok(raw <= 150_000, `${raw}`);
});
