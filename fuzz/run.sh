#!/bin/sh
# run.sh SECONDS [TARGET...]: fuzzes each target that long, from the seeds; builds once for all. Fails on any finding.
set -eu
cd "$(dirname "$0")"
seconds=$1
shift
[ $# -gt 0 ] || set -- token snapshot json headers
# Sanitizers need flags that the stable toolchain keeps to itself.
export RUSTC_BOOTSTRAP=1

command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz
cargo fuzz build -O
cargo run --quiet --release --example seeds >/dev/null
host=$(rustc -vV | sed -n 's/^host: //p')
failed=0
for target in "$@"; do
    dictionary=json.dict
    [ "$target" = headers ] && dictionary=headers.dict
    mkdir -p "artifacts/$target"
    log=artifacts/$target.log
    if "${CARGO_TARGET_DIR:-target}/$host/release/$target" "corpus/$target" "-artifact_prefix=artifacts/$target/" \
        "-max_total_time=$seconds" -timeout=10 "-dict=$dictionary" -print_final_stats=1 >"$log" 2>&1 &&
        executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log") && [ "${executions:-0}" -gt 0 ]; then
        echo "fuzz $target: $executions executions in $seconds s, no finding"
    else
        tail -n 40 "$log"
        echo "fuzz $target: FAILED"
        failed=1
    fi
done
exit $failed
