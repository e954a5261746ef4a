#!/usr/bin/env bash
# unpack.sh ARCH SUITE FOLDER PACKAGE...: unpacks Debian packages of an architecture, with all that they depend on, into
# FOLDER. SUITE is a Debian release, such as bookworm, or - for the sources of this machine. What the machine itself has
# installed stays as it is. `META->*` stands for the packages that META depends on, alone.
set -euo pipefail

(($# >= 4)) || { echo "error: usage: unpack.sh ARCH SUITE FOLDER PACKAGE..." >&2; exit 1; }
arch=$1 suite=$2 folder=$3
shift 3

# apt with state of its own, in which nothing is installed yet: it names every package that these depend on.
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
: >"$state/status"
options=(
  -qq -o APT::Install-Recommends=false -o APT::Get::Assume-Yes=true -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User=root
  -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache"
)
if [[ $suite != - ]]; then
  # Another release lies where this machine's own does.
  apt-get indextargets --format '$(REPO_URI)' | sort -u >"$state/uris"
  while read -r uri; do
    case $uri in
      *debian-security/) echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite-security main" ;;
      *debian/) echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" ;;
    esac
  done <"$state/uris" >"$state/sources.list"
  options+=(-o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=-)
  [[ -s $state/sources.list ]] || { echo "error: this machine's package sources are not Debian's, so $suite cannot be had" >&2; exit 1; }
fi

apt-get "${options[@]}" update >&2 || { echo "error: cannot read the package lists of ${suite/#-/this machine} for $arch" >&2; exit 1; }
alone=''
if [[ $1 == *'->*' ]]; then
  alone=1
  mapfile -t depends < <(apt-cache "${options[@]}" depends --important "${1%->\*}" | sed -n 's/^ *Depends: //p')
  set -- "${depends[@]}"
fi
if [[ -n $alone ]]; then
  (cd "$state/cache/archives" && apt-get "${options[@]}" download "$@" >&2)
else
  apt-get "${options[@]}" --download-only install "$@" >&2
fi || { echo "error: this machine's package sources have no $* for $arch. Try: sources that list $arch too (Ubuntu's are apart, as ports)" >&2; exit 1; }

mkdir -p "$folder"
for package in "$state"/cache/archives/*.deb; do
  # Packages from before the merge of /bin into /usr/bin go through the links.
  dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$folder"
done
