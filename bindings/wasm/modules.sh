#!/bin/sh
# modules.sh FOLDER: installs the packages that FOLDER/package.json names, unless they are there already, beside the built package.
set -eu
folder=$(cd "$1" && pwd)
package=$("$(dirname "$0")/../c/package/target.sh")/wasm
if ! cmp -s "$folder/package.json" "$folder/node_modules/.made_of"; then
    rm -rf "$folder/node_modules"
    (cd "$folder" && npm install --no-package-lock --no-audit --no-fund --loglevel=error >&2)
    cp "$folder/package.json" "$folder/node_modules/.made_of"
fi
ln -sfn "$package" "$folder/node_modules/tesseral-verify-wasm"
