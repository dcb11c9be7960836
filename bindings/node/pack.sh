#!/bin/sh
# pack.sh FOLDER: packs the package and those of the platforms that were built, as tarballs. The package names those platforms as
# optional dependencies, and no others, so that npm asks no registry for a name that nobody has published; npm installs the one
# whose os, cpu and libc are those of the machine.
set -eu
cd "$(dirname "$0")"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT

rm -f "$folder"/tesseral-verify-*.tgz
cp -R ./*.js ./*.mjs ./*.d.ts ./*.d.mts lib nextjs README.md ../../LICENSE-MIT ../../LICENSE-APACHE "$staged/"
node - "$staged/package.json" platforms/*/tesseral_verify.node <<'END'
const { readFileSync, writeFileSync } = require("node:fs");
const [to, ...platforms] = process.argv.slice(2);
const { devDependencies, ...manifest } = JSON.parse(readFileSync("package.json", "utf8"));
manifest.optionalDependencies = {};
for (const addon of platforms) {
  const path = addon.replace(/[^/]*$/, "package.json");
  const { name, version } = JSON.parse(readFileSync(path, "utf8"));
  if (version !== manifest.version) throw new Error(`${path}: the version is not ${manifest.version}`);
  manifest.optionalDependencies[name] = version;
}
writeFileSync(to, JSON.stringify(manifest, null, 2) + "\n");
END
npm pack --silent --pack-destination "$folder" "$staged"
for platform in platforms/*; do
    [ -f "$platform/tesseral_verify.node" ] || continue
    cp ../../LICENSE-MIT ../../LICENSE-APACHE "$platform/"
    npm pack --silent --pack-destination "$folder" "./$platform"
    rm "$platform/LICENSE-MIT" "$platform/LICENSE-APACHE"
done
