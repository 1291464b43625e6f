#!/bin/sh
# Builds mediasoup's worker from the sources in its npm package, against the distribution's libraries.
# Nothing is downloaded but, as root on Debian, the packages that are missing.
#
#   build.sh <folder of the mediasoup package> <build folder>
#
# Leaves <build folder>/mediasoup-worker. WORKER_OPT (default -O2) sets the optimisation, WORKER_UNITY_GROUPS
# (default 4) in how many translation units the sources are compiled; 0 compiles each source alone.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
mediasoup=$(cd "${1:?folder of the mediasoup package}" && pwd)
build=${2:?build folder}
packages="g++ cmake ninja-build libssl-dev libuv1-dev libsrtp2-dev flatbuffers-compiler libflatbuffers-dev"

if ! command -v dpkg-query >/dev/null; then
  # Not Debian: CMake itself says which library it misses.
  missing=
  for tool in g++ cmake ninja flatc; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
  done
  if [ -n "$missing" ]; then
    echo "missing:$missing. The build needs what Debian calls: $packages" >&2
    exit 1
  fi
else
  missing=
  for package in $packages; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
  done
  if [ -n "$missing" ] && [ "$(id -u)" != 0 ]; then
    echo "missing packages:$missing" >&2
    echo "get them with: sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 1
  fi
  if [ -n "$missing" ]; then
    echo "installing with apt-get:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086  # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing
  fi
fi

compile() {
  cmake -S "$here" -B "$build" -G Ninja -DMEDIASOUP_DIR="$mediasoup" \
    -DWORKER_OPT="${WORKER_OPT:--O2}" -DWORKER_UNITY_GROUPS="$1" >/dev/null &&
    ninja -C "$build" mediasoup-worker
}

groups=${WORKER_UNITY_GROUPS:-4}
if ! compile "$groups"; then
  [ "$groups" != 0 ] || exit 1
  echo "trying again, each source alone (about 5 times slower)" >&2
  compile 0
fi

# A worker that can run exits with 41 when MEDIASOUP_VERSION is not set.
status=0
env -i "$build/mediasoup-worker" >/dev/null 2>&1 || status=$?
if [ "$status" != 41 ]; then
  echo "the worker was built but does not run (status $status)" >&2
  exit 1
fi
