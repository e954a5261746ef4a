#!/usr/bin/env bash
# chart.sh: makes the Helm chart, out/chart/depmap and the archive beside it. The objects are those that the plugin
# itself would install: it is asked for them with marked values, and Helm's expressions take the marks' places. So
# what an installation is stands in manifests/ and cmd/Install alone. The same input makes the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's|.*<VersionPrefix>\(.*\)</VersionPrefix>.*|\1|p' Directory.Build.props)
chart=out/chart/depmap
rm -rf out/chart
mkdir -p "$chart"
cp -r chart/. "$chart"
cp LICENSE "$chart"
sed -i "s/^\(version\|appVersion\): .*/\1: $version/" "$chart/Chart.yaml"

marks=$(mktemp)
trap 'rm -f "$marks"' EXIT
cat >"$marks" <<'MARKS'
namespace: mark-namespace
image: { agent: mark.image.agent, relay: mark.image.relay }
pullSecret: mark.pullSecret
nodeSelector: { mark.nodeSelector: "" }
tolerations: [mark.tolerations]
persist: { size: mark.persist.size, class: mark.persist.class }
agent: { logLevel: mark.agent.logLevel, flowSlots: mark.agent.flowSlots, maxConnections: mark.agent.maxConnections, attach: mark.agent.attach }
relay: { logLevel: mark.relay.logLevel, flows: mark.relay.flows, maxEdges: mark.relay.maxEdges }
MARKS
out/kubectl-depmap install --dry-run=client -o yaml --values "$marks" | awk -f scripts/chart.awk >"$chart/templates/depmap.yaml"
if left=$(grep -n 'mark[.-]' "$chart/templates/depmap.yaml"); then
  echo "error: scripts/chart.awk knows no expression for: $left" >&2
  exit 1
fi
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C out/chart -c depmap | gzip -n9 >"out/chart/depmap-$version.tgz"
ls out/chart
