#!/bin/sh
# build.sh: builds the package into wasm under the target directory: the ES module, its types and the WebAssembly.
set -eu
cd "$(dirname "$0")/../.."
target=$(bindings/c/package/target.sh)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
package=$target/wasm
wasm=bindings/wasm
tools/needs.sh rust-src wasm-ld wasm-opt
linker=$(tools/wasm_ld.sh)

mkdir -p "$package"
echo "building tesseral-verify-wasm $version"
# The compiler that the source belongs to, which is not the first on the PATH where rustup is. A target folder of its own: the
# flags would make cargo build everything else anew.
(
    cd "$wasm"
    env -u LD_LIBRARY_PATH "PATH=/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Clinker=$linker" \
        CARGO_TARGET_DIR="$target/core" /usr/bin/cargo build --release --locked --target wasm32-unknown-unknown \
        -Zbuild-std=core,alloc
) >"$package/cargo.log" 2>&1 || { cat "$package/cargo.log" >&2; exit 1; }
rm "$package/cargo.log"
# What rustc emits for this target by default, and Node 18, Deno and Workers have.
wasm-opt -O3 --strip-debug --strip-producers --enable-bulk-memory --enable-sign-ext --enable-mutable-globals \
    --enable-nontrapping-float-to-int --enable-reference-types --enable-multivalue \
    "$target/core/wasm32-unknown-unknown/release/tesseral_verify_wasm.wasm" -o "$package/tesseral_verify.wasm"
# Comments are for readers of the source; editors show those of the types.
sed -e '/^ *\/\/ /d' -e '/^ *\/\*\* .*\*\/$/d' "$wasm/js/tesseral_verify.js" >"$package/tesseral_verify.js"
cp "$wasm/js/"*.d.ts "$wasm/README.md" LICENSE-MIT LICENSE-APACHE "$package/"
sed "s/\"version\": \"[^\"]*\"/\"version\": \"$version\"/" "$wasm/js/package.json" >"$package/package.json"
echo "built in $package"
