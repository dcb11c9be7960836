# The Worker of the README, the one of the examples and the one that runs the vectors, each on a free port of this machine.
# What they import has the names that it has in the package.

using Workerd = import "/workerd/workerd.capnp";

const date :Text = "2026-11-01";

const config :Workerd.Config = (
  services = [
    (name = "example", worker = (
      compatibilityDate = .date,
      modules = [(name = "worker.js", esModule = embed "../../examples/worker.js"), .package, .wasm],
      bindings = [(name = "TESSERAL", kvNamespace = "network"), (name = "TESSERAL_PUBLISHABLE_KEY", text = "publishable_key_x")],
      globalOutbound = "network",
    )),
    (name = "readme", worker = (
      compatibilityDate = .date,
      # Out of the folder of the project.
      modules = [(name = "worker.js", esModule = embed "/worker.js"), .package, .wasm],
      bindings = [(name = "TESSERAL", kvNamespace = "network")],
      globalOutbound = "nothing",
    )),
    (name = "vectors", worker = (
      compatibilityDate = .date,
      modules = [
        (name = "in_workerd.mjs", esModule = embed "in_workerd.mjs"),
        (name = "vectors.mjs", esModule = embed "vectors.mjs"),
        .package,
        .wasm,
      ],
      globalOutbound = "nothing",
    )),
    (name = "network", worker = (
      compatibilityDate = .date,
      # Lets a Worker start the cron trigger of another one.
      compatibilityFlags = ["service_binding_extra_handlers"],
      modules = [(name = "network.mjs", esModule = embed "network.mjs")],
      bindings = [(name = "EXAMPLE", service = "example")],
      globalOutbound = "nothing",
    )),
    (name = "nothing", network = (allow = [])),
  ],
  sockets = [
    (name = "example", address = "127.0.0.1:0", http = (), service = "example"),
    (name = "readme", address = "127.0.0.1:0", http = (), service = "readme"),
    (name = "vectors", address = "127.0.0.1:0", http = (), service = "vectors"),
    (name = "network", address = "127.0.0.1:0", http = (), service = "network"),
  ],
);

const package :Workerd.Worker.Module =
  (name = "tesseral-verify-wasm", esModule = embed "../../node_modules/tesseral-verify-wasm/tesseral_verify.js");

const wasm :Workerd.Worker.Module =
  (name = "tesseral-verify-wasm/tesseral_verify.wasm",
   wasm = embed "../../node_modules/tesseral-verify-wasm/tesseral_verify.wasm");
