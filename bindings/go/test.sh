#!/bin/sh
# Tests the Go module with the archive of this machine: formatting, vet, the vectors, the trace of the rulebook, the requests of the
# Python package's comparison, rotations and outages beside the service's double; then the same once more with the race detector and
# with every check of what Go passes to C. full.sh has the rest.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
FAKE_TESSERAL=$(../../tests/fake-tesseral/build.sh)
export FAKE_TESSERAL
cmp ../../include/tesseral_verify.h internal/core/tesseral_verify.h ||
    { echo "go: the module's header is not the library's: run make go-archives" >&2; exit 1; }

unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { echo "go: gofmt: $unformatted" >&2; exit 1; }
go vet ./...
log=$(mktemp)
go test -short -count=1 -v ./... >"$log" 2>&1 || { cat "$log"; exit 1; }
sed -n 's/^ *[a-z_]*\.go:[0-9]*: \(vectors\|trace\|compat\)/\1/p; /^ok/p; /NOT SEEN/p' "$log"
rm "$log"
# What shares memory. The requests themselves are the same.
GOEXPERIMENT=cgocheck2 go test -race -short -count=1 -run 'Vectors|Goroutines|Rotation|APIKeys|First|Trace' ./...

# The first screen of README.md, pasted into an empty folder, and its second program.
pasted=$(mktemp -d)
trap 'rm -r "$pasted"' EXIT
awk -v folder="$pasted" '/^```go$/ { inside = 1; count++; next } /^```$/ { inside = 0 }
    inside { print > (folder "/" count ".go") }' README.md
for program in 1 2; do
    mkdir "$pasted/$program"
    mv "$pasted/$program.go" "$pasted/$program/main.go"
    sed -n '/^```sh$/,/^go run/p' README.md | grep '^go mod' >"$pasted/commands"
    (cd "$pasted/$program" && CHECKOUT=$root sh -eu "$pasted/commands" 2>"$pasted/said" && go vet . && go build -o app .) ||
        { cat "$pasted/said"; exit 1; }
done

# What the first screen says to type without a project, on a free port. A busy machine may need longer than a second for the server.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
awk '/^\*\*Without a project/ { near = 1 } near && /^```sh$/ { inside = 1; next } inside && /^```$/ { exit } inside' README.md |
    sed "s/127\.0\.0\.1:8080/127.0.0.1:$port/; s/curl -i/& --retry 9 --retry-delay 1 --retry-connrefused/" >"$pasted/1/commands.sh"
sed -i "s/127\.0\.0\.1:8080/127.0.0.1:$port/" "$pasted/1/main.go"
# A session of its own, which ends with all that it has started.
(cd "$pasted/1" && CHECKOUT=$root exec setsid sh -eu commands.sh >answers 2>said) &
session=$!
wait "$session" || true
kill -- "-$session" 2>/dev/null || true
[ "$(sed -n 's/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$pasted/1/answers" | tr '\n' ' ')" = "200 401 " ] ||
    { cat "$pasted/1/said" "$pasted/1/answers" >&2; exit 1; }

# What a program without cgo, or on another platform, is told.
expect_sentence() {
    sentence=$1
    shift
    if said=$(env "$@" go build ./... 2>&1); then echo "go: built with $*" >&2; exit 1; fi
    echo "$said" | grep -qF "$sentence" || { echo "go: $*: $said" >&2; exit 1; }
    [ "$(echo "$said" | grep -c '\.go:')" -eq 1 ] || { echo "go: $*: more than one error: $said" >&2; exit 1; }
}
expect_sentence 'tesseral needs cgo: install a C compiler (gcc or clang) and set CGO_ENABLED=1' CGO_ENABLED=0
expect_sentence 'tesseral has no archive for this platform' CGO_ENABLED=0 GOOS=darwin GOARCH=arm64
expect_sentence 'tesseral has no archive for this platform' CGO_ENABLED=0 GOOS=linux GOARCH=riscv64
