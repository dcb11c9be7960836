#!/bin/sh
# Builds what the demonstration needs, and runs it.
set -eu
cd "$(dirname "$0")/../../.."
PATH=$PATH:/usr/sbin
bindings/nginx/build.sh
FAKE_TESSERAL=$(tests/fake-tesseral/build.sh)
export FAKE_TESSERAL
exec python3 bindings/nginx/demo/demo.py
