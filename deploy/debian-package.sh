#!/usr/bin/env bash
# Programs from Debian's packages, for development and tests: as root they are installed with the package manager, as an
# ordinary user a private copy is fetched and unpacked.
#
#   deploy/debian-package.sh program NAME PACKAGE...            print the path of a program, getting its packages if needed
#   deploy/debian-package.sh install PACKAGE...                 (root) install
#   deploy/debian-package.sh fetch [--only REGEX] DIR PACKAGE...   unpack the packages, and the libraries missing here, into DIR
#
# REGEX (extended): which other packages than libraries are wanted (default: the named ones).
# Exit codes: 0 done, 1 failed, 64 wrong call. Nothing but the path goes to standard output.
# SOONSHOP_CACHE: where private copies go (default ~/.cache/soonshop, or below the temporary directory).
set -euo pipefail

say() { printf 'debian-package.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
usage() {
  say "usage: debian-package.sh program NAME PACKAGE... | install PACKAGE... | fetch [--only REGEX] DIR PACKAGE..."
  exit 64
}

need_tools() {
  local d
  for d in apt-get apt-cache dpkg; do
    type -P "$d" >/dev/null || die "there is no $d here: install $* by other means"
  done
}

# In a subshell, so that the lock ends with it.
install() ( # packages
  need_tools "$@"
  (( EUID == 0 )) || die "only root can install packages"
  exec 8</var/lib/dpkg
  flock -w 600 8 || die "another installation does not end"
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
  # A service that a package brings must not start: tests and run.sh start their own.
  policy=/usr/sbin/policy-rc.d made=""
  if [[ ! -e $policy ]]; then printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"; made=$policy; fi
  trap '[[ -z $made ]] || rm -f -- "$made"' EXIT
  {
    apt-get -q update || say "the package lists are not all fresh"
    apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@" || die "apt-get failed to install $*"
  } >&2 8<&-
)

# With a package state of its own.
fetch() ( # directory, extended regular expression, packages
  dir=$(realpath -m -- "$1") only=$2
  shift 2
  need_tools "$@"
  began=$(date +%s)
  mkdir -p -- "${dir%/*}" || die "${dir%/*} cannot be made"
  exec 8>>"$dir.lock"
  flock -w 600 8 || die "another download does not end"
  # Somebody else fetched it while this waited.
  if [[ -d $dir ]] && (( $(stat -c %Y -- "$dir") >= began )); then exit 0; fi
  say "fetching $* into $dir"
  rm -rf -- "$dir".new.*
  new=$(mktemp -d "$dir.new.XXXXXX")
  trap 'rm -rf -- "$new"' EXIT
  mkdir -p "$new"/{state/lists/partial,cache/archives/partial,debs,root}
  opts=(-q -o "Dir::State=$new/state" -o Dir::State::status=/var/lib/dpkg/status -o "Dir::Cache=$new/cache"
    -o Debug::NoLocking=1 -o Acquire::Languages=none)
  {
    apt-get "${opts[@]}" update || say "the package lists are not all fresh"
    # What is missing here, without what only just-in-time compilation or Perl needs; never a second libc.
    mapfile -t wanted < <(apt-cache "${opts[@]}" --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
      --no-replaces --no-enhances depends "$@" | grep -E "^($only)\$" || true)
    mapfile -t pkgs < <(apt-get "${opts[@]}" -s --reinstall --no-install-recommends install "$@" "${wanted[@]}" |
      awk '$1 == "Inst" { print $2 }' | sort -u | grep -E "^($only|lib.*)\$" |
      grep -vE '^(libllvm|libz3|libperl|libc6$|libc-)|-(dev|perl)$')
    (( ${#pkgs[@]} > 0 )) || die "apt-get finds no way to install $*"
    (cd "$new/debs" && apt-get "${opts[@]}" download "${pkgs[@]}") || die "the download of $* failed"
    for deb in "$new"/debs/*.deb; do dpkg -x "$deb" "$new/root"; done
    rm -rf -- "$dir"
    mv -T -- "$new/root" "$dir"
    touch -- "$dir"
  } >&2 8>&-
)

# A program of this name that can be run: the system's, or a private copy's through a script that sets its library path.
find_program() { # name, private copy
  local path bin libs
  for path in "$(type -P "$1" || true)" "/usr/sbin/$1"; do
    if [[ -n $path && -x $path ]]; then echo "$path"; return 0; fi
  done
  # In a private copy a script of usr/bin would look for its program below /usr/lib: that program comes first.
  for bin in "$2/usr/lib/$1" "$2"/usr/sbin "$2"/usr/bin; do
    [[ -f $bin/$1 && -x $bin/$1 ]] || continue
    libs=$(shopt -s nullglob; printf '%s:' "$2"/usr/lib/*-linux-gnu* "$2"/lib/*-linux-gnu*)
    # By rename: another process may be running the script just now.
    printf '#!/bin/sh\nexport LD_LIBRARY_PATH=%q\nexec %q "$@"\n' "${libs%:}" "$bin/$1" >"$2/$1.$$"
    chmod 755 -- "$2/$1.$$"
    mv -fT -- "$2/$1.$$" "$2/$1"
    echo "$2/$1"
    return 0
  done
  return 1
}

program() { # name, packages
  local name=$1 cache
  shift
  if [[ -n ${SOONSHOP_CACHE:-} ]]; then cache=$(realpath -m -- "$SOONSHOP_CACHE")
  elif [[ -n ${HOME:-} && -w $HOME ]]; then cache=$HOME/.cache/soonshop
  else cache=${TMPDIR:-/tmp}/soonshop-cache-$(id -u); fi
  find_program "$name" "$cache/$1" && return 0
  if (( EUID == 0 )); then install "$@"; else fetch "$cache/$1" "$(IFS='|'; echo "$*")" "$@"; fi
  find_program "$name" "$cache/$1" || die "$* brought no $name"
}

export LC_ALL=C.UTF-8
umask 022
command=${1:-}
shift || usage
case $command in
  program) (( $# >= 2 )) || usage; program "$@" ;;
  install) (( $# >= 1 )) || usage; install "$@" ;;
  fetch)
    only=""
    if [[ ${1:-} == --only ]]; then only=${2:-}; shift 2 || usage; fi
    (( $# >= 2 )) || usage
    dir=$1
    shift
    fetch "$dir" "${only:-$(IFS='|'; echo "$*")}" "$@" ;;
  *) usage ;;
esac
