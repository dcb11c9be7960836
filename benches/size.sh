#!/bin/sh
# figure size_FEATURES_KIND OCTETS: the libraries that `make` builds, stripped, and the machine code in them.
set -eu
cd "$(dirname "$0")/.."
built=$(bindings/c/package/target.sh)/c
make --no-print-directory >&2

# measure FEATURES KIND FILE
measure() {
    stripped=$(mktemp)
    "${STRIP:-strip}" --strip-unneeded -o "$stripped" "$built/lib/$3"
    echo "figure size_$1_$2 $(wc -c <"$stripped") octets"
    # Berkeley's format: text data bss dec hex file; one line for each object.
    echo "figure size_$1_$2_code $("${SIZE:-size}" "$stripped" | awk 'NR > 1 { code += $1 } END { print code }') octets"
    rm "$stripped"
}

measure hosted shared libtesseral_verify.so
measure hosted static libtesseral_verify.a
measure freestanding static libtesseral_verify_core.a
