#!/bin/sh
# isolate.sh PREFIX ARCHIVE OUTPUT: links a Rust static library into one object that shows only the functions whose
# names start with PREFIX, with what they need, and archives it.
#
# A Rust archive brings the standard library along, with names such as rust_eh_personality: a program that links two of
# them would have each twice. Groups are dissolved because the linker would drop the second of two equal ones.
set -eu
prefix=$1 archive=$2 output=$3
object=${output%.a}.o

roots=$("${NM:-nm}" --defined-only --extern-only "$archive" 2>/dev/null |
    sed -n "s/^[0-9a-f]* T \($prefix.*\)$/--undefined=\1/p" | sort -u)
[ -n "$roots" ] || { echo "isolate: no function starts with $prefix in $archive" >&2; exit 1; }
# shellcheck disable=SC2086 # one word for each function
"${LD:-ld}" --relocatable --gc-sections --force-group-allocation $roots -o "$object" "$archive"
# Rust's compiler_builtins also holds LLVM bitcode. A tool with a plugin of another LLVM would read that in place of the code.
# A program may have its own tesseral_panic, which replaces the weak one.
"${OBJCOPY:-objcopy}" --wildcard --keep-global-symbol="$prefix*" --weaken-symbol=tesseral_panic \
    --remove-section=.llvmbc --remove-section=.llvmcmd \
    --strip-debug --strip-unneeded "$object"
rm -f "$output"
"${AR:-ar}" rcsD "$output" "$object"
rm "$object"
