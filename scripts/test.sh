#!/usr/bin/env bash
# All tests, on a fresh machine too: installs what is missing, builds, runs every test project, and ends with
# "N passed, N failed". As root: the tests load eBPF and make network namespaces.
set -uo pipefail
cd "$(dirname "$0")/.."

results=$PWD/out/test-results
rm -rf "$results"

finish() {
	local counts
	# Once more at the end, for who sees only that: which tests failed, and how.
	awk '/<UnitTestResult .*outcome="Failed"/ { match($0, /testName="[^"]*"/); print "FAILED " substr($0, RSTART + 10, RLENGTH - 11) }
		sub(/.*<Message>/, "") { lines = 6 }
		lines > 0 { if (sub(/<\/Message>.*/, "")) lines = 1; print "  " $0; lines-- }' "$results"/*.trx 2>/dev/null
	counts=$(sed -n 's/.*<Counters total="[0-9]*" executed="[0-9]*" passed="\([0-9]*\)" failed="\([0-9]*\)".*/\1 \2/p' \
		"$results"/*.trx 2>/dev/null | awk -v broken="$1" '{ p += $1; f += $2 } END { print p + 0, f + broken }')
	echo "${counts% *} passed, ${counts#* } failed"
	[ "${counts#* }" = 0 ]
	exit
}

scripts/setup.sh || finish 1
scripts/setup.sh kernels || finish 1
make all guest || finish 1
dotnet build Depmap.sln -c Release --nologo -v quiet || finish 1

broken=0
for project in test/Unit.Agent test/Unit.Relay test/Unit.Plugin test/Bpf test/Lab.Tests test/Kernel.Tests test/Cluster.Tests; do
	name=$(basename "$project")
	dotnet test "$project" -c Release --no-build --nologo --logger "console;verbosity=minimal" \
		--logger "trx;LogFileName=$name.trx" --results-directory "$results" && continue
	# One that could not run, or did not come to its end, has no result that says so.
	grep -q 'outcome="Failed" testListId' "$results/$name.trx" 2>/dev/null || { echo "FAILED $name: not all of it ran"; broken=$((broken + 1)); }
done
finish "$broken"
