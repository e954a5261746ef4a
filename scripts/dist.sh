#!/usr/bin/env bash
# dist.sh: packs the plugin for each of scripts/platforms, as published in out/publish/RUNTIME/plugin, into out/dist/, with
# the licence, SHA256SUMS and Krew's manifest. The same input makes the same bytes.
# RELEASES is the URL that the archives will be downloaded from.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's|.*<VersionPrefix>\(.*\)</VersionPrefix>.*|\1|p' Directory.Build.props)
releases=${RELEASES:-https://github.com/depmap/depmap/releases/download/v$version}
dist=out/dist
rm -rf "$dist"
mkdir -p "$dist"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

while read -r os arch runtime form; do
  [[ -n $os && $os != '#'* ]] || continue
  program=out/publish/$runtime/plugin/kubectl-depmap
  [[ $os != windows ]] || program+=.exe
  [[ -f $program ]] || { echo "error: there is no $program: publish it for $runtime first" >&2; exit 1; }
  archive=kubectl-depmap_${os}_$arch.$form
  folder=$work/$os-$arch
  mkdir -p "$folder"
  install -m 755 "$program" "$folder/"
  install -m 644 LICENSE "$folder/"
  tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$folder" -c . | gzip -n9 >"$dist/$archive"
  sum=$(sha256sum "$dist/$archive" | cut -d' ' -f1)
  cat >>"$work/platforms" <<PLATFORM
    - selector:
        matchLabels:
          os: $os
          arch: $arch
      uri: $releases/$archive
      sha256: $sum
      bin: $(basename "$program")
PLATFORM
done <scripts/platforms

(cd "$dist" && sha256sum kubectl-depmap_* >SHA256SUMS)
sed -e "s/@VERSION@/$version/" -e "/@PLATFORMS@/{r $work/platforms
d}" scripts/krew-manifest.template.yaml >"$dist/krew-manifest.yaml"
ls "$dist"
