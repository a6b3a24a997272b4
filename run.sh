#!/usr/bin/env bash
# Runs SoonShop on this machine: PostgreSQL (a private one unless ConnectionStrings__soonshop is set), a silo and a front end.
#
#   ./run.sh                 everything, until Ctrl-C
#   ./run.sh --stripe-test   the same, paid through Stripe's API at a test server that behaves like Stripe and moves no money
#   ./run.sh --rabbitmq      with a private RabbitMQ, which gets the shop's events (docs/rabbitmq.md); goes with --stripe-test
#   ./run.sh silo            one more silo for a shop that runs already (choose SOONSHOP_SILO_PORT and SOONSHOP_GATEWAY_PORT; its HTTP port
#                            follows)
#   ./run.sh api             one more front end (choose SOONSHOP_API_PORT)
#
# SOONSHOP_API_PORT (8080)  SOONSHOP_SILO_PORT (11111)  SOONSHOP_GATEWAY_PORT (30000)  SOONSHOP_STRIPE_PORT (12111)
# SOONSHOP_GRPC_PORT (9080, and 9090 … beside API port 8090 …): gRPC of the front end, without TLS
# SOONSHOP_SILO_HTTP_PORT (8081, and 8082 … beside silo port 11112 …): health, metrics and dashboard of the silo
# SOONSHOP_DATA (.data): database, key of access tokens, uploaded images, logs   ConnectionStrings__soonshop: a PostgreSQL of your own
# Ends with the exit code of whatever failed. A silo of a shop that was up, and that ends because its database is away (69), is started
# again: it waits for it. Silos and front end talk on loopback alone, so without TLS (ClusterTls__… turns it on, as beside compose.yaml).
set -euo pipefail

say() { printf '%s\n' "$*"; }
fail() { local code=$1; shift; printf 'run.sh: %s\n' "$*" >&2; exit "$code"; }

port() { # NAME DEFAULT: the port that a variable names
  local value=${!1:-$2}
  [[ $value =~ ^[0-9]{1,5}$ ]] && (( 10#$value >= 1 && 10#$value <= 65535 )) || fail 64 "$1 is '$value'; set it to a port, 1-65535"
  printf '%d' "$((10#$value))"
}

given=$*
stripe_test=false rabbitmq=false
while [[ ${!#} == --stripe-test || ${!#} == --rabbitmq ]]; do
  if [[ ${!#} == --stripe-test ]]; then stripe_test=true; else rabbitmq=true; fi
  set -- "${@:1:$#-1}"
done
what=${1:-all}
[[ $# -le 1 && $what =~ ^(all|silo|api)$ ]] && { ! $stripe_test && ! $rabbitmq || [[ $what == all ]]; } ||
  fail 64 "'$given' is no command; usage: ./run.sh [silo|api|[--stripe-test] [--rabbitmq]]"
command -v dotnet >/dev/null || fail 69 "dotnet is not on the PATH; install the .NET 10 SDK"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
api_port=$(port SOONSHOP_API_PORT 8080)
grpc_port=$(port SOONSHOP_GRPC_PORT "$(( api_port < 64536 ? api_port + 1000 : 9080 ))")
silo_port=$(port SOONSHOP_SILO_PORT 11111)
gateway_port=$(port SOONSHOP_GATEWAY_PORT 30000)
stripe_port=$(port SOONSHOP_STRIPE_PORT 12111)
silo_http_port=$(port SOONSHOP_SILO_HTTP_PORT "$(( silo_port >= 11111 && silo_port < 12111 ? silo_port - 11111 + 8081 : 8081 ))")
data=${SOONSHOP_DATA:-$root/.data}
mkdir -p "$data" || fail 73 "cannot make $data; set SOONSHOP_DATA to a directory of yours"
data=$(cd "$data" && pwd)

export DOTNET_ENVIRONMENT=${DOTNET_ENVIRONMENT:-Development} DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
own_postgres=false own_rabbitmq=false
pids=()
names=()
commands=()
up=false
restarts=0

stop() { # ends what this script started, front end first, and waits for it
  trap '' INT TERM
  local i waited
  for (( i = ${#pids[@]} - 1; i >= 0; i-- )); do
    kill -TERM "${pids[i]}" 2>/dev/null || continue
    # What does not end in half a minute is ended.
    for (( waited = 0; waited < 300; waited++ )); do
      kill -0 "${pids[i]}" 2>/dev/null || continue 2
      sleep 0.1
    done
    kill -KILL "${pids[i]}" 2>/dev/null || true
  done
  ! $own_rabbitmq || "$root/deploy/rabbitmq.sh" stop --data "$data/rabbitmq" >&2 || true
  ! $own_postgres || "$root/deploy/postgres.sh" stop --data "$data/postgres" >&2 || true
}
trap 'code=$?; stop; exit $code' EXIT
trap 'say "Stopping."; exit 0' INT TERM

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start() { # NAME DLL: starts a process, its output to the data directory and, prefixed, to the terminal
  local name=$1; shift
  commands+=("$(printf '%q ' "$@")") names+=("$name")
  launch "$(( ${#names[@]} - 1 ))"
}

launch() { # PLACE: starts the process of that place
  local name=${names[$1]}
  # exec: the number that is kept is the process's own, so that stop() ends it and not a shell around it.
  eval "exec ${commands[$1]}" > >(tee -a "$data/$name.log" | sed -u "s/^/[$name] /") 2>&1 &
  pids[$1]=$!
}

check_alive() { # ends this script when one of the processes has ended
  local i code
  for i in "${!pids[@]}"; do
    if ! kill -0 "${pids[i]}" 2>/dev/null; then
      code=0; wait "${pids[i]}" || code=$?
      # Not for ever: one that never gets there is told of, in the end.
      if $up && (( code == 69 && ++restarts <= 20 )) && [[ ${names[i]} == silo-* ]]; then
        say "${names[i]} could not reach its database, and is started again."
        sleep 1
        launch "$i"
        continue
      fi
      sleep 0.2 # lets the last lines through
      fail "$(( code == 0 ? 1 : code ))" "${names[i]} ended with exit code $code; the reason stands above and in $data/${names[i]}.log"
    fi
  done
}

wait_for_port() { # PORT SECONDS WHAT LOG: waits until a process that was started opens its port
  local i
  for (( i = 0; i < $2 * 5; i++ )); do
    check_alive
    is_free "$1" || return 0
    sleep 0.2
  done
  fail 69 "$3 did not open port $1 within $2 s; see $4"
}

http_ok() { curl -fsS -o /dev/null --max-time 5 "http://127.0.0.1:$api_port$1" 2>/dev/null; }

for used in $([[ $what == api ]] || echo "$silo_port $gateway_port $silo_http_port") \
  $([[ $what == silo ]] || echo "$api_port $grpc_port") $(! $stripe_test || echo "$stripe_port"); do
  is_free "$used" || fail 69 "port $used is in use; choose others with SOONSHOP_API_PORT, SOONSHOP_GRPC_PORT, SOONSHOP_SILO_PORT," \
    "SOONSHOP_GATEWAY_PORT, SOONSHOP_SILO_HTTP_PORT, SOONSHOP_STRIPE_PORT"
done

say "Building."
# Without the analyzers, which are test.sh's part and take half of the time.
for project in Silo ApiFrontend $(! $stripe_test || echo Tests/StripeServer); do
  dotnet build "$root/$project" -c Release -p:RunAnalyzers=false -p:PublishReadyToRun=false -v quiet --nologo -clp:NoSummary \
    >"$data/build.log" 2>&1 || {
    code=$?; cat "$data/build.log" >&2; fail $code "the build of $project failed"; }
done

if [[ -z ${ConnectionStrings__soonshop:-} ]]; then
  if [[ $what == all ]]; then
    say "Starting PostgreSQL."
    # One that runs already is another shop's to stop.
    "$root/deploy/postgres.sh" url --data "$data/postgres" >/dev/null 2>&1 || own_postgres=true
    ConnectionStrings__soonshop=$("$root/deploy/postgres.sh" start --data "$data/postgres") ||
      fail $? "PostgreSQL did not start; see $data/postgres/postgres.log"
  else
    ConnectionStrings__soonshop=$("$root/deploy/postgres.sh" url --data "$data/postgres") ||
      fail 69 "no shop runs with SOONSHOP_DATA=$data; start one with ./run.sh, or set ConnectionStrings__soonshop"
  fi
  export ConnectionStrings__soonshop
fi
if $rabbitmq; then
  say "Starting RabbitMQ."
  "$root/deploy/rabbitmq.sh" url --data "$data/rabbitmq" >/dev/null 2>&1 || own_rabbitmq=true
  RabbitMq__Uri=$("$root/deploy/rabbitmq.sh" start --data "$data/rabbitmq") ||
    fail $? "RabbitMQ did not start; see $data/rabbitmq/rabbitmq.log"
  export RabbitMq__Uri
elif [[ $what == silo && -z ${RabbitMq__Uri:-} ]] &&
  RabbitMq__Uri=$("$root/deploy/rabbitmq.sh" url --data "$data/rabbitmq" 2>/dev/null); then
  # One more silo of a shop that has a broker uses it, too.
  export RabbitMq__Uri
fi
if [[ -z ${Auth__KeyFile:-}${Auth__Keys:-} && $what != silo ]]; then
  # Development's key of access tokens, made once: tokens outlive a restart.
  [[ -s $data/auth-keys.pem ]] || ( umask 077
    dotnet "$root/ApiFrontend/bin/Release/net10.0/SoonShop.ApiFrontend.dll" new-key > "$data/auth-keys.pem.new" \
    && mv "$data/auth-keys.pem.new" "$data/auth-keys.pem" ) || fail 70 "no key for access tokens could be made; see $data/auth-keys.pem.new"
  export Auth__KeyFile=$data/auth-keys.pem
fi

if $stripe_test; then
  # The keys are made up; the secret that signs webhooks is new each time.
  webhook_secret=whsec_$(head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
  export Payments__Provider=Stripe Payments__Stripe__ApiKey=sk_test_SoonShopStripeTestServer
  export Payments__Stripe__ApiBase=http://127.0.0.1:$stripe_port
  export Payments__Stripe__WebhookSecrets__0=$webhook_secret
  : > "$data/stripe-$stripe_port.log"
  start "stripe-$stripe_port" env StripeServer__Port="$stripe_port" StripeServer__ApiKey="$Payments__Stripe__ApiKey" \
    StripeServer__Webhooks__0__Url="http://127.0.0.1:$api_port/api/v1/webhooks/stripe" \
    StripeServer__Webhooks__0__Secrets__0="$webhook_secret" \
    dotnet "$root/Tests/StripeServer/bin/Release/net10.0/SoonShop.StripeServer.dll"
  say "Starting the Stripe test server on port $stripe_port."
  wait_for_port "$stripe_port" 60 "the Stripe test server" "$data/stripe-$stripe_port.log"
fi

if [[ $what != api ]]; then
  # Development's mail is files; a mail server takes over with Notifications__Email__Mode=Smtp.
  export Notifications__Email__Directory=${Notifications__Email__Directory:-$data/mail}
  export Notifications__PublicUrl=${Notifications__PublicUrl:-http://127.0.0.1:$api_port}
  export Silo__SiloPort=$silo_port Silo__GatewayPort=$gateway_port Silo__HttpPort=$silo_http_port
  : > "$data/silo-$silo_port.log"
  start "silo-$silo_port" dotnet "$root/Silo/bin/Release/net10.0/SoonShop.Silo.dll"
  say "Starting the silo on ports $silo_port and $gateway_port."
  # Longer than it waits for a database that is away (Silo__AwaitDatabaseSeconds).
  wait_for_port "$gateway_port" 300 "the silo" "$data/silo-$silo_port.log"
fi
if [[ $what == all ]]; then
  say "Loading the demo catalogue."
  dotnet "$root/Silo/bin/Release/net10.0/SoonShop.Silo.dll" seed >"$data/seed.log" 2>&1 || {
    code=$?; cat "$data/seed.log" >&2; check_alive; fail $code "the demo catalogue could not be loaded"; }
fi
if [[ $what != silo ]]; then
  say "Starting the front end on port $api_port."
  : > "$data/api-$api_port.log"
  export Media__Store=${Media__Store:-Directory} Media__Directory=${Media__Directory:-$data/images}
  # Without TLS, HTTP/2 needs an endpoint of its own. Endpoints replace ASPNETCORE_URLS.
  endpoints=("Grpc__Enabled=${Grpc__Enabled:-true}"
    "Kestrel__Endpoints__Grpc__Url=${Kestrel__Endpoints__Grpc__Url:-http://127.0.0.1:$grpc_port}"
    Kestrel__Endpoints__Grpc__Protocols=Http2)
  IFS=';' read -ra urls <<< "${SOONSHOP_API_URLS:-http://127.0.0.1:$api_port}"
  for i in "${!urls[@]}"; do endpoints+=("Kestrel__Endpoints__Http${i}__Url=${urls[i]}"); done
  start "api-$api_port" env "${endpoints[@]}" dotnet "$root/ApiFrontend/bin/Release/net10.0/SoonShop.ApiFrontend.dll"
  for (( i = 0; i < 300; i++ )); do
    check_alive
    ! http_ok /health/ready || ! http_ok '/api/v1/products?limit=1' || break
    sleep 0.2
  done
  http_ok /health/ready || fail 69 "the front end is not ready after two minutes; see $data/api-$api_port.log"
fi

case $what in
  silo) say "This silo has joined; Ctrl-C stops it." ;;
  api) say "SoonShop is ready: http://127.0.0.1:$api_port" ;;
  all)
    say ""
    say "SoonShop is ready: http://127.0.0.1:$api_port"
    say "  API reference  http://127.0.0.1:$api_port/scalar   (OpenAPI: /openapi/v1.json)"
    [[ ${Grpc__Enabled:-true} == false ]] || say "  gRPC           http://127.0.0.1:$grpc_port   (HTTP/2 without TLS; docs/grpc.md)"
    say "  metrics        http://127.0.0.1:$api_port/metrics and, of the silo, http://127.0.0.1:$silo_http_port/metrics"
    [[ ${Dashboard__Enabled:-true} == false ]] ||
      say "  dashboard      http://127.0.0.1:$silo_http_port/dashboard   (Orleans'; for administrators)"
    [[ $DOTNET_ENVIRONMENT != Development ]] || {
      say "  administrator  admin@soonshop.dev / Admin-Pa55word"
      say "  demo customer  buyer@soonshop.dev / Buyer-Pa55word"
    }
    [[ $DOTNET_ENVIRONMENT != Development || ${Notifications__Email__Mode:-Directory} != Directory ]] ||
      say "  mail           $Notifications__Email__Directory   (a file each; nothing leaves this machine)"
    ! $stripe_test || {
      say "  Stripe         http://127.0.0.1:$stripe_port   (a test server; no money moves)"
      say "                 its books: /test/books   webhooks: /test/webhooks   faults: /test/faults   key: $Payments__Stripe__ApiKey"
    }
    ! $rabbitmq || say "  RabbitMQ       $RabbitMq__Uri   (exchange soonshop.events, inbox soonshop.inbox)"
    say "  database       $("$root/deploy/postgres.sh" url --data "$data/postgres" 2>/dev/null || echo 'ConnectionStrings__soonshop')"
    say ""
    say "  A purchase, as a guest:"
    say "    api=http://127.0.0.1:$api_port/api/v1"
    say "    cart=\$(curl -s -X POST \$api/carts | grep -oE '[0-9a-f-]{36}' | head -1)"
    say "    curl -s -X PUT \$api/cart/items/COFFEE-HOUSE-1KG -H \"X-Cart-Id: \$cart\"" \
      "-H 'Content-Type: application/json' -d '{\"quantity\":2}'"
    say "    curl -s -X POST \$api/orders -H \"X-Cart-Id: \$cart\"" \
      "-H 'Content-Type: application/json' -H \"Idempotency-Key: order-\$cart\" \\"
    say "      -d '{\"email\":\"ada@example.com\",\"paymentMethod\":\"pm_card_visa\",\"shippingAddress\":{\"name\":\"Ada" \
      "Lovelace\",\"line1\":\"12 St James Sq\",\"city\":\"London\",\"postalCode\":\"SW1Y 4JH\",\"country\":\"GB\"}}'"
    say ""
    say "  Ctrl-C stops everything; the data stays in $data."
    ;;
esac

up=true
# Whichever process ends first ends the shop, but for a silo that waits for its database.
while true; do
  check_alive
  sleep 1 & wait $! || true
done
