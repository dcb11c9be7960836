#!/bin/sh
# archives.sh build|check [MACHINE...]: builds the archives that the Go module links, each time from nothing. `build` does so twice,
# compares the two octet for octet, and puts them into internal/core, with the header and archives.txt; `check` does so once, and
# compares with what is there. Machines that lack a tool are named loudly. `make core` builds each archive: one object in which only
# tesseral_ functions are global, without debug information.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
module=bindings/go/internal/core
target=$(bindings/c/package/target.sh)
record=$module/archives.txt

fail() {
    printf 'go-archives: %s\n' "$*" >&2
    exit 1
}

# triple MACHINE: Rust's name of a platform that Go names so.
triple() {
    case $1 in
        linux_amd64) echo x86_64-unknown-linux-gnu ;;
        linux_arm64) echo aarch64-unknown-linux-gnu ;;
        *) fail "no such machine: $1" ;;
    esac
}

# compiler MACHINE: what compiles it: rustup's Rust where it has the platform's library, else Debian's.
compiler() {
    if [ -d "$(rustc --print target-libdir --target "$(triple "$1")" 2>/dev/null)" ] ||
        [ -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
        rustc --version
    elif [ -x /usr/bin/rustc ]; then
        /usr/bin/rustc --version
    fi
}

# can MACHINE: whether the tools are here.
can() {
    [ -n "$(compiler "$1")" ] && { [ "$1" = "linux_$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" ] ||
        command -v "$(triple "$1" | sed 's/-unknown-/-/')-ld" >/dev/null; }
}

# make_one MACHINE FOLDER: builds the archive in a target directory of its own.
make_one() {
    CARGO_TARGET_DIR=$2 bindings/c/package/core.sh "$(triple "$1")" >"$2.log" 2>&1 || { cat "$2.log" >&2; fail "no archive for $1"; }
}

# examine ARCHIVE: nothing but our functions is global, nothing is missing but what every C program has, and no path of this
# machine is inside.
examine() {
    others=$(nm --defined-only --extern-only "$1" 2>/dev/null | sed -n 's/^[0-9a-f]* . //p' | grep -v '^tesseral_' || true)
    [ -z "$others" ] || fail "$1 exports $others"
    missing=$(nm --undefined-only "$1" | sed -n 's/^ *U //p' | sort -u |
        grep -vxE 'memcpy|memmove|memset|memcmp|bcmp' || true)
    [ -z "$missing" ] || fail "$1 needs $missing"
    if strings -a "$1" | grep -qF -e "$root" -e "$HOME/" -e /registry/; then fail "$1 names a folder of this machine"; fi
}

mode=${1:-}
[ "$mode" = build ] || [ "$mode" = check ] || fail "usage: archives.sh build|check [MACHINE...]"
shift
[ $# -ne 0 ] || set -- linux_amd64 linux_arm64

mkdir -p "$target"
work=$(mktemp -d "$target/go-archives.XXXXXX")
trap 'rm -rf "$work"' EXIT
compared=0
for machine in "$@"; do
    archive=libtesseral_verify_$machine.a
    can "$machine" || { echo "go-archives: $machine LEFT OUT: this machine has no compiler or no binutils for it"; continue; }
    with=$(compiler "$machine")
    stated=$(sed -n "s/^$machine [0-9a-f]* //p" "$record" 2>/dev/null || true)
    if [ "$mode" = check ] && [ "$stated" != "$with" ]; then
        echo "go-archives: $machine NOT COMPARED: it was built with $stated, this machine has $with"
        continue
    fi
    # What is in the module is a build, too: to compare, one more suffices.
    turns='first second'
    [ "$mode" = build ] || turns=first
    for turn in $turns; do
        make_one "$machine" "$work/$machine-$turn"
        cp "$work/$machine-$turn/c-$(triple "$machine")/lib/libtesseral_verify_core.a" "$work/$archive.$turn"
        rm -rf "$work/$machine-$turn"
    done
    examine "$work/$archive.first"
    if [ "$mode" = build ]; then
        cmp "$work/$archive.first" "$work/$archive.second" || fail "$machine: two builds differ"
        cp "$work/$archive.first" "$module/$archive"
        sum=$(sha256sum <"$module/$archive" | cut -d' ' -f1)
        { grep -v "^$machine " "$record" 2>/dev/null || true; echo "$machine $sum $with"; } | LC_ALL=C sort >"$work/archives.txt"
        cp "$work/archives.txt" "$record"
    fi
    cmp "$work/$archive.first" "$module/$archive" || fail "$machine: the archive is not what the source makes: run make go-archives"
    compared=$((compared + 1))
    echo "go-archives: $machine: $(wc -c <"$module/$archive") bytes, two builds are equal"
done
if [ "$mode" = build ]; then cp include/tesseral_verify.h "$module/tesseral_verify.h"; fi
cmp include/tesseral_verify.h "$module/tesseral_verify.h" || fail "the module's header is old: run make go-archives"
[ "$compared" -ne 0 ] || fail "no archive was compared"
