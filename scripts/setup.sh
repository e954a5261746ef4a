#!/usr/bin/env bash
# setup.sh [image] [cluster] [dist] [shells] [pages] [kernels] [kernels-arm64]: installs the packages that building and testing need,
# on Debian or Ubuntu.
# image: also those that make images. cluster: also those of a Kubernetes node. dist: also those that try a release, and what checks
# its workflow. shells: also the shells whose completion is tested. pages: also a browser and what tests pages in it. kernels: also
# those that run other kernels.
# The .NET SDK comes from the distribution, or else by dotnet-sdk.sh. Does nothing when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

# In this order: the BPF programs; the agent's libbpf, the programs' OpenSSL and the relay's SQLite, linked statically; the lab and
# the unit tests.
PACKAGES=(
  clang llvm lld make gcc cmake
  libbpf-dev libelf-dev zlib1g-dev libzstd-dev libssl-dev libsqlite3-dev
  nftables iproute2 procps conntrack iputils-ping libfaketime curl socat python3 dnsmasq-base jq zip graphviz
  ca-certificates
)
POWERSHELL=7.6.9
npm_folders=() wants_powershell=''
for part in "$@"; do
  case $part in
    # As in image.sh: Docker's own builder cannot write an OCI archive.
    image) [[ $(docker buildx inspect 2>/dev/null) =~ Driver:\ +(docker-container|kubernetes|remote) ]] || PACKAGES+=(buildah) ;;
    cluster) PACKAGES+=(containerd runc containernetworking-plugins busybox-static iperf3 iptables ipset kmod openssl xz-utils) ;;
    dist)
      PACKAGES+=(busybox-static dash file git ruby qemu-user-static shellcheck unzip wget)
      # It runs programs of this machine's architecture only.
      [[ $(uname -m) != x86_64 ]] || PACKAGES+=(wine wine64)
      npm_folders+=(test/Dist.Tests/workflows)
      ;;
    kernels) PACKAGES+=(cpio kmod xz-utils qemu-system-x86) ;;
    shells) PACKAGES+=(zsh fish) wants_powershell=1 ;;
    pages)
      PACKAGES+=(chromium fonts-dejavu-core)
      npm_folders+=(test/Pages.Tests/browser)
      ;;
    kernels-arm64) PACKAGES+=(cpio kmod xz-utils qemu-system-arm) ;;
    *)
      echo "error: usage: $0 [image] [cluster] [dist] [shells] [pages] [kernels] [kernels-arm64]" >&2
      exit 1
      ;;
  esac
done
((${#npm_folders[@]} == 0)) || command -v npm >/dev/null || PACKAGES+=(nodejs npm)

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
update() {
  [[ -n $updated ]] || apt-get -qq update || fail "apt-get update failed"
  updated=1
}

available() { [[ $(apt-cache policy "$1") == *"Candidate: "[0-9]* ]]; }

install() {
  local package absent=()
  update
  for package in "$@"; do
    available "$package" || absent+=("$package")
  done
  ((${#absent[@]} == 0)) || fail "the package sources of $PRETTY_NAME do not have ${absent[*]}. $(add_component)"
  echo "installing: $*" >&2
  DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "$@" >/dev/null || fail "apt-get could not install $*"
}

# All packages are in these components.
add_component() {
  if [[ $ID == ubuntu ]]; then
    echo "Try: add-apt-repository --yes universe && make setup"
  else
    echo "Add the component main to /etc/apt/sources.list and run make setup again"
  fi
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

# bpf_map_create and other functions that the agent calls are not in older versions.
libbpf=$(dpkg-query -W -f '${Version}' libbpf-dev)
dpkg --compare-versions "$libbpf" ge 1:1.0 ||
  fail "the agent needs libbpf 1.0, and $PRETTY_NAME has ${libbpf#*:}. Build in a virtual machine instead: scripts/bootstrap.sh"

PATH=$PWD/.dotnet:$PATH
if ! [[ $'\n'$(dotnet --list-sdks 2>/dev/null) == *$'\n'10.* ]]; then
  update
  if available dotnet-sdk-10.0; then
    install dotnet-sdk-10.0
  else
    scripts/dotnet-sdk.sh
  fi
fi

# Debian does not have it. Not in .dotnet/, which dotnet-sdk.sh replaces.
if [[ -n $wants_powershell && ! -d .dotnet-tools/.store/powershell/$POWERSHELL ]]; then
  rm -rf .dotnet-tools
  echo "installing: PowerShell $POWERSHELL in .dotnet-tools/" >&2
  DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 dotnet tool install PowerShell --version "$POWERSHELL" --tool-path .dotnet-tools >/dev/null ||
    fail "dotnet could not install PowerShell"
fi

# As the lock file says, without scripts of packages.
for folder in ${npm_folders[@]+"${npm_folders[@]}"}; do
  npm ls --prefix "$folder" >/dev/null 2>&1 ||
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund >/dev/null || fail "npm could not install the packages"
done

[[ -r /sys/kernel/btf/vmlinux ]] ||
  fail "this kernel has no BTF (/sys/kernel/btf/vmlinux). Boot a kernel with CONFIG_DEBUG_INFO_BTF=y, such as Debian's or Ubuntu's"
