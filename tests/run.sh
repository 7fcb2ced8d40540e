#!/usr/bin/env bash
# Runs the whole test suite. Installs what it needs and is missing, where that is
# Debian's package manager's to install; says what to install elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()

need() { # program, Debian package
    command -v "$1" >/dev/null || missing+=("$2")
}

need_python() { # module, Debian package
    "$(command -v /usr/bin/python3 || echo python3)" -c "import $1" 2>/dev/null || missing+=("$2")
}

need_ruby() { # library, Debian package
    ruby -e "require '$1'" 2>/dev/null || missing+=("$2")
}

need_php() { # extension, Debian package
    php -m 2>/dev/null | grep -qix "$1" || missing+=("$2")
}

install() { # Debian packages
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        as_root=(sudo)
    fi
    if ! command -v apt-get >/dev/null; then
        echo "tests/run.sh: install what these Debian packages hold and run this again: $*" >&2
        exit 1
    fi
    echo "tests/run.sh: installing $*"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # A package may start a server of its own: the tests start theirs.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

need redis-server redis-server
need python3 python3
need faketime faketime
need tmux tmux
# What peers in other languages are checked with and run by.
need_python redis python3-redis
need ruby ruby
need_ruby redis ruby-redis
need php php-cli
need_php redis php-redis
need mypy mypy
need node nodejs
need tsc node-typescript
if [ ${#missing[@]} != 0 ]; then
    install "${missing[@]}"
fi

# Most tests wait most of the time: for a lease to end, for a node to be missed.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-$((2 * $(nproc)))}"

# Examples first: tests run them.
cargo build --locked --examples --all-features
cargo test --locked --workspace --all-features --quiet "$@"
