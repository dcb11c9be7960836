#!/bin/sh
# needs.sh TOOL...: makes sure that the tools are there: installs Debian packages when it may, else says which.
# libssl stands for what a program needs that is linked with OpenSSL, httplib for cpp-httplib, nginx-dev for nginx's headers,
# nginx-lua and nginx-njs for scripts in nginx, the former with JSON and OpenSSL, chromium for a browser that programs drive,
# python for Python 3 with virtual environments, go for Go 1.24 or newer, which Debian's package golang has from Debian 13 on, rust-src for
# a Rust with the source of its standard library, node for Node.js, wasm-ld for LLVM's linker for WebAssembly.
# With --missing first, it installs nothing, and prints the Debian packages that are missing.
set -eu

package() {
    case $1 in
        cc) echo gcc libc6-dev ;;
        c++) echo g++ ;;
        chromium) echo chromium chromium-driver ;;
        libssl) echo libssl-dev ;;
        httplib) echo libcpp-httplib-dev ;;
        go) echo golang ;;
        musl) echo musl-tools ;;
        nginx-lua) echo libnginx-mod-http-lua lua-cjson lua-luaossl ;;
        nginx-njs) echo libnginx-mod-http-js ;;
        python) echo python3 python3-venv ;;
        arm-gcc) echo gcc-arm-none-eabi ;;
        riscv-gcc) echo gcc-riscv64-unknown-elf ;;
        qemu-system-riscv32) echo qemu-system-misc ;;
        aarch64-linux-gnu-gcc) echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
        arm-linux-gnueabihf-gcc) echo gcc-arm-linux-gnueabihf libc6-dev-armhf-cross ;;
        i686-linux-gnu-gcc) echo gcc-i686-linux-gnu libc6-dev-i386-cross ;;
        riscv64-linux-gnu-gcc) echo gcc-riscv64-linux-gnu libc6-dev-riscv64-cross ;;
        s390x-linux-gnu-gcc) echo gcc-s390x-linux-gnu libc6-dev-s390x-cross ;;
        qemu-aarch64 | qemu-arm | qemu-i386 | qemu-riscv64 | qemu-s390x) echo qemu-user ;;
        rust-src) echo rustc-web cargo-web rust-web-src ;;
        node) echo nodejs ;;
        wasm-ld) echo lld-19 ;;
        wasm-opt) echo binaryen ;;
        *) echo "$1" ;;
    esac
}

lua_library() {
    find /usr/lib -path "*/lua/5.1/$1.so" 2>/dev/null | grep -q .
}

has() {
    case $1 in
        chromium) command -v chromium >/dev/null && command -v chromedriver >/dev/null ;;
        libssl) pkg-config --exists libssl 2>/dev/null ;;
        httplib) pkg-config --exists cpp-httplib 2>/dev/null ;;
        nginx-dev) [ -f /usr/share/nginx/src/configure ] ;;
        nginx-lua) [ -f /usr/lib/nginx/modules/ngx_http_lua_module.so ] && lua_library cjson && lua_library _openssl ;;
        nginx-njs) [ -f /usr/lib/nginx/modules/ngx_http_js_module.so ] ;;
        nginx) command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] ;;
        python) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
        arm-gcc) command -v arm-none-eabi-gcc >/dev/null ;;
        riscv-gcc) command -v riscv64-unknown-elf-gcc >/dev/null ;;
        musl) command -v musl-gcc >/dev/null ;;
        # One that is new enough to read the module, or that fetches a newer one itself.
        go) (cd "$(dirname "$0")/../bindings/go" && go list -m) >/dev/null 2>&1 ;;
        rust-src) [ -x /usr/bin/cargo ] && [ -d "$(/usr/bin/rustc --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library" ] ;;
        wasm-ld) tools/wasm_ld.sh >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

report=
if [ "${1:-}" = --missing ]; then
    report=yes
    shift
fi
missing=
for tool in "$@"; do
    has "$tool" || missing="$missing $(package "$tool")"
done
[ -z "$report" ] || echo "$missing"
[ -n "$missing" ] && [ -z "$report" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "missing:$missing (names of Debian packages): install them, then try again" >&2
    exit 1
elif [ "$(id -u)" -eq 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root='sudo -n'
else
    echo "missing: type  sudo apt-get install$missing  and try again" >&2
    exit 1
fi
echo "installing$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086 # words
{ $as_root apt-get update -q && $as_root apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1 ||
    { cat "$log" >&2; exit 1; }
rm "$log"
