#!/bin/sh
# The module built into nginx (--add-module), from the source tarball NGINX_TARBALL or Debian's; then the tests that do not
# need the loadable one.
set -eu
cd "$(dirname "$0")/../../.."
module=$PWD/bindings/nginx
target=${CARGO_TARGET_DIR:-target}
out=$target/nginx/static
mkdir -p "$out"
out=$(cd "$out" && pwd)

# Debian's source packages, by a list of our own: the system's names them seldom, and stays as it is.
download() {
    mkdir -p "$out/lists/partial"
    apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' \
        'Component: main' | sort -u >"$out/sources.list"
    set -- -o "Dir::Etc::SourceList=$out/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$out/lists" \
        -o APT::Sandbox::User=root
    apt-get "$@" update && cd "$out" && apt-get "$@" source --tar-only nginx
}

tarball=${NGINX_TARBALL:-$(find "$out" -maxdepth 1 -name 'nginx_*.orig.tar.gz' | head -n 1)}
if [ -z "$tarball" ]; then
    if ! (download) >"$out/download.log" 2>&1; then
        echo "SKIPPED: the static build: apt-get could not bring nginx's source tarball ($out/download.log): set NGINX_TARBALL" >&2
        exit 0
    fi
    tarball=$(find "$out" -maxdepth 1 -name 'nginx_*.orig.tar.gz' | head -n 1)
fi

if [ ! -d "$out/src" ]; then
    mkdir "$out/src"
    tar -xf "$tarball" -C "$out/src" --strip-components=1
fi
log=$out/log
(
    cd "$out/src"
    TESSERAL_VERIFY=$(cd "$module/../.." && cd "${CARGO_TARGET_DIR:-target}/c" && pwd)
    export TESSERAL_VERIFY
    ./configure --with-debug --with-http_ssl_module --with-http_v2_module --with-http_auth_request_module \
        --add-module="$module" && make -j2
) >"$log" 2>&1 || { tail -n 30 "$log" >&2; exit 1; }
NGINX_PROGRAM=$out/src/objs/nginx exec python3 "$module/t/run.py" test_vectors test_directives test_access test_identity
