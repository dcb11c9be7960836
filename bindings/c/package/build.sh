#!/bin/sh
# Builds the libraries into a prefix under the target directory, ready to use from there or to be installed.
. "$(dirname "$0")/common.sh"
command -v "${CARGO:-cargo}" >/dev/null || fail "cargo is missing: install Rust 1.95 or newer"

# cargo_rustc PROFILE TYPES FEATURES [RUSTC-ARGUMENT...]: writes the output of cargo and rustc to $built/PROFILE.messages and .log.
cargo_rustc() {
    profile=$1 types=$2 features=$3
    shift 3
    "${CARGO:-cargo}" rustc --color never --message-format json-render-diagnostics --profile "$profile" --lib \
        --crate-type "$types" --features "$features" -- --print native-static-libs "$@" \
        >"$built/$profile.messages" 2>"$built/$profile.log" ||
        { cat "$built/$profile.log" >&2; fail "cargo could not build the library"; }
}

# made PROFILE NAME: where cargo has left a library of a profile.
made() {
    sed -n "s/.*\"\([^\"]*\/$2\)\".*/\1/p" "$built/$1.messages" | tail -n 1
}

# isolate ARCHIVE OUTPUT: one object that exports tesseral_ functions only, so that a program can link two Rust archives.
isolate() {
    sh "$templates/isolate.sh" tesseral_ "$1" "$2"
}

# static_libs PROFILE: what a static link needs, as rustc says, but for libgcc_s. A compiler driver adds the unwinder itself:
# the shared libgcc_s or, for a program linked with -static, libgcc_eh. There is no static libgcc_s.
static_libs() {
    sed -n 's/^note: native-static-libs: //p' "$built/$1.log" | tail -n 1 |
        sed -e 's/^/ /; s/$/ /' -e 's/ -lgcc_s / /g' -e 's/^ *//; s/ *$//'
}

rm -rf "$built"
mkdir -p "$built/include" "$built/lib"

echo "building libtesseral_verify $version and libtesseral_verify_core, the freestanding one (takes a minute the first time)"
# Side by side: both end with one long step of one thread. When one fails, the other is not left behind.
trap wait EXIT
cargo_rustc freestanding staticlib ffi,panic-handler &
cargo_rustc release staticlib,cdylib ffi,std -C "link-arg=-Wl,-soname,$soname"
wait $!
isolate "$(made release libtesseral_verify.a)" "$built/lib/libtesseral_verify.a"
"${OBJCOPY:-objcopy}" --strip-debug "$(made release libtesseral_verify.so)" "$built/lib/$shared"
ln -s "$shared" "$built/lib/$soname"
ln -s "$shared" "$built/lib/libtesseral_verify.so"
isolate "$(made freestanding libtesseral_verify.a)" "$built/lib/libtesseral_verify_core.a"

cp include/tesseral_verify.h bindings/cpp/tesseral_verify.hpp "$built/include/"
static_libs release >"$built/native-static-libs"
static_libs freestanding >"$built/native-static-libs-core"
PREFIX=$built LIBDIR=$built/lib INCLUDEDIR=$built/include PKGCONFIGDIR=$built/lib/pkgconfig DESTDIR='' \
    sh "$templates/install.sh" describe
rm "$built"/*.log "$built"/*.messages
echo "built in $built: make install PREFIX=... copies it"
