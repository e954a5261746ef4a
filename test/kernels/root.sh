#!/usr/bin/env bash
# root.sh ARCH: makes out/kernels/root-ARCH.cpio, the root file system that test/kernels/boot starts other kernels with, out of
# the Debian packages that the lab needs.
set -euo pipefail
cd "$(dirname "$0")/../.."

arch=${1:?usage: root.sh ARCH, as Debian names it}
packages=(
  bash coreutils libc-bin grep sed findutils mawk procps util-linux mount kmod busybox-static
  iproute2 nftables conntrack iputils-ping curl socat jq dnsmasq-base python3 bpftool libbpf1 libstdc++6
)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
ln -s usr/bin usr/sbin usr/lib usr/lib64 "$root"
scripts/unpack.sh "$arch" - "$root" "${packages[@]}"
rm -rf "$root"/usr/share/{doc,man,locale,info,bash-completion} "$root"/usr/lib/python3*/{test,idlelib,lib2to3,pydoc_data} \
  "$root"/usr/lib/*-linux-gnu/{gconv,perl-base}
# What the maintainer scripts of the packages would do. Python is slow to start in an emulated machine without compiled modules.
python3 -m compileall -q -s "$root" "$root"/usr/lib/python3*
ln -s bash "$root/usr/bin/sh" 2>/dev/null || ln -sf bash "$root/usr/bin/sh"
ln -sf mawk "$root/usr/bin/awk"
ln -sf "$(basename "$root"/usr/bin/python3.*[0-9])" "$root/usr/bin/python3"
for library in "$root"/usr/lib/*-linux-gnu/libbpf.so.1; do ln -s libbpf.so.1 "${library%.1}"; done
mkdir -p "$root"/{proc,sys,dev,run,tmp,root,etc/netns,var/tmp}
printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
: >"$root/etc/resolv.conf"
install -m 755 test/kernels/init "$root/init"

mkdir -p out/kernels
(cd "$root" && find . | cpio --quiet -o -H newc) >"out/kernels/root-$arch.cpio.new"
mv "out/kernels/root-$arch.cpio.new" "out/kernels/root-$arch.cpio"
