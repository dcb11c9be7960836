#!/bin/sh
# Prints the linker for WebAssembly: that of LLVM, under the names that it has.
for linker in wasm-ld wasm-ld-22 wasm-ld-21 wasm-ld-20 wasm-ld-19; do
    if command -v "$linker"; then exit; fi
done
exit 1
