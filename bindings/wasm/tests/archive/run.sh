#!/bin/sh
# run.sh: links a program in C for WebAssembly with the archive of `make core TARGET=wasm32-unknown-unknown`, and runs it in Node.
set -eu
cd "$(dirname "$0")/../../../.."
tools/needs.sh clang wasm-ld node
bindings/c/package/core.sh wasm32-unknown-unknown >/dev/null
built=$(bindings/c/package/target.sh)/c-wasm32-unknown-unknown
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
"$(tests/fake-tesseral/build.sh)" mint --out "$folder" >/dev/null
clang --target=wasm32 -O2 -ffreestanding -nostdlib -Wall -Wextra -Werror -I "$built/include" \
    -c bindings/wasm/tests/archive/judge.c -o "$folder/judge.o"
"$(tools/wasm_ld.sh)" --no-entry --gc-sections "$folder/judge.o" "$built/lib/libtesseral_verify_core.a" -o "$folder/judge.wasm"
node bindings/wasm/tests/archive/judge.mjs "$folder/judge.wasm" "$folder"
