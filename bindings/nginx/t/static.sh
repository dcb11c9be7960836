#!/bin/sh
# The module built into nginx (--add-module), then the tests that do not need the loadable one: with the source tarball
# NGINX_TARBALL or Debian's, and with a newer nginx, where headers are linked lists (1.23), as the crate nginx-src has it.
set -eu
cd "$(dirname "$0")/../../.."
module=$PWD/bindings/nginx
target=$(bindings/c/package/target.sh)
out=$target/nginx/static
mkdir -p "$out"
TESSERAL_VERIFY=$target/c
export TESSERAL_VERIFY

# Debian's source packages. The system's own lists seldom name them, and must not change, so apt-get reads a list of ours.
download() {
    mkdir -p "$out/lists/partial"
    apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' \
        'Component: main' | sort -u >"$out/sources.list"
    set -- -o "Dir::Etc::SourceList=$out/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$out/lists" \
        -o APT::Sandbox::User=root
    apt-get "$@" update && cd "$out" && apt-get "$@" source --tar-only nginx
}

debian() {
    tarball=${NGINX_TARBALL:-$(find "$out" -maxdepth 1 -name 'nginx_*.orig.tar.gz' | head -n 1)}
    if [ -z "$tarball" ]; then
        (download) || return 1
        tarball=$(find "$out" -maxdepth 1 -name 'nginx_*.orig.tar.gz' | head -n 1)
    fi
    mkdir "$out/new" && tar -xf "$tarball" -C "$out/new" --strip-components=1 && mv "$out/new" "$out/src"
}

# A package that needs the crate, and nothing else, tells where cargo has put it. 1.28.5 has nginx 1.28.3.
newer() {
    mkdir -p "$out/crate/src" && : >"$out/crate/src/lib.rs" || return 1
    printf '[package]\nname = "newer"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\nnginx-src = "=1.28.5"\n' \
        >"$out/crate/Cargo.toml"
    manifest=$("${CARGO:-cargo}" metadata --quiet --format-version 1 --manifest-path "$out/crate/Cargo.toml" | python3 -c '
import json, sys
print(next(package["manifest_path"] for package in json.load(sys.stdin)["packages"] if package["name"] == "nginx-src"))') ||
        return 1
    cp -R "${manifest%/*}/nginx" "$out/new" && chmod -R u+w "$out/new" && cp "$out/new/auto/configure" "$out/new/" &&
        mv "$out/new" "$out/newer"
}

# check SOURCES: builds what is in a directory, and runs the tests with it
check() {
    sources=$1
    (
        cd "$sources"
        # HTTP/3 where it is known.
        http_3=$(grep -o -m 1 -e '--with-http_v3_module' auto/options || true)
        sh ./configure $http_3 --with-debug --with-http_ssl_module --with-http_v2_module --with-http_auth_request_module \
            --with-http_gunzip_module --with-http_realip_module --with-http_stub_status_module \
            --with-http_addition_module --with-http_slice_module --add-module="$module" && make -j2
    ) >"$sources.log" 2>&1 || { tail -n 30 "$sources.log" >&2; return 1; }
    "$sources/objs/nginx" -v
    NGINX_PROGRAM=$sources/objs/nginx python3 "$module/t/run.py" --jobs 2 \
        test_vectors test_directives test_access test_identity test_api_keys test_cache test_unread test_sources \
        test_revoked test_claim_set test_also test_own test_framing test_readable test_shared.test_old test_shared.test_records \
        test_shared.test_reload_with test_shared.test_a_document test_subrequests test_phase test_told test_sites test_memory.test_each
}

# An interrupted run may have left a folder that is only half unpacked.
rm -rf "$out/new"
[ -d "$out/src" ] || debian >"$out/download.log" 2>&1 ||
    echo "SKIPPED: the static build: apt-get could not bring nginx's source tarball ($out/download.log): set NGINX_TARBALL" >&2
[ -d "$out/newer" ] || newer >"$out/newer.log" 2>&1 ||
    echo "SKIPPED: the newer nginx: cargo could not bring nginx-src ($out/newer.log)" >&2

# Side by side, since most tests wait most of the time; what each prints comes when it has ended.
failed=0
for sources in src newer; do
    if [ -d "$out/$sources" ]; then
        (check "$out/$sources" >"$out/$sources.out" 2>&1 && echo passed || echo failed) >"$out/$sources.result" &
    else
        : >"$out/$sources.out"
        echo skipped >"$out/$sources.result"
    fi
done
wait
for sources in src newer; do
    cat "$out/$sources.out"
    [ "$(cat "$out/$sources.result")" != failed ] || failed=1
done
exit $failed
