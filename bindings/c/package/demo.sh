#!/bin/sh
# Builds everything, verifies tokens, and prints each step.
. "$(dirname "$0")/common.sh"

if [ -t 1 ]; then
    bold=$(printf '\033[1m') dim=$(printf '\033[2m') green=$(printf '\033[32m') red=$(printf '\033[31m')
    plain=$(printf '\033[0m')
else
    bold='' dim='' green='' red='' plain=''
fi

step() {
    printf '\n%s%s%s\n' "$bold" "$1" "$plain"
}

show() {
    printf '%s   $ %s%s\n' "$dim" "$*" "$plain"
}

# present FILE EXIT-STATUS MOOD: hands the token in FILE to the example, which must end with EXIT-STATUS.
present() {
    show "echo \"Bearer \$(cat $1)\" | $demo/example $demo/config.json"
    status=0
    said=$(echo "Bearer $(cat "$1")" | "$demo/example" "$demo/config.json") || status=$?
    printf '%s\n' "$said" | sed "s/^/   $3/; s/\$/$plain/"
    [ "$status" -eq "$2" ] || fail "the example ended with $status, not with $2"
}

demo=${target#"$PWD/"}/demo
tools/needs.sh cc
mkdir -p "$demo"

step '1. Build the library'
"$templates/build.sh" | sed 's/^/   /'
[ -f "$built/lib/libtesseral_verify.so" ] || exit 1

step '2. Make a project with a signing key, and tokens'
echo '   tests/fake-tesseral stands in for the Tesseral service.'
show cargo run -p fake-tesseral --no-default-features --features program -- mint --actions 3 --out "$demo"
"${CARGO:-cargo}" run --quiet -p fake-tesseral --no-default-features --features program -- mint --actions 3 --out "$demo" >/dev/null
cat <<END
   config.json  what a verifier loads: $(cat "$demo/project_id") and its public key
   token        issued now, good for five minutes
   tampered     the same with one character changed
   expired      issued an hour ago
END

step '3. Compile bindings/c/example.c: one file, under 60 lines'
set -- "${CC:-cc}" bindings/c/example.c -o "$demo/example" "-I$built/include" "-L$built/lib" -ltesseral_verify \
    "-Wl,-rpath,$(cd "$built/lib" && pwd)"
show "$@"
"$@"

step '4. The good token: who is it?'
present "$demo/token" 0 "$green"

step '5. The same token with one character changed'
present "$demo/tampered" 1 "$red"

step '6. A token from an hour ago'
present "$demo/expired" 1 "$red"

step 'All three as they should be. What next?'
cat <<END
   sudo make install                 header, libraries, pkg-config and CMake files into /usr/local
   bindings/c/README.md              the few calls that you need, and how to link them
   README.md, "The snapshot"         where your own project's configuration document is
END
