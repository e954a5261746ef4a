#!/usr/bin/env bash
# dist.sh [OS/ARCH...|all]: packs the plugin for these of scripts/platforms, by default for all that this machine can build, into
# out/dist/: archives, SHA256SUMS, Krew's manifest, Homebrew's formula and an SBOM. make publishes each program that is older than
# its sources. The same programs make the same bytes.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

version=$(scripts/property.sh VersionPrefix)
dist=out/dist
platforms=$(awk -v wanted=" $* " '
  !/^#/ && (wanted == "  " ? $5 != "release" : wanted == " all " || index(wanted, " " $1 "/" $2 " ")) { print $1, $2, $3, $4 }
' scripts/platforms)
for platform in "$@"; do
  [[ $platform == all ]] || grep -q "^${platform/\// } " <<<"$platforms" ||
    { echo "error: scripts/platforms has no $platform" >&2; exit 1; }
done

rm -rf "$dist"
mkdir -p "$dist"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

while read -r os arch runtime form; do
  suffix='' script=''
  [[ $os != windows ]] || suffix=.exe script=.cmd
  program=out/publish/$runtime/plugin/kubectl-depmap$suffix
  make --silent --no-print-directory "$program" </dev/null >&2
  folder=$work/$os-$arch
  mkdir "$folder"
  install -m 755 "$program" "packaging/archive/depmap$script" "packaging/archive/kubectl_complete-depmap$script" "$folder"
  install -m 644 LICENSE "$folder"
  # zip knows no time before 1980.
  touch --date='1980-01-01 00:00:00Z' "$folder"/*
  archive=$PWD/$dist/kubectl-depmap_${os}_$arch.$form
  case $form in
    tar.gz) tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$folder" -c . | gzip -n >"$archive" ;;
    zip) (cd "$folder" && printf '%s\n' * | TZ=UTC zip -Xq "$archive" -@) ;;
  esac
done <<<"$platforms"

scripts/sbom.sh plugin "$dist/kubectl-depmap.cdx.json"
(cd "$dist" && sha256sum kubectl-depmap* >SHA256SUMS)

# Without an archive, Krew's manifest leaves its platform out, and there is no formula.
sum_of() { awk -v file="$1" '$2 == file { print $1 }' "$dist/SHA256SUMS"; }

# As krew-release-bot renders it.
platform=''
while IFS= read -r line; do
  line=${line//'{{ .TagName }}'/v$version}
  case $line in
    '  - selector:'*) platform=$line$'\n' ;;
    *'{{addURIAndSha '*)
      url=${line#*\"} url=${url%\"*}
      sum=$(sum_of "${url##*/}")
      platform+="    uri: $url"$'\n'"    sha256: $sum"$'\n'
      ;;
    '    bin: '*) [[ -z $sum ]] || printf '%s%s\n' "$platform" "$line" ;;
    '#'*) ;;
    *) if [[ -n $platform ]]; then platform+=$line$'\n'; else printf '%s\n' "$line"; fi ;;
  esac
done <krew-manifest.yaml >"$dist/krew-manifest.yaml"

while IFS= read -r line; do
  line=${line//@VERSION@/$version}
  if [[ $line == *'@SHA256 '* ]]; then
    file=${line#*@SHA256 } file=${file%%@*}
    sum=$(sum_of "$file")
    line=${line/@SHA256 $file@/$sum}
  fi
  [[ $line == '# A template:'* ]] || printf '%s\n' "$line"
done <packaging/homebrew/depmap.rb >"$dist/depmap.rb"
! grep -q 'sha256 ""' "$dist/depmap.rb" || rm "$dist/depmap.rb"
ls "$dist"
