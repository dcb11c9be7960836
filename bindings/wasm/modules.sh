#!/bin/sh
# modules.sh FOLDER: installs the packages that FOLDER/package.json names, unless they are there already. The built package goes
# where FOLDER and the examples find it.
set -eu
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")"
package=$(../c/package/target.sh)/wasm
if ! cmp -s "$folder/package.json" "$folder/node_modules/.made_of"; then
    rm -rf "$folder/node_modules"
    (cd "$folder" && npm install --no-package-lock --no-audit --no-fund --loglevel=error >&2)
    cp "$folder/package.json" "$folder/node_modules/.made_of"
fi
mkdir -p node_modules
ln -sfn "$package" node_modules/tesseral-verify-wasm
