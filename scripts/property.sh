#!/usr/bin/env bash
# property.sh NAME: prints a property of Directory.Build.props: VersionPrefix, Repository (its owner and name) or ImageRegistry.
set -euo pipefail
cd "$(dirname "$0")/.."

grep -q "<${1:?usage: property.sh NAME}>" Directory.Build.props || { echo "error: Directory.Build.props has no $1" >&2; exit 1; }
sed -n "s|.*<$1>\(.*\)</$1>.*|\1|p" Directory.Build.props
