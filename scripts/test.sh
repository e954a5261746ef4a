#!/usr/bin/env bash
# Runs all tests, on a fresh machine too: installs missing packages, builds, runs each test project, prints the total time and
# ends with "N passed, N failed". As root: the tests load eBPF programs and make network namespaces.
set -uo pipefail
cd "$(dirname "$0")/.."

results=$PWD/out/test-results
rm -rf "$results"
mkdir -p "$results"
export KERNELS=${KERNELS:-6.1 6.12}
trap 'trap - INT TERM; kill 0' INT TERM

tracked_changes() { git status --porcelain 2>/dev/null && git diff HEAD 2>/dev/null | sha256sum; }

# finish BROKEN: BROKEN counts what failed without a test result.
finish() {
	local broken=$1 counts
	jobs -pr | xargs -r kill
	if [ "$(tracked_changes)" != "$changes" ]; then
		echo "FAILED the tests changed tracked files:"
		git status --short
		broken=$((broken + 1))
	fi
	# The failed tests again, for readers who see only the end.
	awk '/<UnitTestResult .*outcome="Failed"/ { match($0, /testName="[^"]*"/); print "FAILED " substr($0, RSTART + 10, RLENGTH - 11) }
		sub(/.*<Message>/, "") { lines = 20 }
		lines > 0 { if (sub(/<\/Message>.*/, "")) lines = 1; print "  " $0; lines-- }' "$results"/*.trx 2>/dev/null
	counts=$(sed -n 's/.*<Counters total="[0-9]*" executed="[0-9]*" passed="\([0-9]*\)" failed="\([0-9]*\)".*/\1 \2/p' \
		"$results"/*.trx 2>/dev/null | awk -v broken="$broken" '{ p += $1; f += $2 } END { print p + 0, f + broken }')
	echo "total time: $((SECONDS / 60)) min $((SECONDS % 60)) s"
	echo "${counts% *} passed, ${counts#* } failed"
	[ "${counts#* }" = 0 ]
	exit
}

# step NAME COMMAND...: runs a command and prints how long it took.
step() {
	local name=$1 start=$SECONDS status=0
	shift
	"$@" || status=$?
	echo "$name: $((SECONDS - start)) s"
	return $status
}

# background NAME COMMAND...: starts a step; `await NAME` waits for it, prints its output and returns its status.
background() {
	step "$@" >"$results/$1.log" 2>&1 &
	steps[$1]=$!
}
declare -A steps

await() {
	local status=0
	wait "${steps[$1]}" || status=$?
	cat "$results/$1.log"
	return $status
}

run_tests() {
	local name=${1#test/}
	dotnet test "$1" -c Release --no-build --nologo --logger "console;verbosity=minimal" \
		--logger "trx;LogFileName=$name.trx" --results-directory "$results" && return
	# A project that could not run, or did not end, has no result that says so.
	grep -q 'outcome="Failed" testListId' "$results/$name.trx" 2>/dev/null || { echo "FAILED $name: not all of it ran"; return 1; }
}

changes=$(tracked_changes)
step setup scripts/setup.sh image cluster dist shells pages kernels || finish 1
# Mostly waits for the network.
background download test/kernels/download $KERNELS
step build make image || finish 1
step "build of the tests" dotnet build Depmap.sln -c Release --nologo -v quiet || finish 1
await download || finish 1

broken=0
# The tests on a cluster and in the lab mostly wait, but for times that they check: nothing that computes runs beside them.
background Cluster.Tests run_tests test/Cluster.Tests
for project in Unit.Agent Unit.Relay Unit.Plugin Unit.Structure Pages.Tests Bpf Lab.Tests; do
	step "$project" run_tests "test/$project" || broken=$((broken + 1))
done
await Cluster.Tests || broken=$((broken + 1))
# Beside the emulated kernels, whose clocks stop with them, only what does not look at the clock.
if step guest make guest; then
	background Kernel.Tests run_tests test/Kernel.Tests
else
	broken=$((broken + 1))
fi
step dist make dist && step Dist.Tests run_tests test/Dist.Tests || broken=$((broken + 1))
step Scripts.Tests run_tests test/Scripts.Tests || broken=$((broken + 1))
[ -z "${steps[Kernel.Tests]-}" ] || await Kernel.Tests || broken=$((broken + 1))
finish "$broken"
