#!/usr/bin/env bash
# image.sh agent|relay: packs out/static/PART as an OCI archive in out/images/, by Docker where it is, else by buildah.
# REGISTRY (default: localhost) and VERSION (default: the program's own) make its name.
set -euo pipefail
cd "$(dirname "$0")/.."

part=${1:?usage: image.sh agent|relay}
program=depmap-$part
folder=$PWD/out/static/$part
case $("$folder/$program" --version 2>/dev/null) in
  '') echo "error: $folder/$program does not run. Try: make image" >&2; exit 1 ;;
esac
version=${VERSION:-$("$folder/$program" --version)}
version=${version%%+*} # a tag has no '+': what is built from is not part of the name
reference=${REGISTRY:-localhost}/$program:$version
archive=$PWD/out/images/$program-amd64.tar
mkdir -p out/images
rm -f "$archive"

# Only the program is given to the build.
context=$(mktemp -d)
storage=$(mktemp -d)
trap 'rm -rf "$context" "$storage"' EXIT
install -m 755 "$folder/$program" "$context/$program"
if docker buildx version >/dev/null 2>&1; then
  docker buildx build --quiet --provenance=false --file "images/Dockerfile.$part" --tag "$reference" \
    --output "type=oci,dest=$archive" "$context" >/dev/null
else
  # A store of its own: whatever else the machine keeps stays as it is.
  buildah() { command buildah --storage-driver vfs --root "$storage/root" --runroot "$storage/run" "$@"; }
  buildah build --quiet --isolation chroot --timestamp 0 --arch amd64 --file "images/Dockerfile.$part" --tag "$reference" "$context" >/dev/null
  buildah push --quiet "$reference" "oci-archive:$archive:$reference"
fi
echo "$reference in ${archive#"$PWD"/}, $(du -h "$archive" | cut -f1)"
