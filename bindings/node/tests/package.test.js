"use strict";
// What npm installs: the tarballs, unpacked as npm does it.

const assert = require("node:assert/strict");
const { execFileSync, spawn, spawnSync } = require("node:child_process");
const { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const path = require("node:path");
const test = require("node:test");
const { ROOT, startFake } = require("./fake.js");

const PACKAGE = path.join(__dirname, "..");
let folder;
let fake;

test.before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "tesseral-npm-"));
  execFileSync(path.join(PACKAGE, "pack.sh"), [folder], { stdio: "ignore" });
  for (const tarball of readdirSync(folder).filter((name) => name.endsWith(".tgz"))) {
    const into = path.join(folder, "node_modules", tarball.replace(/-\d.*$/, ""));
    mkdirSync(into, { recursive: true });
    execFileSync("tar", ["-xzf", path.join(folder, tarball), "-C", into, "--strip-components=1"]);
  }
  symlinkSync(path.join(PACKAGE, "node_modules/express"), path.join(folder, "node_modules/express"));
  fake = await startFake();
});

test.after(async () => {
  await fake.stop();
  rmSync(folder, { recursive: true });
});

function manifest(name) {
  return JSON.parse(readFileSync(path.join(folder, "node_modules", name, "package.json"), "utf8"));
}

/** Runs a script in the folder; returns what it prints. */
function run(script, { type = "commonjs", env = {} } = {}) {
  return execFileSync(process.execPath, [`--input-type=${type}`, "-e", script], { cwd: folder, encoding: "utf8", env: { ...process.env, ...env } }).trim();
}

test("no install script, and one optional dependency for each platform", () => {
  const { optionalDependencies, version, ...main } = manifest("tesseral-verify");
  const cargo = readFileSync(path.join(ROOT, "Cargo.toml"), "utf8").match(/^version = "(.*)"$/m)[1];
  assert.equal(version, cargo);
  assert.deepEqual([main.scripts, main.dependencies, main.devDependencies], [undefined, undefined, undefined]);
  const platforms = readdirSync(path.join(folder, "node_modules")).filter((name) => name.startsWith("tesseral-verify-"));
  assert.ok(platforms.length >= 1);
  assert.deepEqual(Object.keys(optionalDependencies).sort(), platforms.sort());
  for (const name of platforms) {
    const found = manifest(name);
    const [, system, cpu, libc] = name.match(/^tesseral-verify-(\w+)-(\w+)-(\w+)$/);
    assert.deepEqual([found.os, found.cpu, found.libc], [[system], [cpu], [libc === "gnu" ? "glibc" : libc]]);
    assert.deepEqual([found.version, optionalDependencies[name], found.scripts], [cargo, cargo, undefined]);
    const files = readdirSync(path.join(folder, "node_modules", name)).sort();
    assert.deepEqual(files, ["LICENSE-APACHE", "LICENSE-MIT", "package.json", "tesseral_verify.node"]);
  }
});

test("the lock file names no registry", () => {
  assert.doesNotMatch(readFileSync(path.join(PACKAGE, "package-lock.json"), "utf8"), /"resolved"/);
});

test("each addon needs Node.js and the C library alone, and shows what Node.js looks for", () => {
  for (const name of readdirSync(path.join(PACKAGE, "platforms"))) {
    const addon = path.join(PACKAGE, "platforms", name, "tesseral_verify.node");
    let symbols;
    try {
      symbols = execFileSync("readelf", ["--dyn-syms", "--wide", addon], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    } catch {
      continue; // not built
    }
    const rows = [...symbols.matchAll(/ (GLOBAL|WEAK) +\w+ +(UND|\d+) ([\w.]+)/g)].map(([, , place, symbol]) => ({ place, symbol }));
    const shown = rows.filter(({ place }) => place !== "UND").map(({ symbol }) => symbol);
    assert.deepEqual(
      shown.filter((symbol) => !/^_(init|fini)$/.test(symbol)),
      ["napi_register_module_v1", "node_api_module_get_api_version_v1"],
      name,
    );
    const libc = /^(calloc|clock_gettime|free|getauxval|malloc|memchr|memcmp|bcmp|memcpy|memmove|memset|posix_memalign|realloc|__stack_chk_fail)$/;
    const linker = /^(_ITM_\w+|__gmon_start__|__cxa_finalize|__deregister_frame_info|__register_frame_info)$/;
    const needed = rows.filter(({ place }) => place === "UND").map(({ symbol }) => symbol);
    assert.deepEqual(needed.filter((symbol) => !symbol.startsWith("napi_") && !libc.test(symbol) && !linker.test(symbol)), [], name);
    const dynamic = execFileSync("readelf", ["--dynamic", "--wide", addon], { encoding: "utf8" });
    const libraries = [...dynamic.matchAll(/NEEDED.*\[(.*)\]/g)].map(([, library]) => library);
    assert.ok(libraries.every((library) => /^libc\./.test(library)), `${name}: ${libraries}`);
    assert.equal(libraries.includes("libc.so.6"), name.endsWith("-gnu"), `${name}: ${libraries}`);
  }
});

test("require and import give one module", () => {
  const entries = Object.keys(manifest("tesseral-verify").exports).filter((entry) => !/middleware$|json$/.test(entry));
  assert.equal(entries.length, 6);
  for (const entry of entries) {
    const name = `tesseral-verify${entry.slice(1)}`;
    const script = `
      import * as imported from "${name}";
      import { createRequire } from "node:module";
      const required = createRequire(process.cwd() + "/x")("${name}");
      const names = Object.keys(required).sort();
      console.log(names.length > 0 && String(Object.keys(imported).sort()) === String(names) && names.every((one) => imported[one] === required[one]));`;
    assert.equal(run(script, { type: "module" }), "true", name);
  }
  assert.equal(run('try { require("tesseral-verify/lib/native.js"); } catch (error) { console.log(error.code); }'), "ERR_PACKAGE_PATH_NOT_EXPORTED");
});

test("the program of the README's first screen", async () => {
  const readme = readFileSync(path.join(PACKAGE, "README.md"), "utf8");
  const [, program] = readme.match(/<<'END'\n([^]*?)\nEND\n/);
  const given = `publishableKey: "${fake.publishableKey}", configApiHostname: "${fake.host}"`;
  const app = program.replace('publishableKey: "publishable_key_xxx"', given).replace("app.listen(8000)", "const s = app.listen(0, () => console.log(s.address().port))");
  assert.ok(app.includes(given) && app.includes("listen(0"));
  const child = spawn(process.execPath, ["-e", app], { cwd: folder, env: { ...process.env, NODE_EXTRA_CA_CERTS: fake.caFile } });
  const port = await new Promise((resolve) => child.stdout.once("data", (text) => resolve(Number(text))));
  const get = async (token) => {
    const answer = await fetch(`http://127.0.0.1:${port}/me`, { headers: { authorization: `Bearer ${token}` } });
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await get(await fake.token()), [200, "user0@example.com"]);
  assert.deepEqual(await get(await fake.token({ tampered: 1 })), [401, "Unauthorized"]);
  child.kill();
});

test("what the README's first screen says to type without a project", () => {
  const readme = readFileSync(path.join(PACKAGE, "README.md"), "utf8");
  const [, program] = readme.match(/<<'END'\n([^]*?)\nEND\n/);
  const [, commands] = readme.match(/\*\*Without a project[^]*?```sh\n([^]*?)```/);
  // A port that was free a moment ago.
  const port = run('require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); this.close(); })');
  writeFileSync(path.join(folder, "app.js"), program.replace("8000", port));
  // A busy machine may need longer than a second to start the server.
  const script = commands.replaceAll(":8000", `:${port}`).replaceAll("curl -i", "curl -i --retry 9 --retry-delay 1 --retry-connrefused");
  // A session of its own, which ends with all that it has started.
  const shell = spawnSync("setsid", ["sh", "-euc", `trap "kill -- -$$" EXIT\n${script}`], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, CHECKOUT: ROOT },
  });
  assert.deepEqual(shell.stdout.match(/HTTP\/1.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 401"], shell.stderr);
});

test("the other code of the README parses", () => {
  const readme = readFileSync(path.join(PACKAGE, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, block]) => block);
  assert.ok(blocks.length >= 5);
  for (const block of blocks) {
    const file = path.join(folder, /^(import|export) /m.test(block) ? "block.mjs" : "block.cjs");
    writeFileSync(file, block);
    execFileSync(process.execPath, ["--check", file]);
    for (const [, list, , entry] of block.matchAll(/(?:const|import) \{ ([\w, ]+) \} (= require\(|from )"(tesseral-verify[\w/]*)"/g)) {
      const exported = JSON.parse(run(`console.log(JSON.stringify(Object.keys(require("${entry}"))))`));
      assert.deepEqual(list.split(", ").filter((name) => !exported.includes(name)), [], entry);
    }
  }
});

/** A package next, with what auth() uses of it. */
function installNext() {
  const next = path.join(folder, "node_modules/next");
  mkdirSync(next, { recursive: true });
  writeFileSync(path.join(next, "package.json"), '{"name":"next","version":"15.0.0"}');
  writeFileSync(path.join(next, "headers.js"), "exports.headers = async () => new Headers(JSON.parse(process.env.HEADERS));");
  writeFileSync(
    path.join(next, "navigation.js"),
    'exports.notFound = () => { throw new Error("NOT FOUND"); }; exports.redirect = (url) => { throw new Error("REDIRECT " + url); };',
  );
}

test("auth() of Next.js verifies the credential itself", async () => {
  installNext();
  const token = await fake.token({ action: "a.b.c" });
  const payload = token.split(".")[1];
  const expired = await fake.token({ expired: 1 });
  const config = await (await fetchConfig()).json();
  /** What each call says, one after the other in one process. */
  const calls = (given, more) =>
    run(
      `const { auth } = require("tesseral-verify/nextjs/serverside");
       (async () => {
         for (const [headers, or] of ${JSON.stringify(given)}) {
           process.env.HEADERS = JSON.stringify(headers);
           try {
             const { organizationId, credentialsType, accessTokenClaims, credentials, hasPermission } = await auth({ or });
             console.log(credentialsType, organizationId, accessTokenClaims?.user.email, credentials.length, hasPermission("a.b.c"), hasPermission("a.b"));
           } catch (error) {
             console.log(error.slug ?? error.message);
           }
         }
         process.exit();
       })();`,
      {
        env: {
          NODE_EXTRA_CA_CERTS: fake.caFile,
          NEXT_PUBLIC_TESSERAL_PUBLISHABLE_KEY: fake.publishableKey,
          NEXT_PUBLIC_TESSERAL_CONFIG_API_HOSTNAME: fake.host,
          ...more,
        },
      },
    ).split("\n");

  const good = [{ authorization: `Bearer ${token}` }, { cookie: `${fake.cookieName}=${token}` }];
  const ways = ["throw", "redirect", "return_404"];
  for (const found of calls(good.flatMap((headers) => ways.map((or) => [headers, or])))) {
    assert.match(found, new RegExp(`^access_token org_\\w+ user0@example.com ${token.length} true false$`));
  }
  // What a client sends that knows that a middleware is skipped, or that it hands on what it has found.
  const forged = {
    "x-middleware-subrequest": "middleware:middleware:middleware:middleware:middleware",
    "x-tesseral-organization-id": "org_1",
    "x-tesseral-claims": payload,
    "x-middleware-request-authorization": `Bearer ${token}`,
    "x-middleware-override-headers": "authorization",
  };
  const bad = [{}, { authorization: `Bearer ${expired}` }, { ...forged, authorization: "Bearer a.b.c" }, { ...forged, cookie: "a=b" }];
  assert.deepEqual(calls(bad.map((headers) => [headers, "throw"])), ["credentials_missing", "token_expired", "token_malformed", "credentials_missing"]);
  assert.deepEqual(new Set(calls(bad.map((headers) => [headers, "redirect"]))), new Set([`REDIRECT https://${config.vaultDomain}/login`]));
  assert.deepEqual(new Set(calls(bad.map((headers) => [headers, "return_404"]))), new Set(["NOT FOUND"]));
  const key = [{ authorization: `Bearer ${fake.apiKey}` }, "throw"];
  const [off, otherwise] = calls([key, [{}, "else"]]);
  assert.equal(off, "credentials_unrecognized");
  assert.match(otherwise, /^auth\(\) takes /);
  assert.match(calls([key], { TESSERAL_AUTH_ENABLE_API_KEYS: "1", TESSERAL_BACKEND_API_KEY: "" })[0], /TESSERAL_BACKEND_API_KEY/);
  assert.match(calls([key], { NEXT_PUBLIC_TESSERAL_PUBLISHABLE_KEY: "" })[0], /NEXT_PUBLIC_TESSERAL_PUBLISHABLE_KEY/);
});

test("authMiddleware needs nothing that Edge lacks, and refuses", async () => {
  const file = path.join(folder, "node_modules/tesseral-verify/nextjs/middleware.mjs");
  assert.doesNotMatch(readFileSync(file, "utf8"), /^import |require\(|process\.|Buffer/m);
  const { authMiddleware } = await import(file);
  const { Authenticator, Verifier } = require("../index.js");
  const verifier = new Verifier(await (await fetchConfig()).text());
  const authenticator = new Authenticator(fake.options());
  const token = await fake.token();
  const request = (token) => ({ headers: new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` }) });
  const login = "https://vault.example.com/login";
  for (const [given, status, to] of [
    [token, undefined, undefined],
    [undefined, 401, 307],
    [await fake.token({ expired: 1 }), 401, 307],
    [await fake.token({ tampered: 1 }), 401, 307],
    ["a.b.c", 401, 307],
  ]) {
    assert.equal((await authMiddleware({ verifier })(request(given)))?.status, status);
    assert.equal((await authMiddleware({ verifier: authenticator })(request(given)))?.status, status);
    const answer = await authMiddleware({ verifier, login })(request(given));
    assert.deepEqual([answer?.status, answer?.headers.get("location") ?? undefined], [to, to && login]);
  }
  // A key that the document lacks is left to auth(), which fetches.
  await fake.command("rotate");
  assert.equal(await authMiddleware({ verifier })(request(await fake.token())), undefined);
  for (const authenticate of [() => { throw new Error("x"); }, () => Promise.reject(new Error("x"))]) {
    assert.equal((await authMiddleware({ verifier: { authenticate } })(request(token))).status, 500);
  }
  assert.throws(() => authMiddleware({}), TypeError);
  authenticator.close();
});

function fetchConfig() {
  return fake.fetch(`https://${fake.host}/v1/config/${fake.publishableKey}`, { method: "GET" }).then(({ body }) => new Response(ReadableStream.from(body)));
}
