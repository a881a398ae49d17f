# Sourced by the scripts that build: installs what a Debian machine lacks and sets up the build tool.
# On other systems, and without root, it says what is missing and goes on; CMake then downloads or leaves out parts.

say() { printf '\n== %s\n' "$*"; }

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# need COMMAND=PACKAGE... PACKAGE...: a package with a command is needed only when the command is not there.
need() {
    local item missing=()
    for item in "$@"; do
        case $item in
            *=*) command -v "${item%%=*}" >/dev/null || missing+=("${item#*=}") ;;
            *) ! command -v dpkg-query >/dev/null || is_installed "$item" || missing+=("$item") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    install_packages "${missing[@]}"
}

install_packages() {
    local as_root=()
    if ! command -v apt-get >/dev/null; then
        say "Not a Debian machine: going on without $*"
        return 0
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
            say "No root here: going on without $*"
            return 0
        fi
        as_root=(sudo -n)
    fi
    say "Installing $*"
    "${as_root[@]}" apt-get update -qq </dev/null || true
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" </dev/null || say "apt-get failed; going on"
}

need_build_tools() {
    need g++=g++ cmake=cmake git=git python3=python3 ninja=ninja-build pkg-config=pkg-config \
        libasio-dev libcpp-httplib-dev nlohmann-json3-dev libssl-dev libzstd-dev
}

need_test_tools() { need curl=curl openssl=openssl catch2 libbenchmark-dev; }

# The one test that needs it is skipped without it.
need_browser() { command -v chromium >/dev/null || need chromium-headless-shell=chromium-headless-shell; }

# Ninja and ccache where they are; one job per core, and no more than memory carries (a compiler takes about 1 GiB).
set_up_build() {
    local gigabytes
    if command -v ninja >/dev/null; then export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}; fi
    if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER:-ccache}; fi
    jobs=$(nproc)
    gigabytes=$(awk '/^MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo 2>/dev/null || echo "$jobs")
    if [ "$jobs" -gt "$gigabytes" ]; then jobs=$((gigabytes > 0 ? gigabytes : 1)); fi
    export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$jobs}
    export CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$jobs}
}
