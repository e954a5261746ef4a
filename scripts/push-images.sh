#!/usr/bin/env bash
# push-images.sh DESTINATION: pushes the agent and the relay of out/images/, each as one index of its architectures, to
# DESTINATION/depmap-PART:VERSION, such as docker://ghcr.io/depmap. Prints the digest of each index: agent=sha256:...
set -euo pipefail
cd "$(dirname "$0")/.."

destination=${1:?usage: push-images.sh DESTINATION}
version=$(scripts/property.sh VersionPrefix)
storage=$(mktemp -d)
trap 'rm -rf "$storage"' EXIT
buildah() { command buildah --storage-driver vfs --root "$storage/root" --runroot "$storage/run" "$@"; }

for part in agent relay; do
  index=localhost/depmap-$part:$version
  buildah manifest create "$index" >/dev/null
  for arch in amd64 arm64; do
    archive=out/images/depmap-$part-$arch.tar
    [[ -f $archive ]] || { echo "error: there is no $archive. Try: make image ARCH=$arch" >&2; exit 1; }
    buildah manifest add "$index" "oci-archive:$archive" >/dev/null
  done
  buildah manifest push --quiet --all --format oci --digestfile "$storage/digest" "$index" "$destination/depmap-$part:$version" >&2
  echo "$part=$(cat "$storage/digest")"
done
