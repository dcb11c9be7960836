#!/usr/bin/env bash
# Tries /docs of a FastAPI application in headless Chromium. Needs Debian's packages chromium and chromium-driver; without
# them it says so and fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
for program in chromium chromedriver; do
    if ! command -v "$program" >/dev/null; then
        echo "python: /docs NOT TRIED IN A BROWSER: $program is missing; apt-get install chromium chromium-driver" >&2
        exit 1
    fi
done
BENCH=1 tests/run.sh # builds the wheel, and installs it
venv=$(cat target/newest)
FAKE_TESSERAL=$(cat target/fake-tesseral-path)
export FAKE_TESSERAL
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/browser/requirements.txt
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider tests/browser/docs.py "$@"
