# Sourced by the scripts beside it: says what is done, and installs what is missing. Debian 12 is what it knows.

step() { printf '\n==> %s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Each row: the package, and a command that it brings if that may also have come another way ("-" if not).
build_packages=(
    "g++ g++" "cmake cmake" "ninja-build ninja" "pkg-config pkg-config" "ca-certificates -"
    "libboost1.81-dev -" "libboost-json1.81-dev -" "libboost-url1.81-dev -" "libssl-dev -" "libc-ares-dev -"
    "libsqlite3-dev -" "libspdlog-dev -" "libyaml-cpp-dev -" "libcli11-dev -" "prometheus-cpp-dev -"
    "libsystemd-dev -" "libgtest-dev -" "libgmock-dev -" "python3 -" "dpkg-dev dpkg-shlibdeps"
)
test_packages=("python3-pytest -" "tmux tmux" "libxml2-utils xmllint" "openssl openssl" "curl curl" "man-db man")
# What the tests labelled "full" need besides: npm, the tools that make a network and disks of their own, the witness of
# system calls, shells that complete commands, what judges the package, what makes a Debian to install it in and boots it,
# and what builds and runs containers.
full_packages=("nodejs node" "npm npm" "python3-yaml -" "iproute2 ip" "util-linux unshare" "strace strace"
    "zsh zsh" "fish fish" "lintian lintian" "debootstrap debootstrap" "systemd-container systemd-nspawn"
    "buildah buildah" "podman podman" "runc runc")
# What scripts/bench needs besides; nginx, which it unpacks itself, needs libpcre2.
bench_packages=("libbenchmark-dev -" "wrk wrk" "nodejs node" "npm npm" "libpcre2-8-0 -" "util-linux taskset")
# What CI needs besides: a second compiler, the formatter, the linter, and what bench/ is built with.
ci_packages=("libbenchmark-dev -" "clang-16 clang++-16" "clang-format clang-format" "clang-tidy clang-tidy")

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "root is needed to run: $*; run this as root, or install sudo"
    fi
}

is_installed() { # package command
    if [ "$2" != - ] && command -v "$2" >/dev/null; then return 0; fi
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_missing() { # rows…
    command -v dpkg-query >/dev/null || die "this script installs Debian packages; on another system see CONTRIBUTING.md"
    local row missing=()
    for row in "$@"; do
        # shellcheck disable=SC2086 # two words a row
        is_installed $row || missing+=("${row%% *}")
    done
    if [ ${#missing[@]} = 0 ]; then
        echo "all packages are there"
        return
    fi
    echo "installing: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
}

# Sees to a command whose package would start a service: unpacks it into build/NAME instead, and adds that to the PATH.
unpack_missing() { # package command folder-in-it
    PATH=$PATH:$3:$PWD/build/$1$3
    if command -v "$2" >/dev/null; then return; fi
    echo "unpacking: $1"
    mkdir -p "build/$1"
    (cd "build/$1" && apt-get download -qq "$1" && dpkg-deb -x "$1"_*.deb .)
}

build() { # preset targets…
    local preset=$1
    shift
    cmake --preset "$preset" >/dev/null
    if [ $# = 0 ]; then cmake --build --preset "$preset"; else cmake --build --preset "$preset" --target "$@"; fi
}
