#!/bin/sh
# Builds what the demonstration needs, and runs it.
set -eu
cd "$(dirname "$0")/../../.."
PATH=$PATH:/usr/sbin
bindings/nginx/build.sh
"${CARGO:-cargo}" build --quiet -p fake-tesseral
exec python3 bindings/nginx/demo/demo.py
