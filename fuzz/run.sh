#!/bin/sh
# run.sh SECONDS [TARGET...]: fuzzes each target that long, from the seeds; builds once for all. Fails on any finding.
set -eu
cd "$(dirname "$0")"
seconds=$1
shift
[ $# -gt 0 ] || set -- token snapshot json headers revoked
# Sanitizers need flags that the stable toolchain keeps to itself.
export RUSTC_BOOTSTRAP=1

command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz
cargo fuzz build -O
cargo run --quiet --release --example seeds >/dev/null
host=$(rustc -vV | sed -n 's/^host: //p')
target=$(../bindings/c/package/target.sh "$PWD")

fuzz() {
    dictionary=json.dict
    [ "$1" = headers ] && dictionary=headers.dict
    mkdir -p "artifacts/$1"
    log=artifacts/$1.log
    if "$target/$host/release/$1" "corpus/$1" "-artifact_prefix=artifacts/$1/" \
        "-max_total_time=$seconds" -timeout=10 "-dict=$dictionary" -print_final_stats=1 >"$log" 2>&1 &&
        executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log") && [ "${executions:-0}" -gt 0 ]; then
        echo "fuzz $1: $executions executions in $seconds s, no finding"
    else
        tail -n 40 "$log"
        echo "fuzz $1: FAILED"
        return 1
    fi
}

# Two at a time, since each is one thread.
mkdir -p artifacts
failed=0
while [ $# -gt 0 ]; do
    fuzz "$1" >artifacts/said &
    [ $# -lt 2 ] || fuzz "$2" || failed=1
    wait $! || failed=1
    cat artifacts/said
    shift $(($# < 2 ? 1 : 2))
done
exit $failed
