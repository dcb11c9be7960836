#!/bin/sh
# Builds the module and the service's double, and runs the module's tests; arguments choose some by a word of their name.
set -eu
cd "$(dirname "$0")/../../.."
PATH=$PATH:/usr/sbin
bindings/nginx/build.sh
FAKE_TESSERAL=$(tests/fake-tesseral/build.sh)
export FAKE_TESSERAL
python3 bindings/nginx/t/run.py --jobs 3 "$@"
[ $# -gt 0 ] || bindings/nginx/t/static.sh
