#!/usr/bin/env bash
# Tries /docs of a FastAPI application in headless Chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
../../tools/needs.sh chromium
BENCH=1 tests/run.sh # builds the wheel, and installs it
venv=$(cat target/newest)
FAKE_TESSERAL=$(cat target/fake-tesseral-path)
export FAKE_TESSERAL
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/browser/requirements.txt
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider tests/browser/docs.py "$@"
