#!/bin/sh
# build.sh [PLATFORM...]: builds the addon for platforms, each into platforms/PLATFORM. Without arguments: for this machine.
# A PLATFORM is linux-x64-gnu, linux-x64-musl or linux-arm64-gnu. With --this, it prints that of this machine.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
target=$("$root/bindings/c/package/target.sh")
node_include=node_modules/node-api-headers/include
[ -f "$node_include/node_api.h" ] || node_include=$(node -p 'require("path").resolve(process.execPath, "../../include/node")')
[ -f "$node_include/node_api.h" ] || { echo "node: node_api.h is missing: run npm ci in bindings/node" >&2; exit 1; }

# core TARGET: builds the freestanding library, in c-TARGET under the target directory, unless it is newer than its sources.
core() {
    if [ -n "$(find "$root/src" "$root/build.rs" "$root/include" "$root/Cargo.toml" -newer "$target/c-$1/lib/libtesseral_verify_core.a" 2>&1 | head -n 1)" ]; then
        "$root/bindings/c/package/core.sh" "$1"
    fi
}

# addon PLATFORM TARGET COMPILER: one shared object, which exports what Node.js looks for and nothing else.
addon() {
    core "$2"
    mkdir -p "platforms/$1"
    "$3" -std=c11 -O3 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Wconversion -Wno-sign-conversion -Werror ${CFLAGS:-} \
        -I "$target/c-$2/include" -I "$node_include" -D_GNU_SOURCE src/*.c "$target/c-$2/lib/libtesseral_verify_core.a" \
        -Wl,-z,now -Wl,-z,relro -Wl,--exclude-libs,ALL -Wl,--gc-sections ${LDFLAGS:-} -o "platforms/$1/addon.new"
    # A program that runs keeps the one that it has loaded.
    mv "platforms/$1/addon.new" "platforms/$1/tesseral_verify.node"
    echo "node: built platforms/$1/tesseral_verify.node"
}

this_machine() {
    node -p '`linux-${process.arch}-${process.report.getReport().header.glibcVersionRuntime ? "gnu" : "musl"}`'
}

if [ "${1:-}" = --this ]; then
    this_machine
    exit
fi
[ $# -ne 0 ] || set -- "$(this_machine)"
for platform in "$@"; do
    case $platform in
        linux-x64-gnu) addon "$platform" x86_64-unknown-linux-gnu "${CC:-cc}" ;;
        linux-x64-musl) addon "$platform" x86_64-unknown-linux-gnu "${MUSL_CC:-musl-gcc}" ;;
        linux-arm64-gnu)
            if [ "$(uname -m)" = aarch64 ]; then compiler=${CC:-cc}; else compiler=${AARCH64_CC:-aarch64-linux-gnu-gcc}; fi
            addon "$platform" aarch64-unknown-linux-gnu "$compiler"
            ;;
        *) echo "node: no addon for $platform" >&2; exit 1 ;;
    esac
done
