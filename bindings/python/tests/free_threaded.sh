#!/usr/bin/env bash
# Builds the wheel for a free-threaded Python, 3.14 or newer, and tests it with the interpreter's lock off. Such a Python does
# not load a wheel for the stable ABI, so this wheel has the ABI of its Python. Without such a Python, this only checks that
# the extension compiles for one, and says so loudly. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$(cd ../.. && pwd)
cargo=${CARGO:-cargo}

find_python() {
    local candidate
    for candidate in ${PYTHON_FREE_THREADED:+"$PYTHON_FREE_THREADED"} \
        "$(command -v python3.15t || true)" "$(command -v python3.14t || true)" \
        "$HOME"/.pyenv/versions/3.15*t/bin/python "$HOME"/.pyenv/versions/3.14*t/bin/python; do
        if [ -x "$candidate" ] && "$candidate" -c 'import sys, ensurepip, venv; assert not sys._is_gil_enabled()' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

python=$(find_python)
if [ -z "$python" ]; then
    mkdir -p target
    printf '%s\n' implementation=CPython version=3.14 target_abi=CPython-free_threaded-3.14 shared=true \
        build_flags=Py_GIL_DISABLED suppress_build_script_link_lines=false >target/free-threaded.txt
    # What run.sh's clippy has checked need not be checked again, but for PyO3.
    PYO3_CONFIG_FILE=$PWD/target/free-threaded.txt "$cargo" check --quiet --release
    echo "python: NOT TESTED without the interpreter's lock, for want of a free-threaded Python 3.14 (python3.14t, or" \
        "PYTHON_FREE_THREADED=...); the extension compiles for one"
    exit
fi

venv=target/venv-free-threaded
rm -rf "$venv" target/wheels-free-threaded
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "maturin>=1.9,<2" -r tests/requirements.txt \
    -r tests/requirements-compat.txt
./wheel.sh "$venv/bin/python" target/wheels-free-threaded
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps target/wheels-free-threaded/*.whl
FAKE_TESSERAL=$("$root/tests/fake-tesseral/build.sh")
export FAKE_TESSERAL
# Other packages' extensions may switch the lock on when they are loaded.
PYTHON_GIL=0 "$venv/bin/python" -m pytest -q -p no:cacheprovider tests "$@"
