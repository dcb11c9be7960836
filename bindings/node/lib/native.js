"use strict";
// Loads the addon of this platform: from the package for it, or from this folder, where a checkout has built it.

const fs = require("node:fs");
const path = require("node:path");

function platform() {
  const { arch, platform: system, report } = process;
  if (system !== "linux") return `${system}-${arch}`;
  // The report says which C library this Node.js runs on, without looking at the network.
  const before = report?.excludeNetwork;
  if (report) report.excludeNetwork = true;
  const glibc = report?.getReport().header.glibcVersionRuntime;
  if (report) report.excludeNetwork = before;
  return `${system}-${arch}-${glibc ? "gnu" : "musl"}`;
}

function load() {
  const name = platform();
  const built = path.join(__dirname, "..", "platforms", name, "tesseral_verify.node");
  if (fs.existsSync(built)) return require(built);
  try {
    return require(`tesseral-verify-${name}`);
  } catch (cause) {
    if (cause?.code !== "MODULE_NOT_FOUND") throw cause;
    throw new Error(
      `tesseral-verify has no addon for ${name} here: install the package tesseral-verify-${name} beside it ` +
        "(it is an optional dependency, so do not install with --omit=optional)",
      { cause },
    );
  }
}

module.exports = load();
