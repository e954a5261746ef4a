#!/usr/bin/env bash
# chart.sh: packs the Helm chart of chart/ with this version and the licence: out/chart/depmap and the archive beside
# it. The same input gives the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's|.*<VersionPrefix>\(.*\)</VersionPrefix>.*|\1|p' Directory.Build.props)
chart=out/chart/depmap
rm -rf out/chart
mkdir -p "$chart"
cp -r chart/. "$chart"
cp LICENSE "$chart"
sed -i "s/^\(version\|appVersion\): .*/\1: $version/" "$chart/Chart.yaml"
tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime=@0 -C out/chart -c depmap |
  gzip -n9 >"out/chart/depmap-$version.tgz"
ls out/chart
