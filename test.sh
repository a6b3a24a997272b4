#!/usr/bin/env bash
# Builds, checks the format and runs tests, on PostgreSQL servers of its own. ./test.sh --help tells what can be chosen.
set -euo pipefail

usage() {
  cat <<'END'
Usage: ./test.sh [SUITE | nightly | bench [CLASS] | soak [CLASS]] [OPTION]... [RUNNER OPTION]...

Builds, checks the format, and runs all tests but those of `nightly`. Ends with "N passed, N failed".

Suites, each of some minutes:
  e2e           a shop over HTTP: catalogue, carts, checkout, accounts
  api-gateway   the front end: routes and access, input, idempotency, limits, TLS
  user          accounts, passwords, sessions, API keys, addresses, erasure
  product       products, catalogue, search
  order         prices, carts, orders, checkout
  payment       the payment providers, captures, refunds, reconciliation
  inventory     stock and reservations
  notification  mail, inbox, webhooks
  events        events, streams, redelivery
  operations    metrics, logs, alerts, integrity check, backup, manifests

  nightly       what takes long: images, the upgrade under load, payments under fire at length
  bench [CLASS] the benchmarks; they print figures and assert nothing about time
                bench CheckoutCost [--against COMMIT] [--rounds N] [--seconds S] [--growth] [--only ROW,...]
                bench SearchBenchmark [PRODUCTS]
  soak [CLASS]  the long runs under load

Options:
  --no-setup ADDRESS  with e2e: test the shop that runs at ADDRESS, such as http://127.0.0.1:8080, instead of starting one. Start it with
                      RateLimits__Enabled=false. Its administrator is SOONSHOP_ADMIN_EMAIL and SOONSHOP_ADMIN_PASSWORD, by default those of
                      run.sh. Tests that look into the database are skipped.
  --no-cleanup        keep databases and logs, and leave PostgreSQL running
  --seed N            the seed of generated requests, to send the same again
  --limit MINUTES     the time for the tests, 40 by default and 120 for nightly; then they are ended, and the run has failed. What
                      benchmarks and soaks take is not limited
  --help              this text

Runner options choose tests of the selected ones, such as -class '*OrderState*' or -method '*.a_guest_buys_something':
  -class, -class-, -method, -method-, -namespace, -namespace-, -trait, -trait-, -filter, -explicit, -maxThreads, -parallelMode NAME;
  -showLiveOutput, -stopOnFail

Environment:
  SOONSHOP_TEST_DATA  in this folder (.data), each run makes one for databases and logs, and removes it after a good run
END
}

misused() {
  printf "test.sh: %s. See ./test.sh --help.\n" "$1" >&2
  exit 64
}

# The classes of a suite, below SoonShop.Tests.
classes_of() {
  case $1 in
    e2e) echo Api.{Purchase,Cart,Order,ExpectedTotal,Inventory,ProductEdit,Address,Account,Language}Tests ;;
    api-gateway) echo Api.{Access,Admission,BadInput,CatalogCache,Correlation,Framing,Fuzz,GeneratedClient,Idempotency,Language}Tests \
      Api.{OpenApi,Paging,RateLimit,SecurityHeader,ServerLimit,StartPage,Stranger,Tls,Version}Tests 'Client.*' \
      Rules.{AdmissionLimit,SlidingWindow,SlidingWindows,IdempotentRequest,Cursor}Tests ;;
    user) echo Api.{Account,AccountSafety,Address,ApiKey,EmailChange,KeyRotation,Privacy,Session,StoredSecret}Tests \
      Rules.{AddressRules,ApiKeyState,EmailAddress,EmailChange,Erasure,LoginThrottle,NewPassword,PersonalData,UserState}Tests \
      Grains.{SavedAddress,SetPassword}Tests Faults.{EmailChange,Erasure}CrashTests ;;
    product) echo Api.{AttributeFilter,Catalogue,CatalogCache,ProductEdit}Tests 'Search.*' \
      Rules.{CatalogChangeLog,Cursor,DisplayNames,ProductState,Sku}Tests ;;
    order) echo Api.{Purchase,Cart,ExpectedTotal,OneOpenOrder,Order,PaymentDeadline}Tests \
      Rules.{CartState,OrderNumber,OrderRefund,OrderState,OrderTotals}Tests \
      Grains.{CartCall,CheckoutClaim,Deadline,LateOrder,OrderHousekeeping}Tests Faults.{Checkout,Superseding}CrashTests 'Pricing.*' ;;
    payment) echo 'Payments.*' 'Rules.Payment*' 'Rules.Stripe*' Api.ManualCaptureTests Faults.{Payment,Capture}CrashTests ;;
    inventory) echo Api.InventoryTests Grains.InventoryItemGrainTests \
      Rules.{StockState,Reservations,ReservationProtocol,WriteCoalescer}Tests \
      Faults.OversellTests Grains.PromotionUsesGrainTests Rules.{HolderCounts,PromotionUsesState}Tests Faults.PromotionUsesFaultTests ;;
    notification) echo 'Notifications.*' 'Rules.Notification*' Rules.{MailedText,WebhookState}Tests Faults.MailLoginTests ;;
    events) echo 'Events.*' 'Streams.*' 'RabbitMq.*' 'Rules.Ack*' 'Rules.Event*' \
      Rules.{LostSilos,ReadWindow,RetryPolicy,StreamCache}Tests ;;
    operations) echo 'Operations.*' ;;
    nightly) echo Operations.{Image,Upgrade}Tests Faults.PaymentsSoak ;;
  esac
}

suite='' address='' cleanup=true seed='' limit='' runner=()
while (( $# > 0 )); do
  case $1 in
    --help | -h) usage; exit 0 ;;
    e2e | api-gateway | user | product | order | payment | inventory | notification | events | operations | nightly)
      [[ -z $suite ]] || misused "one suite at a time, not '$suite' and '$1'"
      suite=$1 ;;
    bench | soak)
      [[ -z $suite && ${#runner[@]} == 0 ]] || misused "'$1' stands first"
      suite=$1
      shift
      break ;;
    --no-setup)
      [[ ${2:-} =~ ^https?:// ]] || misused "--no-setup needs the shop's address, such as http://127.0.0.1:8080"
      address=${2%/}
      shift ;;
    --no-cleanup) cleanup=false ;;
    --seed)
      [[ ${2:-} =~ ^[0-9]{1,9}$ ]] || misused "--seed needs a number"
      seed=$2
      shift ;;
    --limit)
      [[ ${2:-} =~ ^[1-9][0-9]{0,3}$ ]] || misused "--limit needs minutes, from 1 to 9999"
      limit=$2
      shift ;;
    -class | -class- | -method | -method- | -namespace | -namespace- | -trait | -trait- | -filter | -explicit | -maxThreads | -parallelMode)
      [[ -n ${2:-} ]] || misused "$1 needs a value"
      runner+=("$1" "$2")
      shift ;;
    -showLiveOutput | -stopOnFail) runner+=("$1") ;;
    *) misused "'$1' is no suite and no option" ;;
  esac
  shift
done
[[ -z $suite || ! " ${runner[*]} " =~ ' '-(class|filter)' ' ]] || misused "a suite names its classes; choose among its tests with -method"
[[ -z $address || $suite == e2e ]] || misused "--no-setup goes with e2e"
if [[ $suite == soak ]] && (( $# > 1 )); then misused "soak takes one class, not '$*'"; fi
if [[ $suite == bench ]] && (( $# > 1 )) && [[ $1 != @(CheckoutCost|SearchBenchmark) ]]; then
  misused "only the benchmarks CheckoutCost and SearchBenchmark take options, not '$1'"
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 NO_COLOR=1
# What a developer has set for a shop of the own must not steer the tests.
for name in ${!SOONSHOP_@} ${!Silo__@} ${!Accounts__@} ${!Checkout__@} ${!Returns__@} ${!Storage__@} ${!Streams__@} ${!Events__@} \
  ${!Notifications__@} \
  ${!Payments__@} ${!StripeServer__@} ${!Auth__@} ${!Cluster__@} ${!Admission__@} ${!Http__@} ${!Cors__@} ${!RateLimits__@} \
  ${!Versions__@} ${!Caching__@} ${!Privacy__@} ${!Audit__@} ${!Integrity__@} ${!Dashboard__@} ${!Telemetry__@} ${!RabbitMq__@} \
  ${!Logging__@} ${!Kestrel__@} ${!ConnectionStrings__@} DOTNET_ENVIRONMENT ASPNETCORE_ENVIRONMENT ASPNETCORE_URLS; do
  [[ $name == SOONSHOP_TEST_DATA || $name == SOONSHOP_CACHE || $name == SOONSHOP_FUZZ_SEED || $name == SOONSHOP_SOAK_MINUTES ||
    $name == SOONSHOP_FULFILMENT_ORDERS || $name == SOONSHOP_IMPORT_@(ROWS|KILL) ||
    $name == SOONSHOP_ADMIN_@(EMAIL|PASSWORD) ]] || unset "$name"
done
[[ -z $address ]] || export SOONSHOP_ADDRESS=$address
[[ -z $seed ]] || export SOONSHOP_FUZZ_SEED=$seed
[[ $cleanup == true ]] || export SOONSHOP_KEEP_DATABASES=1
mkdir -p "${SOONSHOP_TEST_DATA:=$root/.data}"
SOONSHOP_TEST_DATA=$(mktemp -d "$(cd "$SOONSHOP_TEST_DATA" && pwd)/tests.XXXXXX")
export SOONSHOP_TEST_DATA

# Ends the runner and what it started, a process group of their own, by these signals, each with some seconds to follow it.
end_tests() {
  local signal i
  for signal in "$@"; do
    kill "-$signal" -- "-$tests" 2>/dev/null || return 0
    for (( i = 0; i < 20; i++ )); do kill -0 -- "-$tests" 2>/dev/null || return 0; sleep 1; done
  done
}

# After a failure: which calls the shops of this run could not answer, and why, the most frequent first. Tests that kill silos add to them.
show_unanswered() {
  local calls
  calls=$(grep -rhoE --include='*.log' '[A-Za-z.]+ of a [a-z/-]+ is unavailable: [^"]{0,200}' "$SOONSHOP_TEST_DATA" 2>/dev/null |
    sed -E 's/[0-9a-f]{6,}|[0-9]+/#/g' | sort | uniq -c | sort -rn | head -40) || true
  [[ -z $calls ]] || printf 'Calls that could not be answered:\n%s\n' "$calls"
}

# After a failure: which tests failed and with what text, once more, because the runner's own words stand far above.
show_failed() {
  awk 'BEGIN { RS = "<test " }
    !/ result="Fail"/ { next }
    {
      message = place = $0
      name = substr($0, index($0, "name=\"") + 6); sub(/".*/, "", name)
      sub(/.*<message>/, "", message); sub(/<\/message>.*/, "", message)
      sub(/.*<stack-trace>/, "", place); sub(/<\/stack-trace>.*/, "", place)
      text = message "\n" place
      gsub(/<!\[CDATA\[|\]\]>/, "", text); gsub(/\n/, "\n    ", text)
      print "  " name "\n    " substr(text, 1, 3000)
    }' "$results" | sed '1i Failed:'
}

clean_up() {
  local server
  [[ -z ${watch:-} ]] || kill -- "-$watch" 2>/dev/null || true
  [[ -z ${tests:-} ]] || end_tests TERM KILL
  if [[ $cleanup != true ]]; then echo "Databases, their servers and logs of this run: $SOONSHOP_TEST_DATA"; return; fi
  for server in "$SOONSHOP_TEST_DATA"/*/pgdata; do
    [[ ! -d $server ]] || "$root/deploy/postgres.sh" stop --data "$(dirname "$server")" --mode immediate >/dev/null 2>&1 || true
  done
  for server in "$SOONSHOP_TEST_DATA"/*/rabbitmq.conf; do
    [[ ! -f $server ]] || "$root/deploy/rabbitmq.sh" stop --data "$(dirname "$server")" >/dev/null 2>&1 || true
  done
  if [[ ${passed:-} == true ]]; then rm -rf "$SOONSHOP_TEST_DATA"; else echo "Databases and logs of this run: $SOONSHOP_TEST_DATA"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

closing() { printf '%s passed, %s failed\n' "$1" "$2"; }

run=() slow=()
case $suite in
  bench)
    export SOONSHOP_BENCH_OPTIONS=${*:2}
    if [[ -n ${1:-} ]]; then class="*$1"; else class='*.Benchmarks.*'; fi
    set -- -explicit only -parallelMode none -showLiveOutput -class "$class" ;;
  soak) set -- -explicit only -parallelMode none -showLiveOutput -class "*${1:-Soak}" ;;
  *)
    # A process of a test lives for seconds: what it calls some dozens of times is not worth being compiled once more, and what is compiled
    # need not be mapped twice.
    run=(env DOTNET_TieredPGO=0 DOTNET_TC_CallCountThreshold=800 DOTNET_EnableWriteXorExecute=0)
    set -- "${runner[@]}"
    set -f
    for class in $(classes_of "$suite"); do set -- "$@" -class "SoonShop.Tests.$class"; done
    if [[ $suite == nightly ]]; then limit=${limit:-120}; else limit=${limit:-40}; fi
    # What runs for so many seconds is named, and again each time that they pass.
    slow=(-longRunning "$(( limit * 60 / 8 ))")
    if [[ $suite == nightly ]]; then
      set -- "$@" -explicit on -parallelMode none
    elif [[ " ${runner[*]} " != *' -class '* && " ${runner[*]} " != *' -method '* && " ${runner[*]} " != *' -filter '* ]]; then
      for class in $(classes_of nightly); do set -- "$@" -class- "SoonShop.Tests.$class"; done
    fi
    set +f ;;
esac

echo "Building."
# What is tested is what is shipped.
dotnet build "$root/SoonShop.sln" -c Release -v quiet --nologo || { closing 0 1; exit 1; }
# Style and the layout of C# are errors of the build (IDE0055); this is for what it does not see, such as the end of a file.
echo "Checking the format."
dotnet format whitespace "$root" --folder --verify-no-changes || { closing 0 1; exit 1; }
echo "Testing."
# Fetches or starts the server once, before tests ask for it side by side.
[[ -n $address ]] || "$root/deploy/postgres.sh" start --data "$SOONSHOP_TEST_DATA/postgres" >/dev/null || { closing 0 1; exit 1; }
results=$SOONSHOP_TEST_DATA/results.xml
code=0
overdue=$SOONSHOP_TEST_DATA/overdue
# A group of their own each, so that whatever they started ends with them.
set -m
# Tests wait more than they work: more of them side by side than there are cores.
"${run[@]}" dotnet "$root/Tests/bin/Release/net10.0/SoonShop.Tests.dll" -result-xml "$results" -noLogo -maxThreads 2x \
  "${slow[@]}" "$@" </dev/null &
tests=$!
if [[ -n $limit ]]; then
  { sleep $(( limit * 60 )); touch "$overdue"; end_tests INT TERM KILL; } &
  watch=$!
fi
set +m
wait "$tests" || code=$?
# Whatever the runner left behind.
end_tests KILL
tests=''

total() { grep -oE "<assembly [^>]*" "$results" | grep -oE " $1=\"[0-9]+\"" | grep -oE '[0-9]+' | head -1; }
if [[ -e $overdue ]]; then
  echo "The tests had not ended after $limit minutes (--limit), and were ended. Those that ran for long are named above."
  code=1
fi
if [[ ! -s $results ]]; then closing 0 1; exit 1; fi
ran_ok=$(total passed) failed=$(( $(total failed) + $(total errors) ))
if (( code == 0 && ran_ok == 0 )); then code=1 failed=1; fi
if (( code == 0 )); then passed=true; fi
(( code == 0 || failed > 0 )) || failed=1
(( code == 0 )) || { show_unanswered; show_failed; }
closing "$ran_ok" "$failed"
exit $code
