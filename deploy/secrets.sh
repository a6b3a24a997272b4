#!/usr/bin/env bash
# Makes the secrets of a shop, as files: one folder for each of Kubernetes' Secrets, one file for each of its keys. What is there
# already stays, so it can be called again after an upgrade; passwords of your own (an external database's, Stripe's) go into
# the files before or after.
#
#   deploy/secrets.sh DIR                                  make what is missing
#   deploy/secrets.sh DIR --apply NAMESPACE [KUBECTL…]     and hand them to the cluster (KUBECTL: kubectl and options, by default kubectl)
#
# Each shop has a DIR of its own: two that share keys would believe each other's tokens.
#
# SOONSHOP_DB_HOST (postgres): where the database is   SOONSHOP_ADMIN_EMAIL (admin@soonshop.test)
# Exit codes: 0 done, 64 wrong call, 69 openssl is missing, 73 DIR cannot be used.
set -euo pipefail
umask 077

fail() { local code=$1; shift; printf 'secrets.sh: %s\n' "$*" >&2; exit "$code"; }
(( $# >= 1 )) && [[ $1 != -* ]] || fail 64 "usage: secrets.sh DIR [--apply NAMESPACE [KUBECTL…]]"
command -v openssl >/dev/null || fail 69 "openssl is missing; install it"
dir=$1 namespace=""
if (( $# > 1 )); then
  [[ $2 == --apply && ${3:-} =~ ^[a-z0-9]([a-z0-9-]*[a-z0-9])?$ ]] || fail 64 "usage: secrets.sh DIR [--apply NAMESPACE [KUBECTL…]]"
  namespace=$3
  shift 3
  kubectl=("${@:-kubectl}")
fi
mkdir -p -- "$dir" || fail 73 "$dir cannot be made"

# The folder is its owner's alone. The files can be read by all, because a container engine mounts them as they are, and the
# programs are not root.
keep() { # SECRET KEY: writes standard input there, unless there is something
  local file=$dir/$1/$2
  [[ ! -s $file ]] || { cat >/dev/null; return 0; }
  mkdir -p -- "$dir/$1"
  cat >"$file.new"
  chmod 644 -- "$file.new"
  mv -fT -- "$file.new" "$file"
  printf 'made %s/%s\n' "$1" "$2"
}
password() { openssl rand -hex 24; }

# Makes a certificate for the processes of a cluster, anew when it is about to expire. The authority's key stays here: it signs the next
# one.
cluster_certificate() {
  local ca=$dir/cluster-authority name=soonshop-cluster
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 2>/dev/null | keep cluster-authority ca.key
  chmod 600 -- "$ca/ca.key"
  openssl req -x509 -new -key "$ca/ca.key" -days 3650 -subj "/CN=SoonShop cluster authority" \
    -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null | keep "$name" ca.crt
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 2>/dev/null | keep "$name" tls.key
  if [[ -s $dir/$name/tls.crt ]] && ! openssl x509 -in "$dir/$name/tls.crt" -noout -checkend 2592000 >/dev/null; then
    rm -f -- "$dir/$name/tls.crt"
  fi
  openssl req -new -key "$dir/$name/tls.key" -subj "/CN=$name" 2>/dev/null |
    openssl x509 -req -CA "$dir/$name/ca.crt" -CAkey "$ca/ca.key" -set_serial "0x$(openssl rand -hex 15)" -days 397 \
      -extfile <(printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' \
        'extendedKeyUsage=serverAuth,clientAuth' "subjectAltName=DNS:$name") 2>/dev/null |
    keep "$name" tls.crt
}

# The server's administrator, whom only the first start needs, and the role of the shop, which is none.
password | keep soonshop-postgres admin-password
password | keep soonshop-postgres password
printf 'Host=%s;Port=5432;Database=soonshop;Username=soonshop;Password=%s\n' \
  "${SOONSHOP_DB_HOST:-postgres}" "$(cat "$dir/soonshop-postgres/password")" |
  keep soonshop-database ConnectionStrings__soonshop
printf '%s\n' "${SOONSHOP_ADMIN_EMAIL:-admin@soonshop.test}" | keep soonshop-accounts Accounts__AdminEmail
# With the kinds of characters that the shop asks for in passwords.
printf 'Admin-%s\n' "$(password)" | keep soonshop-accounts Accounts__AdminPassword
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 2>/dev/null | keep soonshop-auth auth-keys.pem
password | keep soonshop-grafana password
password | keep soonshop-redis password
printf 'redis:6379,password=%s\n' "$(cat "$dir/soonshop-redis/password")" | keep soonshop-redis Events__Redis
password | keep soonshop-rabbitmq password
printf 'default_user = soonshop\ndefault_pass = %s\n' "$(cat "$dir/soonshop-rabbitmq/password")" | keep soonshop-rabbitmq rabbitmq.conf
printf 'amqp://soonshop:%s@rabbitmq:5672/\n' "$(cat "$dir/soonshop-rabbitmq/password")" | keep soonshop-rabbitmq RabbitMq__Uri
cluster_certificate

[[ -n $namespace ]] || exit 0
for secret in "$dir"/*/; do
  secret=$(basename -- "$secret")
  case $secret in
    soonshop-*) ;;
    *) continue ;; # something else that is kept here
  esac
  # Grafana in a cluster has its own password; so has a database that is elsewhere. Redis is not part of a cluster that these files make.
  [[ $secret != soonshop-grafana && $secret != soonshop-redis ]] || continue
  [[ $secret != soonshop-postgres ]] ||
    grep -qF -f "$dir/soonshop-postgres/password" "$dir/soonshop-database/ConnectionStrings__soonshop" || continue
  # A shop whose database is elsewhere uses RabbitMQ only if somebody has written where that is.
  [[ $secret != soonshop-rabbitmq ]] || ! grep -qF -f "$dir/soonshop-rabbitmq/password" "$dir/soonshop-rabbitmq/RabbitMq__Uri" ||
    grep -qF -f "$dir/soonshop-postgres/password" "$dir/soonshop-database/ConnectionStrings__soonshop" || continue
  "${kubectl[@]}" create secret generic "$secret" --namespace "$namespace" --from-file="$dir/$secret" --dry-run=client --output yaml |
    "${kubectl[@]}" apply --filename -
done
