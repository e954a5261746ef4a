#!/usr/bin/env bash
# kernel.sh SERIES ARCH: makes out/kernels/SERIES-ARCH/ with Debian's kernel of that series (vmlinuz) and its network modules
# (modules.cpio).
set -euo pipefail
cd "$(dirname "$0")/../.."

series=${1:?usage: kernel.sh SERIES ARCH} arch=${2:?usage: kernel.sh SERIES ARCH}
# The Debian release with this kernel.
case $series in
  5.10) suite=bullseye ;;
  6.1) suite=bookworm ;;
  6.12) suite=trixie ;;
  *) echo "error: no such kernel: $series. Try: 5.10, 6.1 or 6.12" >&2; exit 1 ;;
esac
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
scripts/unpack.sh "$arch" "$suite" "$root" "linux-image-cloud-$arch->*"

[[ -d $root/lib ]] || ln -s usr/lib "$root/lib" # newer packages have no /lib
release=$(ls "$root/lib/modules")
[[ $release == "$series".* ]] || { echo "error: $suite has kernel $release, not $series" >&2; exit 1; }
kept=$root/kept/lib/modules/$release
mkdir -p "$kept/kernel"
cp "$root/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$kept"
(cd "$root/lib/modules/$release/kernel" && cp -r --parents net lib crypto arch drivers/net "$kept/kernel")
find "$kept/kernel/drivers/net" -mindepth 1 -maxdepth 1 -type d ! -name vxlan -exec rm -rf {} +
depmod -b "$root/kept" "$release"
# /lib is a link in the root file system.
mv "$root/kept/lib" "$root/kept/usr-lib" && mkdir "$root/kept/usr" && mv "$root/kept/usr-lib" "$root/kept/usr/lib"

folder=out/kernels/$series-$arch
rm -rf "$folder.new"
mkdir -p "$folder.new"
cp "$root"/boot/vmlinuz-* "$folder.new/vmlinuz"
(cd "$root/kept" && find . | cpio --quiet -o -H newc) >"$folder.new/modules.cpio"
rm -rf "$folder"
mv "$folder.new" "$folder"
