#!/usr/bin/env bash
# sbom.sh agent|relay|plugin FILE: writes what is linked into a published program as CycloneDX JSON: its NuGet packages, the .NET
# runtime, and the static C libraries with the versions of their packages. The same program makes the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

part=${1:?usage: sbom.sh agent|relay|plugin FILE}
file=${2:?usage: sbom.sh agent|relay|plugin FILE}
case $part in
  agent) project=agent program=depmap-agent libraries=(libbpf-dev libelf-dev zlib1g-dev) ;;
  relay) project=relay program=depmap-relay libraries=(libsqlite3-dev) ;;
  plugin) project=cmd program=kubectl-depmap libraries=() ;;
  *) echo "error: no such program: $part. Try: agent, relay or plugin" >&2; exit 1 ;;
esac
# Linked into each: scripts/sysroot.sh has the same list.
libraries+=(libc6-dev "libgcc-$(gcc -dumpversion | cut -d. -f1)-dev" libssl-dev)
version=$(scripts/property.sh VersionPrefix)
# What NuGet restores for the program, on every platform.
assets=$project/obj/linux-x64/project.assets.json
[[ -f $assets ]] || dotnet restore $project -p:RuntimeIdentifier=linux-x64 -v quiet >&2
# shellcheck source=/dev/null
distribution=$(. /etc/os-release && echo "$ID")

# One line a component: name, version, where it is from, licence.
{
  # Packages with an assembly for the program, which tools of the build do not have; then the runtime.
  jq -r '(.targets | to_entries[] | select(.key | contains("/")).value | to_entries[]
        | select(.value.type == "package" and (.value.runtime // {} | length > 0)).key),
      (.project.frameworks[].downloadDependencies[]? | select(.name | startswith("Microsoft.NETCore.App.Runtime."))
        | "Microsoft.NETCore.App/" + (.version | ltrimstr("[") | split(",")[0]))' "$assets" | LC_ALL=C sort -u |
    while IFS=/ read -r name package_version; do
      licence=MIT # the runtime's
      if [[ $name != Microsoft.NETCore.App ]]; then
        folder=$(jq -r '.packageFolders | keys[0]' "$assets")${name,,}/${package_version,,}
        licence=$(sed -n 's|.*<license type="expression">\(.*\)</license>.*|\1|p' "$folder/${name,,}.nuspec")
      fi
      printf '%s\t%s\tnuget\t%s\n' "$name" "$package_version" "$licence"
    done
  dpkg-query -W -f "\${source:Package}\t\${Version}\tdeb/$distribution\t\n" "${libraries[@]}" | LC_ALL=C sort -u
} | jq -RnS --arg program "$program" --arg version "$version" --arg licence "$(scripts/property.sh PackageLicenseExpression)" '
  def component: split("\t") | {type: "library", name: .[0], version: .[1]}
    + {purl: "pkg:\(.[2])/\(.[0])@\(.[1] | @uri)\(if .[2] == "nuget" then "" else "?arch=source" end)"}
    + if .[3] == "" then {} else {licenses: [{expression: .[3]}]} end
    | . + {"bom-ref": .purl};
  {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {component: {type: "application", name: $program, version: $version, licenses: [{expression: $licence}]}},
    components: [inputs | component]
  }' >"$file"
