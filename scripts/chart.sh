#!/usr/bin/env bash
# chart.sh: packs the Helm chart of chart/ with this version and the licence: out/chart/depmap and the archive beside
# it. The same input gives the same bytes. The chart names the images of REGISTRY, with AGENT_DIGEST and RELAY_DIGEST if they are set;
# if no registry is set, its users must set one.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(scripts/property.sh VersionPrefix)
registry=${REGISTRY:-$(scripts/property.sh ImageRegistry)}
agent_digest=${AGENT_DIGEST:-$(scripts/property.sh AgentDigest)}
relay_digest=${RELAY_DIGEST:-$(scripts/property.sh RelayDigest)}
chart=out/chart/depmap
rm -rf out/chart
mkdir -p "$chart"
cp -r chart/. "$chart"
cp LICENSE "$chart"
sed -i "s/^\(version\|appVersion\): .*/\1: $version/" "$chart/Chart.yaml"
[[ -z $registry ]] || cat >>"$chart/Chart.yaml" <<ANNOTATIONS
annotations:
  depmap/registry: "$registry"
  depmap/agent-digest: "$agent_digest"
  depmap/relay-digest: "$relay_digest"
ANNOTATIONS
tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime=@0 -C out/chart -c depmap |
  gzip -n9 >"out/chart/depmap-$version.tgz"
ls out/chart
