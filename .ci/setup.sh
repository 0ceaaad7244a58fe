# What ./run and ./test share: installing what is missing, and building. Sourced from the project's
# folder.
# shellcheck shell=bash

readonly BUILD_PACKAGES=(gcc libc6-dev cmake ninja-build pkg-config libuv1-dev libpcre2-dev
    libcjson-dev libcurl4-openssl-dev libmicrohttpd-dev libsqlite3-dev libconfuse-dev
    libsystemd-dev zlib1g-dev libzstd-dev)

say() {
    printf '%s\n' "$*"
}

missing_packages() {
    local name
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed ||
            printf '%s\n' "$name"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Servers are installed to be started by tests, on ports of their own. Debian's way of telling
# packages not to start theirs is a policy-rc.d: it is there while they are installed, unless there
# was one already.
install_packages() {
    local policy=/usr/sbin/policy-rc.d held=0 status=0
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        held=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "$@" || status=$?
    if [ "$held" -eq 1 ]; then
        as_root rm -f "$policy"
    fi
    return "$status"
}

# need PACKAGE...: installs those that are missing. Nothing is asked of apt when none is.
need() {
    if ! command -v dpkg-query >/dev/null; then
        say "This is not a Debian: please see to it that these are there: $*"
        return 0
    fi
    local missing
    mapfile -t missing < <(missing_packages "$@")
    if [ "${#missing[@]}" -eq 0 ]; then
        return 0
    fi
    say "Installing ${missing[*]}"
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        say "That needs root: run it as root, or install sudo." >&2
        return 1
    fi
    mkdir -p build/log
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >build/log/apt.log 2>&1 ||
        say "apt-get update had faults (build/log/apt.log); going on with the lists that are there."
    install_packages "${missing[@]}" >>build/log/apt.log 2>&1 || {
        tail -n 20 build/log/apt.log >&2
        return 1
    }
}

# build PRESET [cmake options]: configures and builds it (only `targets`, when there are some). What
# was said is in build/log/PRESET.log.
targets=()
build() {
    local preset=$1 log=build/log/$1.log only=()
    shift
    mkdir -p build/log
    if [ "${#targets[@]}" -gt 0 ]; then
        only=(--target "${targets[@]}")
    fi
    if command -v ninja >/dev/null && [ ! -e "build/$preset/CMakeCache.txt" ]; then
        export CMAKE_GENERATOR=Ninja
    fi
    {
        cmake --preset "$preset" "$@" &&
            cmake --build --preset "$preset" --parallel "$(nproc)" "${only[@]}"
    } >"$log" 2>&1
}
