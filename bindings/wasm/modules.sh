#!/bin/sh
# modules.sh FOLDER: installs the packages that FOLDER/package.json names, unless they are there already: the versions of
# FOLDER/package-lock.json, and none of their scripts, where that file is. The built package goes where FOLDER and the examples
# find it.
set -eu
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")"
package=$(../c/package/target.sh)/wasm
list=$folder/package.json
how='install --no-package-lock'
if [ -f "$folder/package-lock.json" ]; then
    list=$folder/package-lock.json
    how='ci --ignore-scripts'
fi
if ! cmp -s "$list" "$folder/node_modules/.made_of"; then
    rm -rf "$folder/node_modules"
    # shellcheck disable=SC2086 # words
    (cd "$folder" && npm $how --no-audit --no-fund --loglevel=error >&2)
    cp "$list" "$folder/node_modules/.made_of"
fi
mkdir -p node_modules
ln -sfn "$package" node_modules/tesseral-verify-wasm
