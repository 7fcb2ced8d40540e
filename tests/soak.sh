#!/usr/bin/env bash
# Calls of every kind for some minutes while servers, Redis and connections are broken,
# one thing after the other:
#
#     tests/soak.sh [minutes] [seed]
#
# The same seed breaks the same things in the same order.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v redis-server >/dev/null || {
    echo "tests/soak.sh: 'redis-server' is missing; tests/run.sh installs it" >&2
    exit 1
}
export SOAK_MINUTES="${1:-3}"
[ $# -lt 2 ] || export SOAK_SEED="$2"
exec cargo test --locked --all-features --test integration \
    calls_of_every_kind_outlive -- --ignored --nocapture
