#!/bin/sh
# Instructions for one whole token of about 800 octets, stage by stage, by callgrind: the same on every run.
#
# Each stage is the difference between tokens that are refused by one check and by the next. The last three are what it takes to
# open an image with one key.
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
program=$("$cargo" bench --quiet --bench token --features alloc --no-run --message-format json 2>/dev/null |
    sed -n 's/.*"name":"token".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
[ -x "$program" ] || { echo "instructions: the benchmark did not build" >&2; exit 1; }

# all KIND COUNT: the instructions that the program takes for so many tokens, with its set-up
all() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# one KIND: the instructions for one token: the mean over 100, after eight that are not counted
one() {
    few=$(all "$1" 8)
    echo $((($(all "$1" 108) - few) / 100))
}

figure() {
    echo "figure instructions_$1 $2 instructions"
}

malformed=$(one token_malformed)
unknown=$(one key_unknown)
invalid=$(one signature_invalid)
whole=$(one ok)
cached=$(one cached)
bearer=$(one bearer_cached)
cookie=$(one cookie_cached)
open_tiny=$(one open_tiny)
open_compact=$(one open_compact)
open_server=$(one open_server)
figure base64 "$malformed"
figure header_parsed $((unknown - malformed))
figure signature $((invalid - malformed))
figure claims $((whole - invalid))
figure whole_token "$whole"
figure whole_token_cached "$cached"
figure bearer_cached "$bearer"
figure cookie_cached "$cookie"
figure open_tiny "$open_tiny"
figure open_compact "$open_compact"
figure open_server "$open_server"
