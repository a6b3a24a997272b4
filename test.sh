#!/usr/bin/env bash
# Everything that must pass, on PostgreSQL servers of its own: build, format, tests. Closes with "N passed, N failed".
#
#   ./test.sh                        all of it
#   ./test.sh -class '*OrderState*'  options of the xunit runner choose tests (see: ./test.sh -help); build and format still run
#   ./test.sh bench [CLASS]          the benchmarks, built for release; they print figures and assert nothing about time
#   ./test.sh bench CheckoutCost [--against COMMIT] [--rounds N] [--seconds S] [--growth] [--only ROW,…]
#   ./test.sh soak [CLASS]           what takes too long for every day; prints figures and asserts as the tests do
#
# SOONSHOP_TEST_DATA (.data/): in it a new folder for databases and logs of this run, removed after a good one.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 NO_COLOR=1
# What a developer has set for a shop of the own must not steer the tests.
for name in ${!SOONSHOP_@} ${!Silo__@} ${!Accounts__@} ${!Checkout__@} ${!Storage__@} ${!Streams__@} ${!Events__@} ${!Notifications__@} ${!Payments__@} ${!StripeServer__@} ${!Auth__@} ${!Cluster__@} ${!Admission__@} ${!Http__@} ${!Cors__@} ${!RateLimits__@} ${!Versions__@} ${!Caching__@} ${!Privacy__@} ${!Audit__@} ${!Dashboard__@} ${!Telemetry__@} ${!Logging__@} ${!Kestrel__@} ${!ConnectionStrings__@} DOTNET_ENVIRONMENT ASPNETCORE_ENVIRONMENT ASPNETCORE_URLS; do
  [[ $name == SOONSHOP_TEST_DATA || $name == SOONSHOP_CACHE || $name == SOONSHOP_FUZZ_SEED || $name == SOONSHOP_SOAK_MINUTES ]] || unset "$name"
done
mkdir -p "${SOONSHOP_TEST_DATA:=$root/.data}"
SOONSHOP_TEST_DATA=$(mktemp -d "$(cd "$SOONSHOP_TEST_DATA" && pwd)/tests.XXXXXX")
export SOONSHOP_TEST_DATA

clean_up() {
  local server
  for server in "$SOONSHOP_TEST_DATA"/*/pgdata; do
    [[ ! -d $server ]] || "$root/deploy/postgres.sh" stop --data "$(dirname "$server")" --mode immediate >/dev/null 2>&1 || true
  done
  if [[ ${passed:-} == true ]]; then rm -rf "$SOONSHOP_TEST_DATA"; else echo "Databases and logs of this run: $SOONSHOP_TEST_DATA"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

closing() { printf '%s passed, %s failed\n' "$1" "$2"; }

run=()
case ${1:-} in
  bench)
    if (( $# > 2 )) && [[ $2 != CheckoutCost ]]; then printf "test.sh: only the benchmark CheckoutCost takes options, not '%s'\n" "$2" >&2; passed=true; exit 64; fi
    export SOONSHOP_BENCH_OPTIONS=${*:3}
    if [[ -n ${2:-} ]]; then class="*$2"; else class='*.Benchmarks.*'; fi
    set -- -explicit only -parallelMode none -showLiveOutput -class "$class" ;;
  soak) set -- -explicit only -parallelMode none -showLiveOutput -class "*${2:-Soak}" ;;
  # A process of a test lives for seconds: what it calls some dozens of times is not worth being compiled once more.
  *) run=(env DOTNET_TieredPGO=0 DOTNET_TC_CallCountThreshold=800) ;;
esac

echo "Building."
# What is tested is what is shipped.
dotnet build "$root/SoonShop.sln" -c Release -v quiet --nologo || { closing 0 1; exit 1; }
# Style and the layout of C# are errors of the build (IDE0055); this is for what it does not see, such as the end of a file.
echo "Checking the format."
dotnet format whitespace "$root" --folder --verify-no-changes || { closing 0 1; exit 1; }
echo "Testing."
# Fetches or starts the server once, before tests ask for it side by side.
"$root/deploy/postgres.sh" start --data "$SOONSHOP_TEST_DATA/postgres" >/dev/null || { closing 0 1; exit 1; }
results=$SOONSHOP_TEST_DATA/results.xml
code=0
# Tests wait for processes more than they work: more of them side by side than there are cores.
"${run[@]}" dotnet "$root/Tests/bin/Release/net10.0/SoonShop.Tests.dll" -result-xml "$results" -noLogo -maxThreads 2x "$@" || code=$?

total() { grep -oE "<assembly [^>]*" "$results" | grep -oE " $1=\"[0-9]+\"" | grep -oE '[0-9]+' | head -1; }
if [[ ! -s $results ]]; then closing 0 1; exit 1; fi
ran_ok=$(total passed) failed=$(( $(total failed) + $(total errors) ))
if (( code == 0 && ran_ok == 0 )); then code=1 failed=1; fi
if (( code == 0 )); then passed=true; fi
(( code == 0 || failed > 0 )) || failed=1
closing "$ran_ok" "$failed"
exit $code
