#!/bin/sh
# What `make bench` runs: criterion first, the figures last, all on one core.
#
#     benches/run.sh [--quick]     --quick: the figures only, in less than a minute, and no record
#
# CORE chooses the core; the last one that is allowed, unless given.
set -eu
cd "$(dirname "$0")"
cargo=${CARGO:-cargo}
quick=${1:-}
case $quick in '' | --quick) ;; *)
    echo "usage: $0 [--quick]" >&2
    exit 2
    ;;
esac

./setup.sh
core=${CORE:-$(taskset -cp $$ | sed 's/.*[ ,-]//')}
[ "$quick" ] || "$cargo" bench --quiet --locked --bench criterion --no-run
"$cargo" build --quiet --locked --release --bin figures

echo "core $core of $(nproc)"
# The build is done: what cargo starts now only measures.
[ "$quick" ] || taskset -c "$core" "$cargo" bench --quiet --locked --bench criterion -- --quiet
exec taskset -c "$core" "$cargo" run --quiet --locked --release --bin figures -- $quick
