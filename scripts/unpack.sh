#!/usr/bin/env bash
# unpack.sh ARCH SUITE FOLDER PACKAGE...: unpacks Debian packages of an architecture and their dependencies into FOLDER. SUITE is
# a Debian release, such as bookworm, or - for the package sources of this machine. Installs nothing on this machine. The package
# `META->*` stands for the direct dependencies of META only.
set -euo pipefail

(($# >= 4)) || { echo "error: usage: unpack.sh ARCH SUITE FOLDER PACKAGE..." >&2; exit 1; }
arch=$1 suite=$2 folder=$3
shift 3

# With its own state, in which no package is installed, apt finds all dependencies.
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
: >"$state/status"
options=(
  -qq -o APT::Install-Recommends=false -o APT::Get::Assume-Yes=true -o APT::Sandbox::User=root
  -o APT::Architecture="$arch" -o APT::Architectures="$arch"
  -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache"
)
if [[ $suite != - ]]; then
  # Mirrors have all releases.
  apt-get indextargets --format '$(REPO_URI)' | sort -u >"$state/uris"
  while read -r uri; do
    case $uri in
      *debian-security/) echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite-security main" ;;
      *debian/) echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" ;;
    esac
  done <"$state/uris" >"$state/sources.list"
  options+=(-o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=-)
  [[ -s $state/sources.list ]] ||
    { echo "error: $suite needs the package sources of Debian, which this machine does not have" >&2; exit 1; }
fi

apt-get "${options[@]}" update >&2 ||
  { echo "error: cannot read the package lists of ${suite/#-/this machine} for $arch" >&2; exit 1; }
direct=''
if [[ $1 == *'->*' ]]; then
  direct=1
  mapfile -t depends < <(apt-cache "${options[@]}" depends --important "${1%->\*}" | sed -n 's/^ *Depends: //p')
  set -- "${depends[@]}"
fi
if [[ -n $direct ]]; then
  (cd "$state/cache/archives" && apt-get "${options[@]}" download "$@" >&2)
else
  apt-get "${options[@]}" --download-only install "$@" >&2
fi || {
  echo "error: the package sources of this machine do not have all of $* for $arch. On Ubuntu, add ports.ubuntu.com for $arch" >&2
  exit 1
}

mkdir -p "$folder"
for package in "$state"/cache/archives/*.deb; do
  # Packages older than the merge of /bin into /usr/bin unpack through the link.
  dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$folder"
done
