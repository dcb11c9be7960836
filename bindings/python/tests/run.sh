#!/usr/bin/env bash
# Builds both wheels, and tests them on the oldest and the newest Python of this machine, 3.9 and 3.13 where they are. The tests
# run in virtual environments under target/, with warnings as errors. Arguments go to pytest. With BENCH=1, it only installs the
# wheel, for benches/run.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$(cd ../.. && pwd)
cargo=${CARGO:-cargo}

# find_python VERSION...: the first of these that is installed, on the PATH or under pyenv. Not a free-threaded one, which needs
# a wheel of its own: tests/free_threaded.sh.
find_python() {
    local version candidate
    for version in "$@"; do
        for candidate in "$(command -v "python$version" || true)" "$HOME/.pyenv/versions/$version".*/bin/python; do
            if [ -x "$candidate" ] &&
                "$candidate" -c 'import sys, ensurepip, venv; assert sys.version_info >= (3, 9) and "free-threading" not in sys.version' \
                    2>/dev/null; then
                echo "$candidate"
                return
            fi
        done
    done
}

# environment PYTHON: a virtual environment with what the tests need. It is made again when the lists have changed, when its
# Python is gone, or when it was copied here: the scripts of a copy name the interpreter of the original.
environment() {
    local version folder made_of files=(tests/requirements.txt tests/requirements-compat.txt)
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    folder=target/venv-$version
    if "$1" -c 'import sys; sys.exit(sys.version_info < (3, 13))'; then
        files+=(tests/requirements-compat-3.13.txt)
    fi
    made_of=$(echo "in $(pwd -P)/$folder" && cat "${files[@]}")
    if [ "$made_of" != "$(cat "$folder/installed" 2>/dev/null)" ] || ! "$folder/bin/python" -c '' 2>/dev/null; then
        rm -rf "$folder"
        "$1" -m venv "$folder"
        # shellcheck disable=SC2046 # words
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "maturin>=1.9,<2" \
            $(printf -- '-r %s ' "${files[@]}") >&2
        echo "$made_of" >"$folder/installed"
    fi
    echo "$PWD/$folder"
}

mkdir -p target
newest=$(find_python 3.14 3.13 3.12 3.11 3.10 3 3.9)
oldest=$(find_python 3.9 3.10 3.11 3.12 3.13 3)
[ -n "$newest" ] || { echo "python: no Python 3.9 or newer with venv: install python3 and python3-venv" >&2; exit 1; }

echo "python: building the wheels"
venv=$(environment "$newest")
rm -rf target/wheels target/testing-wheels
./wheel.sh "$venv/bin/python" target/wheels
FAKE_TESSERAL=$("$root/tests/fake-tesseral/build.sh")
export FAKE_TESSERAL
if [ -n "${BENCH:-}" ]; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps target/wheels/*.whl
    echo "$venv" >target/newest
    echo "$FAKE_TESSERAL" >target/fake-tesseral-path
    exit
fi
./wheel.sh "$venv/bin/python" target/testing-wheels testing/Cargo.toml
PYO3_PYTHON=$venv/bin/python "$cargo" clippy --quiet --release --workspace -- -D warnings
"$cargo" fmt --check -p tesseral-verify-python -p tesseral-verify-testing-python

# check PYTHON ARGUMENT...: installs the wheels and tests them; the arguments go to pytest.
check() {
    local python=$1 venv
    shift
    venv=$(environment "$python") || return 1
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps \
        target/wheels/*.whl target/testing-wheels/*.whl || return 1
    echo "python: $("$venv/bin/python" --version)"
    if "$venv/bin/python" -c 'import mypy' 2>/dev/null; then
        "$venv/bin/python" -m mypy || return 1
        (cd testing && "$venv/bin/python" -m mypy) || return 1
        "$venv/bin/python" -m mypy --strict --config-file= tests/typed_use.py tests/testing/typed_use.py || return 1
    else
        echo "python: NOT COMPARED with tesseral-fastapi and tesseral-django: both need Python 3.13"
    fi
    # One of the two Pythons is enough for a million verifications.
    local slow=()
    [ "$python" = "$newest" ] || slow=(--deselect "tests/test_endurance.py::test_a_million_verifications_keep_memory_flat")
    "$venv/bin/python" -m pytest -q -p no:cacheprovider tests ${slow[@]+"${slow[@]}"} "$@"
}

# Both run at the same time, since most tests mostly wait. The output of the older one comes last.
older=
if [ "$oldest" != "$newest" ]; then
    check "$oldest" "$@" >target/older.log 2>&1 &
    older=$!
fi
failed=0
check "$newest" "$@" || failed=1
if [ -n "$older" ]; then
    wait "$older" || failed=1
    cat target/older.log
fi
exit $failed
