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

password | keep soonshop-postgres password
printf 'Host=%s;Port=5432;Database=soonshop;Username=soonshop;Password=%s\n' "${SOONSHOP_DB_HOST:-postgres}" "$(cat "$dir/soonshop-postgres/password")" |
  keep soonshop-database ConnectionStrings__soonshop
printf '%s\n' "${SOONSHOP_ADMIN_EMAIL:-admin@soonshop.test}" | keep soonshop-accounts Accounts__AdminEmail
# With the kinds of characters that the shop asks for in passwords.
printf 'Admin-%s\n' "$(password)" | keep soonshop-accounts Accounts__AdminPassword
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 2>/dev/null | keep soonshop-auth auth-keys.pem
password | keep soonshop-grafana password

[[ -n $namespace ]] || exit 0
for secret in "$dir"/*/; do
  secret=$(basename -- "$secret")
  case $secret in
    soonshop-*) ;;
    *) continue ;; # something else that is kept here
  esac
  # Grafana in a cluster has its own password; so has a database that is elsewhere.
  [[ $secret != soonshop-grafana ]] || continue
  [[ $secret != soonshop-postgres ]] || grep -qF -f "$dir/soonshop-postgres/password" "$dir/soonshop-database/ConnectionStrings__soonshop" || continue
  "${kubectl[@]}" create secret generic "$secret" --namespace "$namespace" --from-file="$dir/$secret" --dry-run=client --output yaml |
    "${kubectl[@]}" apply --filename -
done
