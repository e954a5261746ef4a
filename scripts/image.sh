#!/usr/bin/env bash
# image.sh agent|relay ARCH: packs the published program as an OCI archive in out/images/, with buildx of Docker or else with
# buildah. The name of the image is REGISTRY (default localhost)/depmap-PART:VERSION (default the version of the product).
set -euo pipefail
cd "$(dirname "$0")/.."

part=${1:?usage: image.sh agent|relay ARCH}
arch=${2:?usage: image.sh agent|relay ARCH}
program=depmap-$part
# The image has no loader for dynamic programs.
case $arch in
  amd64) runtime=linux-x64 machine='X86-64' ;;
  arm64) runtime=linux-arm64 machine=AArch64 ;;
  *) echo "error: no such architecture: $arch. Try: amd64 or arm64" >&2; exit 1 ;;
esac
folder=$PWD/out/publish/$runtime/$part
headers=$(readelf --file-header --program-headers --wide "$folder/$program" 2>/dev/null || true)
if [[ $headers != *Machine:*"$machine"* || $headers == *INTERP* ]]; then
  echo "error: ${folder#"$PWD"/}/$program is not a static program for $arch. Try: make image ARCH=$arch" >&2
  exit 1
fi
version=${VERSION:-$(scripts/property.sh VersionPrefix)}
reference=${REGISTRY:-localhost}/$program:$version
archive=$PWD/out/images/$program-$arch.tar
mkdir -p out/images
rm -f "$archive"

# The build context holds the program only.
context=$(mktemp -d)
storage=$(mktemp -d)
trap 'rm -rf "$context" "$storage"' EXIT
install -m 755 "$folder/$program" "$context/$program"
build=(--quiet --platform "linux/$arch" --build-arg "VERSION=$version" --file "images/Dockerfile.$part" --tag "$reference")
# Docker's own builder cannot write an OCI archive.
if [[ $(docker buildx inspect 2>/dev/null) =~ Driver:\ +(docker-container|kubernetes|remote) ]]; then
  docker buildx build "${build[@]}" --provenance=false --output "type=oci,dest=$archive" "$context" >/dev/null
else
  # A storage of its own leaves other images of this machine alone.
  buildah() { command buildah --storage-driver vfs --root "$storage/root" --runroot "$storage/run" "$@"; }
  buildah build "${build[@]}" --isolation chroot --timestamp 0 "$context" >/dev/null
  buildah push --quiet "$reference" "oci-archive:$archive:$reference"
fi
echo "$reference in ${archive#"$PWD"/}, $(du -h "$archive" | cut -f1)"
