#!/bin/sh
# What `make bench-go` runs: verifying and the middleware on one core, then servers under wrk. The processor time of each call
# counts, so that other programs disturb the figures little. About a minute after the build.
set -eu
cd "$(dirname "$0")"
FAKE_TESSERAL=$(../../../tests/fake-tesseral/build.sh)
export FAKE_TESSERAL
target=$(../../c/package/target.sh)
mkdir -p "$target/go"
go test -c -o "$target/go/figures" .
core=$(taskset -cp $$ | sed 's/.*[ ,-]//')

echo "date: $(date -u +%Y-%m-%dT%H:%M:%SZ)"
sed -n 's/^model name[^:]*: /cpu: /p' /proc/cpuinfo | head -1
grep -qm1 avx512ifma /proc/cpuinfo && echo "with AVX-512 IFMA" || echo "without AVX-512 IFMA: the portable backend"
echo "kernel: $(uname -sr) $(uname -m)"
echo "commit: $(git rev-parse --short HEAD)"
go version
echo "load average: $(cut -d' ' -f1-3 /proc/loadavg)"
go list -m -f '{{if not .Indirect}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}' all | grep -E 'golang-jwt|go-jose|jwx' || true
taskset -c "$core" "$target/go/figures" -test.run 'TestVerifyFigures|TestMiddlewareFigures'
"$target/go/figures" -test.run TestServerFigures
