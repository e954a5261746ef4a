#!/usr/bin/env bash
# bootstrap.sh: builds Depmap in a virtual machine of Multipass, on macOS, Windows (Git Bash) or any Linux: see --help. For the
# bash 3.2 of macOS.
set -euo pipefail
cd "$(dirname "$0")/.."
# Git Bash would turn arguments such as /tmp into Windows paths.
export MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*'

NAME=depmap CPUS=4 MEMORY=8G DISK=40G
IMAGE=24.04

usage() {
  cat <<END
usage: scripts/bootstrap.sh [OPTION...] [TARGET...]

Builds Depmap in a virtual machine (Multipass, Ubuntu $IMAGE): makes the machine, installs the build dependencies in it with
scripts/setup.sh, runs make, and copies the results to out/. Called again, it uses the same machine and builds what has changed.
TARGET is a target of make (default all image): scripts/bootstrap.sh dist builds the archives of the plugin for all platforms.

  --name NAME      name of the virtual machine (default $NAME)
  --cpus N         its CPUs (default $CPUS)
  --memory SIZE    its memory (default $MEMORY)
  --disk SIZE      its disk (default $DISK)
  --delete         delete the virtual machine that this script made
  --help           print this text
END
}

fail() {
  echo "error: $*" >&2
  exit 1
}

step() { echo "$*" >&2; }

delete='' sizes='' targets=()
while (($#)); do
  case $1 in
    --help | -h) usage && exit ;;
    --delete) delete=1 ;;
    --name=* | --cpus=* | --memory=* | --disk=*)
      option=${1%%=*} value=${1#*=}
      shift
      set -- "$option" "$value" ${@+"$@"}
      continue
      ;;
    --name | --cpus | --memory | --disk)
      (($# > 1)) || fail "$1 needs a value. Try: scripts/bootstrap.sh --help"
      case $1 in
        --name) NAME=$2 ;;
        --cpus) CPUS=$2 sizes=1 ;;
        --memory) MEMORY=$2 sizes=1 ;;
        --disk) DISK=$2 sizes=1 ;;
      esac
      shift
      ;;
    -*) fail "unknown option $1. Try: scripts/bootstrap.sh --help" ;;
    *) targets+=("$1") ;;
  esac
  shift
done
[[ $NAME =~ ^[A-Za-z][A-Za-z0-9-]*$ ]] || fail "--name has letters, digits and hyphens, not \"$NAME\""
[[ $CPUS =~ ^[1-9][0-9]*$ ]] || fail "--cpus is a number, not \"$CPUS\""
[[ $MEMORY =~ ^[1-9][0-9]*[KMG]$ ]] || fail "--memory is a size such as 8G, not \"$MEMORY\""
[[ $DISK =~ ^[1-9][0-9]*[KMG]$ ]] || fail "--disk is a size such as 40G, not \"$DISK\""
((${#targets[@]})) || targets=(all image)

if ! command -v multipass >/dev/null; then
  case $(uname -s) in
    Darwin) install='brew install --cask multipass' ;;
    Linux) install='snap install multipass' ;;
    *) install='winget install Canonical.Multipass' ;;
  esac
  fail "multipass is not installed. Try: $install"
fi
command -v git >/dev/null || fail "git is not installed"

# Without input: multipass would take what is meant for this script. On Windows its lines end with CR LF.
multipass() { command multipass "$@" </dev/null; }

# The state of the virtual machine, such as Running; nothing if there is none.
state() {
  local list
  list=$(multipass list --format csv) || fail "multipass does not answer. Try: multipass list"
  tr -d '\r' <<<"$list" | awk -F, -v name="$NAME" '$1 == name { print $2 }'
}

# This file says that this script made the machine.
mine=.vm-$NAME
found=$(state)
[[ -z $found || -e $mine ]] ||
  fail "the virtual machine $NAME was not made by scripts/bootstrap.sh of this folder. Use another --name"

if [[ -n $delete ]]; then
  if [[ -z $found ]]; then
    echo "there is no virtual machine $NAME"
  else
    multipass delete --purge "$NAME" || fail "cannot delete the virtual machine $NAME. Try: multipass delete --purge $NAME"
    echo "deleted the virtual machine $NAME"
  fi
  rm -f "$mine"
  exit
fi

launch() {
  step "making the virtual machine $NAME: $CPUS CPUs, $MEMORY memory, $DISK disk"
  # Upgrades in the background would hold the lock of apt.
  printf '%s\n' '#cloud-config' 'packages: [git]' "apt: {conf: 'APT::Periodic::Enable \"0\";'}" >out/vm/cloud-init.yaml
  : >"$mine"
  multipass launch "$IMAGE" --name "$NAME" --cpus "$CPUS" --memory "$MEMORY" --disk "$DISK" --timeout 1800 \
    --cloud-init out/vm/cloud-init.yaml && return
  [[ -n $(state) ]] || rm -f "$mine"
  fail "cannot make the virtual machine $NAME. Try: scripts/bootstrap.sh --delete, then again, with less --memory or --disk"
}

resume() {
  step "starting the virtual machine $NAME"
  multipass start "$NAME" || fail "cannot start the virtual machine $NAME. Try: scripts/bootstrap.sh --delete, then again"
}

# In the checkout, because the snap of Multipass cannot read /tmp.
mkdir -p out/vm
trap 'rm -rf out/vm' EXIT
[[ -z $found || -z $sizes ]] || step "the virtual machine $NAME keeps its size: --cpus, --memory and --disk are for a new one"
case $found in
  '') launch ;;
  Running) ;;
  Stopped | Suspended) resume ;;
  Deleted)
    multipass recover "$NAME" || fail "cannot recover the deleted virtual machine $NAME. Try: multipass purge, then again"
    resume
    ;;
  *) fail "the virtual machine $NAME is in the state $found. Try again in a minute, or: multipass stop --force $NAME" ;;
esac

# inside COMMAND...: runs a command in the virtual machine, and ends with its exit code if it fails.
inside() {
  local status=0
  multipass exec "$NAME" -- "$@" || status=$?
  ((status == 0)) && return
  echo "error: ${*} failed in the virtual machine $NAME. To look at it: multipass shell $NAME" >&2
  exit "$status"
}

# The files of this folder as they are now, new ones included, as a commit without a parent. The machine fetches it, so only what
# has changed gets a new time there and is built again.
step "copying the sources"
GIT_INDEX_FILE=$PWD/out/vm/index
export GIT_INDEX_FILE
git read-tree HEAD
git add --all
commit=$(git -c user.name=depmap -c user.email=depmap@localhost commit-tree -m sources "$(git write-tree)")
unset GIT_INDEX_FILE
git update-ref refs/depmap/vm "$commit"
git bundle create --quiet out/vm/sources.bundle refs/depmap/vm
git update-ref -d refs/depmap/vm
multipass transfer out/vm/sources.bundle "$NAME:depmap.bundle" || fail "cannot copy the sources to the virtual machine $NAME"
inside git init --quiet depmap
inside git -C depmap fetch --quiet ../depmap.bundle refs/depmap/vm
inside git -C depmap reset --quiet --hard FETCH_HEAD

step "installing the build dependencies"
inside sudo depmap/scripts/setup.sh image
step "building: make ${targets[*]}"
inside sudo make -C depmap "${targets[@]}"

step "copying the results"
inside tar -C depmap -czf depmap.tar.gz --exclude out/publish --exclude out/sysroot --exclude out/kernels --exclude out/test-results out
multipass transfer "$NAME:depmap.tar.gz" out/vm/results.tar.gz || fail "cannot copy the results from the virtual machine $NAME"
tar -xzf out/vm/results.tar.gz
rm -rf out/vm
echo "in out/:" out/*
