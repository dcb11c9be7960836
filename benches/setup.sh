#!/bin/sh
# Installs what the benchmarks want from Debian: as root does it, else says what is missing.
#
# libssl-dev (peer openssl), libjwt-dev (peer libjwt), cmake (aws-lc-rs), util-linux (taskset), valgrind (callgrind.sh)
set -eu

missing() {
    for package in cc:gcc cmake:cmake pkg-config:pkg-config taskset:util-linux valgrind:valgrind; do
        command -v "${package%%:*}" >/dev/null || echo "${package##*:}"
    done
    for package in libjwt:libjwt-dev openssl:libssl-dev; do
        pkg-config --exists "${package%%:*}" 2>/dev/null || echo "${package##*:}"
    done
}

wanted=$(missing | tr '\n' ' ')
[ -n "$wanted" ] || exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq || true
    # One at a time, so that a package that cannot be installed keeps no other away. Without libjwt-dev, one peer is left out.
    for package in $wanted; do
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null ||
            echo "setup: no $package" >&2
    done
else
    echo "setup: not root; for all peers install: $wanted" >&2
fi
