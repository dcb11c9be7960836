#!/bin/sh
# target.sh [FOLDER]: the target directory of the package in FOLDER, or of this one, as cargo has it from the environment or
# from a configuration file. Without cargo, which `sudo make install` may not find: what the environment says, else target.
set -eu
cd "${1:-$(dirname "$0")/../../..}"
target=${CARGO_TARGET_DIR:-${CARGO_BUILD_TARGET_DIR:-}}
[ -n "$target" ] || target=$("${CARGO:-cargo}" metadata --no-deps --offline --format-version 1 2>/dev/null |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
case $target in
    /*) echo "$target" ;;
    *) echo "$PWD/${target:-target}" ;;
esac
