#!/bin/sh
# run.sh: builds an application for Next.js 15 and 16 with the packages as npm packs them, with each bundler, and sends requests to it.
# next15 and next16 say which versions. What is built goes into nextjs under the target directory.
set -eu
cd "$(dirname "$0")"
root=$(cd ../../../.. && pwd)
target=$("$root/bindings/c/package/target.sh")
packages=$target/nextjs/packages

"$root/bindings/node/tests/run.sh" --build
"$root/bindings/wasm/build.sh"
rm -rf "$packages"
"$root/bindings/node/pack.sh" "$packages"
npm pack --silent --pack-destination "$packages" "$target/wasm"
for next in next15 next16; do
    application=$target/nextjs/$next
    mkdir -p "$application"
    cp "$next/package.json" "$next/package-lock.json" "$application/"
    (
        cd "$application"
        if ! cmp -s package-lock.json node_modules/installed-lock.json; then
            npm ci --ignore-scripts --no-audit --no-fund --silent
            cp package-lock.json node_modules/installed-lock.json
        fi
        rm -rf node_modules/tesseral-verify*
        npm install --no-save --offline --ignore-scripts --no-audit --no-fund --silent "$packages"/*.tgz
    )
done
FAKE_TESSERAL=$("$root/tests/fake-tesseral/build.sh")
export FAKE_TESSERAL NEXT_TELEMETRY_DISABLED=1
node applications.mjs "$target/nextjs"
