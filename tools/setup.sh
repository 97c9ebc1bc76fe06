#!/bin/sh
# Makes the virtual environment that the Makefile works in, with headgate and its tools inside.
#
#   HOST_PYTHON=python3.12 sh tools/setup.sh .venv
#
# uv installs in seconds; where it cannot be had, pip does the same in about a minute.
set -eu

venv=${1:?"usage: sh tools/setup.sh VENV"}

say() { printf 'setup: %s\n' "$*"; }
give_up() { printf 'setup: %s\n' "$@" >&2; exit 1; }

new_enough() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for name in "${HOST_PYTHON:-python3}" python3.13 python3.12 python3.11 python3 python; do
        if new_enough "$name"; then
            echo "$name"
            return
        fi
    done
}

make_venv() {
    say "making $venv with $("$1" --version)"
    if "$1" -m venv --clear "$venv" >/dev/null 2>&1; then
        return
    fi
    # Debian ships Python without ensurepip; the pip of the machine can serve the environment.
    if "$1" -m pip --version >/dev/null 2>&1 && "$1" -m venv --clear --without-pip "$venv"; then
        "$1" -m pip --python "$venv/bin/python" install --quiet pip && return
    fi
    give_up "$1 cannot make a virtual environment: it has neither ensurepip nor pip." \
            "On Debian and Ubuntu: apt-get install python3-venv python3-pip"
}

python=$(find_python)
[ -n "$python" ] || give_up "Python 3.11 or newer is needed, and none was found." \
    "Name one with: make HOST_PYTHON=/path/to/python3.12"

# An environment that was moved, or whose Python is gone or too old, is made anew.
if ! new_enough "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    make_venv "$python"
fi

export PIP_DISABLE_PIP_VERSION_CHECK=1
say "installing headgate and its tools into $venv"
if "$venv/bin/python" -m pip install --quiet uv >/dev/null 2>&1 &&
   VIRTUAL_ENV="$venv" "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" -e '.[dev]'; then
    say "done"
else
    say "uv did not do it; pip takes over"
    "$venv/bin/python" -m pip install --quiet -e '.[dev]' ||
        give_up "the packages of pyproject.toml could not be installed; see the message above"
    say "done"
fi
