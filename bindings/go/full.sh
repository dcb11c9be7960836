#!/bin/sh
# What test.sh leaves out because it takes long: the archives rebuilt and compared, longer runs, the race detector on everything,
# staticcheck, the examples and the benchmark's code, linux/arm64 in an emulator, and a static program with musl.
set -eu
cd "$(dirname "$0")"
../../tools/needs.sh cc go aarch64-linux-gnu-gcc qemu-aarch64 musl
FAKE_TESSERAL=$(../../tests/fake-tesseral/build.sh)
export FAKE_TESSERAL

./archives.sh check
go test -count=1 ./...
said=$(TESSERAL_GO_LOAD_SECONDS=60 go test -count=1 -v -run TestLoad .) || { echo "$said"; exit 1; }
echo "$said" | grep -E '^ok|load:'
GOEXPERIMENT=cgocheck2 go test -race -count=1 ./...
GODEBUG=cgocheck=1 go test -count=1 -short ./...

for module in . examples benches; do
    (cd "$module" && go vet ./... && go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...)
done
(cd examples && go test -count=1 ./...)

# On Go's side nothing depends on the processor; the vectors and the trace show that the archive works.
target=$(../c/package/target.sh)/go-arm64
mkdir -p "$target"
for package in . ./internal/rulebooktrace; do
    CGO_ENABLED=1 GOARCH=arm64 CC=aarch64-linux-gnu-gcc go test -c -o "$target/test" "$package"
    (cd "$package" && qemu-aarch64 -L /usr/aarch64-linux-gnu "$target/test" -test.v -test.run 'Vectors|Trace|Allocations|Goroutines' |
        sed -n 's/^ *[a-z_]*\.go:[0-9]*: \(vectors\|trace\)/linux\/arm64: \1/p; /^PASS/p; /^FAIL/p; /^--- FAIL/p') >"$target/log"
    cat "$target/log"
    grep -q '^PASS' "$target/log"
done

(cd examples && CGO_ENABLED=1 CC=musl-gcc go build -o "$target/static" -ldflags '-linkmode external -extldflags -static' ./nethttp)
if ldd "$target/static" >/dev/null 2>&1; then echo "go: the program for musl is not static" >&2; exit 1; fi
echo "musl: a static program"
