#!/usr/bin/env bash
# setup.sh [image] [cluster] [kernels] [kernels-arm64]: installs the packages that building and testing need on Debian or Ubuntu.
# image: also those that make images. cluster: also those of a Kubernetes node. kernels: also those that run other kernels.
# Does nothing when nothing is missing.
set -euo pipefail

# In this order: the BPF programs; the agent's libbpf and the programs' OpenSSL, linked statically; the lab.
PACKAGES=(
  clang llvm lld make gcc cmake
  libbpf-dev libelf-dev zlib1g-dev libzstd-dev libssl-dev
  nftables iproute2 procps conntrack iputils-ping libfaketime curl socat python3 dnsmasq-base jq
  ca-certificates
)
for part in "$@"; do
  case $part in
    image) docker buildx version >/dev/null 2>&1 || PACKAGES+=(buildah) ;;
    cluster) PACKAGES+=(containerd runc containernetworking-plugins busybox-static iperf3 iptables ipset kmod openssl xz-utils) ;;
    kernels) PACKAGES+=(cpio kmod xz-utils qemu-system-x86) ;;
    kernels-arm64) PACKAGES+=(cpio kmod xz-utils qemu-system-arm) ;;
    *)
      echo "error: usage: $0 [image] [cluster] [kernels] [kernels-arm64]" >&2
      exit 1
      ;;
  esac
done

fail() {
  echo "error: $*" >&2
  exit 1
}

missing() {
  local installed package
  installed=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "$@" 2>/dev/null || true)"
  for package in "$@"; do
    [[ $installed == *" installed:$package "* ]] || echo "$package"
  done
}

updated=''
install() {
  echo "installing: $*" >&2
  [[ -n $updated ]] || apt-get -qq update || fail "apt-get update failed"
  updated=1
  DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "$@" >/dev/null || fail "apt-get could not install $*"
}

# Debian has a package bpftool. On Ubuntu a script looks for the bpftool of the running kernel, which may not be packaged, as in
# a container; that of any other kernel will do.
install_bpftool() {
  local newest
  if [[ $ID != ubuntu ]]; then
    install bpftool
    return
  fi
  install linux-tools-common linux-tools-generic
  bpftool version >/dev/null 2>&1 && return
  newest=$(find /usr/lib/linux-tools* -name bpftool -perm -u+x 2>/dev/null | sort -V | tail -n 1) || true
  [[ -n $newest ]] || fail "linux-tools-generic has no bpftool"
  ln -sf "$newest" /usr/local/sbin/bpftool
}

((EUID == 0)) || fail "installing packages needs root. Try: sudo $0"
[[ -r /etc/os-release ]] || fail "this system has no /etc/os-release. Install ${PACKAGES[*]} bpftool and the .NET 10 SDK"
# shellcheck source=/dev/null
. /etc/os-release
command -v apt-get >/dev/null || fail "$ID has no apt-get. Install ${PACKAGES[*]} bpftool and the .NET 10 SDK"

mapfile -t wanted < <(missing "${PACKAGES[@]}")
((${#wanted[@]} == 0)) || install "${wanted[@]}"
bpftool version >/dev/null 2>&1 || install_bpftool

if ! [[ $'\n'$(dotnet --list-sdks 2>/dev/null) == *$'\n'10.* ]]; then
  [[ -n $updated ]] || apt-get -qq update || fail "apt-get update failed"
  updated=1
  if [[ $(apt-cache policy dotnet-sdk-10.0) == *"Candidate: "[0-9]* ]]; then
    install dotnet-sdk-10.0
  else
    script="curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0 --install-dir /usr/share/dotnet"
    fail "$PRETTY_NAME has no package of the .NET 10 SDK. Try: $script && ln -sf /usr/share/dotnet/dotnet /usr/local/bin/"
  fi
fi

[[ -r /sys/kernel/btf/vmlinux ]] ||
  fail "this kernel has no BTF (/sys/kernel/btf/vmlinux). Boot a kernel with CONFIG_DEBUG_INFO_BTF=y, such as Debian's or Ubuntu's"
