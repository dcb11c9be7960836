#!/bin/sh
# Fails when verifying takes over 5 % more instructions than record/callgrind.txt says; --bless rewrites that file.
#
# It compares counts of instructions, not times. They are the same on every run, and on every x86-64, because valgrind shows all
# programs the same processor. instructions.sh counts: a token's count is a difference of two runs, so that set-up cancels out.
set -eu
cd "$(dirname "$0")"
record=record/callgrind.txt

counted() {
    ./instructions.sh | sed -n 's/^figure instructions_\([a-z0-9_]*\) \([0-9]*\) .*/\1 \2/p'
}

now=$(counted)
[ -n "$now" ] || { echo "callgrind: instructions.sh gave no counts" >&2; exit 1; }

if [ "${1:-}" = --bless ]; then
    mkdir -p record
    {
        echo "# Instructions per token, by benches/callgrind.sh --bless: $(rustc --version), $(valgrind --version), $(uname -m)"
        echo "$now"
    } >"$record"
    cat "$record"
    exit
fi

[ -f "$record" ] || { echo "callgrind: no $record; make it with --bless" >&2; exit 1; }
sed -n 's/^# /callgrind: compared with: /p' "$record"
echo "callgrind: counted by $(rustc --version), $(valgrind --version), $(uname -m)"
echo "$now" | awk '
    /^#/ { next }
    NR == FNR { before[$1] = $2; recorded++; next }
    {
        if (!($1 in before)) { print "callgrind: not recorded: " $1; exit 1 }
        seen++
        change = 100 * ($2 - before[$1]) / before[$1]
        verdict = change > 5 ? "too many" : "ok"
        printf "callgrind: %-20s %8d, recorded %8d, %+.1f %%: %s\n", $1, $2, before[$1], change, verdict
        bad += change > 5
    }
    END {
        if (seen != recorded) { print "callgrind: the record and this run differ in what they count"; exit 1 }
        if (bad) print "callgrind: if the rise is meant, say why in the commit and run benches/callgrind.sh --bless"
        exit bad > 0
    }' "$record" -
