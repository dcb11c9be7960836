#!/bin/sh
# pack.sh FOLDER [PLATFORM...]: packs the package and those of platforms that build.sh has built, as tarballs. Without platforms: that
# of this machine. The package names these platforms as optional dependencies, and no others. Otherwise npm would ask the registry
# for packages that nobody has published. npm installs the one whose os, cpu and libc are those of the machine.
set -eu
cd "$(dirname "$0")"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
[ $# -ne 0 ] || set -- "$(./build.sh --this)"
staged=$(mktemp -d)
trap 'rm -rf "$staged" "$staged".*' EXIT

rm -f "$folder"/tesseral-verify-*.tgz
cp -R ./*.js ./*.mjs ./*.d.ts ./*.d.mts lib nextjs README.md ../../LICENSE-MIT ../../LICENSE-APACHE "$staged/"
node - "$staged/package.json" "$@" <<'END'
const { readFileSync, writeFileSync } = require("node:fs");
const [to, ...platforms] = process.argv.slice(2);
const { devDependencies, ...manifest } = JSON.parse(readFileSync("package.json", "utf8"));
manifest.optionalDependencies = {};
for (const platform of platforms) {
  const path = `platforms/${platform}/package.json`;
  const { name, version } = JSON.parse(readFileSync(path, "utf8"));
  if (version !== manifest.version) throw new Error(`${path}: the version is not ${manifest.version}`);
  manifest.optionalDependencies[name] = version;
}
writeFileSync(to, JSON.stringify(manifest, null, 2) + "\n");
END
npm pack --silent --pack-destination "$folder" "$staged"
for platform in "$@"; do
    mkdir "$staged.$platform"
    cp ../../LICENSE-MIT ../../LICENSE-APACHE "platforms/$platform/tesseral_verify.node" "platforms/$platform/package.json" "$staged.$platform/"
    npm pack --silent --pack-destination "$folder" "$staged.$platform"
done
