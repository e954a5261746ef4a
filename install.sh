#!/bin/sh
# install.sh: installs depmap, which is kubectl-depmap too, from the archives of a release.
#
#   curl -sSfL https://raw.githubusercontent.com/depmap/depmap/main/install.sh | sh
#
# VERSION   the version, such as 0.1.0; by default the newest
# PREFIX    the programs are put into PREFIX/bin; by default /usr/local if that is writable, else ~/.local
# BASE_URL  where the releases are, for a mirror
set -eu

fail() {
  echo "error: $*" >&2
  exit 1
}

# platform: the operating system and the architecture as the archives name them.
platform() {
  system=$(uname -s)
  machine=$(uname -m)
  case $system in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    MINGW* | MSYS* | CYGWIN*) fail "this script does not install on Windows. Try: kubectl krew install depmap" ;;
    *) fail "there is no release for $system. Try: build it from its sources" ;;
  esac
  case $machine in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "there is no release for $system on $machine. Try: build it from its sources" ;;
  esac
  # A shell under Rosetta says x86_64.
  if [ $os = darwin ] && [ "$(sysctl -n hw.optional.arm64 2>/dev/null)" = 1 ]; then arch=arm64; fi
}

# download URL FILE
download() {
  if [ "$client" = curl ]; then
    curl -fsSL --connect-timeout 20 -o "$2" "$1" 2>"$work/error"
  else
    wget -nv -t 1 -T 20 -O "$2" "$1" 2>"$work/error"
  fi || fail "cannot download $1: $(last_error)"
}

last_error() {
  grep . "$work/error" | tail -n 1
}

# first_of PROGRAM...: the first that this machine has.
first_of() {
  for program in "$@"; do
    if command -v "$program" >/dev/null; then
      echo "$program"
      return
    fi
  done
  return 1
}

# can_write FOLDER: whether files can be put there, perhaps after making it.
can_write() {
  parent=$1
  while [ ! -e "$parent" ]; do parent=$(dirname "$parent"); done
  [ -d "$parent" ] && [ -w "$parent" ]
}

# folder: where the programs are put.
folder() {
  if [ -n "${PREFIX:-}" ]; then
    bin=$PREFIX/bin
  elif can_write /usr/local/bin; then
    bin=/usr/local/bin
  else
    bin=${HOME:?}/.local/bin
  fi
  can_write "$bin" || fail "cannot write to $bin. Try: PREFIX=\$HOME/.local"
}

# The programs get their names only when all of them are there.
install() {
  { mkdir -p "$bin" && staged=$(mktemp -d "$bin/.depmap.XXXXXX") &&
    cp "$work/kubectl-depmap" "$work/kubectl_complete-depmap" "$staged"; } 2>"$work/error" ||
    fail "cannot write to $bin: $(last_error)"
  chmod 755 "$staged"/*
  ln -s kubectl-depmap "$staged/depmap"
  for name in kubectl-depmap kubectl_complete-depmap depmap; do
    mv -f "$staged/$name" "$bin/$name" 2>"$work/error" || fail "cannot write $bin/$name: $(last_error)"
  done
}

clean_up() {
  rm -rf "$work" ${staged:+"$staged"}
}

# The whole script is read before anything is done: a script that is cut off does nothing.
main() {
  platform
  client=$(first_of curl wget) || fail "downloading needs curl or wget. Install one of them"
  sums=$(first_of sha256sum shasum) || fail "verifying the download needs sha256sum or shasum. Install one of them"
  folder
  releases=${BASE_URL:-https://github.com/depmap/depmap/releases}
  if [ -n "${VERSION:-}" ]; then
    release=$releases/download/v${VERSION#v}
  else
    release=$releases/latest/download
  fi
  archive=kubectl-depmap_${os}_$arch.tar.gz

  staged=''
  work=$(mktemp -d) || fail "cannot make a temporary folder"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  download "$release/SHA256SUMS" "$work/SHA256SUMS"
  expected=$(awk -v file="$archive" '$2 == file { print $1 }' "$work/SHA256SUMS")
  [ -n "$expected" ] || fail "$release/SHA256SUMS does not list $archive"
  download "$release/$archive" "$work/$archive"
  if [ "$sums" = shasum ]; then sums='shasum -a 256'; fi
  actual=$($sums "$work/$archive" | cut -d ' ' -f 1)
  [ "$actual" = "$expected" ] ||
    fail "$release/$archive is damaged: its SHA-256 sum is $actual, SHA256SUMS says $expected. Try again"
  tar -xzf "$work/$archive" -C "$work" 2>"$work/error" || fail "cannot unpack $archive: $(last_error)"
  install

  echo "installed depmap and kubectl-depmap in $bin"
  case :$PATH: in
    *:"$bin":*) echo "next: depmap try" ;;
    *) echo "$bin is not in your PATH. Next: export PATH=\"$bin:\$PATH\"" ;;
  esac
}

main "$@"
