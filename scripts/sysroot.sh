#!/usr/bin/env bash
# sysroot.sh ARCH: makes out/sysroot/ARCH with the libraries and headers of another architecture, and its toolchain.cmake.
# Installs nothing on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

arch=${1:?usage: sysroot.sh ARCH, by its Debian name}
sysroot=$PWD/out/sysroot/$arch
# libc, the library of gcc, and the libraries that the programs link statically.
packages=(libc6-dev "libgcc-$(gcc -dumpversion | cut -d. -f1)-dev" libssl-dev libbpf-dev libelf-dev zlib1g-dev libzstd-dev
  libsqlite3-dev)

case $arch in
  arm64) triplet=aarch64-linux-gnu ;;
  amd64) triplet=x86_64-linux-gnu ;;
  *) echo "error: no such architecture: $arch. Try: arm64 or amd64" >&2; exit 1 ;;
esac

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
scripts/unpack.sh "$arch" - "$root" "${packages[@]}"
cat >"$root/toolchain.cmake" <<CMAKE
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${triplet%%-*})
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET $triplet)
set(CMAKE_SYSROOT $sysroot)
set(CMAKE_EXE_LINKER_FLAGS_INIT -fuse-ld=lld)
set(CMAKE_LIBRARY_ARCHITECTURE $triplet)
set(CMAKE_FIND_ROOT_PATH $sysroot)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
CMAKE
# The folder is complete when it appears, as make only looks whether it exists.
rm -rf "$sysroot"
mkdir -p "$(dirname "$sysroot")"
chmod 755 "$root"
mv "$root" "$sysroot"
touch "$sysroot"
