#!/bin/sh
# Builds the service's double, and prints where cargo has put the program.
set -eu
cd "$(dirname "$0")/../.."
made=$("${CARGO:-cargo}" build --quiet -p fake-tesseral --message-format json-render-diagnostics)
printf '%s\n' "$made" | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
