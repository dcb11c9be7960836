#!/bin/bash
# Builds the loadable module against the headers of Debian's nginx-dev, with the flags that its nginx was built with.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=$(bindings/c/package/target.sh)
mkdir -p "$target/nginx"
sources=${NGINX_SOURCES:-/usr/share/nginx/src}
module=$PWD/bindings/nginx

archive=$target/c/lib/libtesseral_verify_core.a
if [ ! -f "$archive" ] || [ -n "$(find src include Cargo.toml Cargo.lock -newer "$archive" -print -quit)" ]; then
    bindings/c/package/build.sh
fi
[ -f "$sources/configure" ] || { echo "no nginx sources in $sources: install nginx-dev" >&2; exit 1; }

# NGX_CONF_FLAGS: what makes a module loadable. NGINX_CC_OPT: sanitizers, for the tests.
declare -a NGX_CONF_FLAGS
. "$sources/conf_flags"

out=$target/nginx/${NGINX_BUILD:-release}
log=$out.log
export TESSERAL_VERIFY=$target/c
(
    cd "$sources"
    if [ ! -f "$out/Makefile" ] || [ "$module/config" -nt "$out/Makefile" ]; then
        ./configure "${NGX_CONF_FLAGS[@]}" --builddir="$out" --add-dynamic-module="$module" \
            --with-cc-opt="-g -O2 -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wextra ${NGINX_CC_OPT:-}" \
            --with-ld-opt="-Wl,-z,relro -Wl,-z,now ${NGINX_LD_OPT:-}"
    fi
    make -f "$out/Makefile" modules
) >"$log" 2>&1 || { tail -n 40 "$log" >&2; exit 1; }
rm -f "$target/nginx/${NGINX_BUILD:-}ngx_http_tesseral_module.so"
cp "$out/ngx_http_tesseral_module.so" "$target/nginx/${NGINX_BUILD:-}ngx_http_tesseral_module.so"
echo "built $target/nginx/${NGINX_BUILD:-}ngx_http_tesseral_module.so for $(nginx -v 2>&1 | sed 's/.*: //')"
