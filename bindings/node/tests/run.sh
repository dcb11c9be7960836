#!/bin/sh
# Builds the addon, and tests the package. With --build, it only builds; with --full, it runs what takes long.
set -eu
cd "$(dirname "$0")/.."
root=$(cd ../.. && pwd)

# What the tests need, as package-lock.json says. It is installed again when that file has changed.
if ! cmp -s package-lock.json node_modules/installed-lock.json; then
    npm ci --ignore-scripts --silent
    cp package-lock.json node_modules/installed-lock.json
fi
./build.sh
[ "${1:-}" != --build ] || exit 0
FAKE_TESSERAL=$("$root/tests/fake-tesseral/build.sh")
export FAKE_TESSERAL

if [ "${1:-}" = --full ]; then
    node --expose-gc tests/leak.js 600
    node tests/load.js 60
    exit
fi
echo "node: $(node --version)"
logs=$(mktemp -d)
trap 'rm -r "$logs"' EXIT

# beside NAME COMMAND...: runs a command beside the others, with a log of its own.
beside() {
    name=$1
    shift
    { "$@" >"$logs/$name" 2>&1 || touch "$logs/$name.failed"; } &
}

beside types node_modules/.bin/tsc -p tests
beside leak node --expose-gc tests/leak.js 30
beside load node tests/load.js 5
beside tests node --test --test-reporter=tap tests/*.test.js
wait
for failed in "$logs"/*.failed; do
    [ -e "$failed" ] || continue
    cat "${failed%.failed}"
    exit 1
done
cat "$logs/types" "$logs/leak" "$logs/load"
# What was counted, and how many tests ran.
grep -E '^ *# (vectors|trace|compat|tests|pass|skipped|[0-9])' "$logs/tests"
! grep -qx '# pass 0' "$logs/tests"
