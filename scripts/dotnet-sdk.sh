#!/usr/bin/env bash
# dotnet-sdk.sh: downloads the .NET SDK of dotnet-sdk.sha512 into .dotnet/ of this checkout, for distributions that do not package
# it. Does nothing if it is there. DOTNET_SDK_URL: a mirror of builds.dotnet.microsoft.com/dotnet.
# The version and the checksums are those of the vendor's release notes (dotnet/core, release-notes/10.0).
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "error: $*" >&2
  exit 1
}

case $(uname -m) in
  x86_64) runtime=linux-x64 ;;
  aarch64) runtime=linux-arm64 ;;
  *) fail "this checkout has no checksum of a .NET SDK for $(uname -m). Install the .NET 10 SDK and put dotnet in PATH" ;;
esac
read -r sum archive < <(grep -- "-$runtime\.tar\.gz$" scripts/dotnet-sdk.sha512)
version=${archive#dotnet-sdk-}
version=${version%"-$runtime.tar.gz"}
[[ ! -d .dotnet/sdk/$version ]] || exit 0

url=${DOTNET_SDK_URL:-https://builds.dotnet.microsoft.com/dotnet}/Sdk/$version/$archive
echo "installing: .NET SDK $version in .dotnet/" >&2
# On the same file system as .dotnet, so that it is complete when it appears.
work=$(mktemp -d "$PWD/.dotnet.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
reason=$(curl -fsSL --retry 2 --connect-timeout 20 --speed-limit 1000 --speed-time 60 -o "$work/archive" "$url" 2>&1) ||
  fail "cannot download $url: ${reason##*$'\n'}. Try: DOTNET_SDK_URL=MIRROR make setup, or install the .NET 10 SDK"
sha512sum --check --status - <<<"$sum  $work/archive" ||
  fail "$url is not what it should be: its SHA-512 is not the one in scripts/dotnet-sdk.sha512. Nothing was installed"
mkdir "$work/sdk"
reason=$(tar -xzf "$work/archive" --no-same-owner -C "$work/sdk" 2>&1) || fail "cannot unpack $archive: ${reason%%$'\n'*}"
[[ -x $work/sdk/dotnet ]] || fail "$archive has no program dotnet"
rm -rf .dotnet
mv "$work/sdk" .dotnet
