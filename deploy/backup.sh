#!/usr/bin/env bash
# Backs the shop's database up and restores it, while the shop runs or without it.
#
#   deploy/backup.sh dump FILE      one consistent moment of the database named by ConnectionStrings__soonshop, into FILE (pg_dump's custom
#                                   format)
#   deploy/backup.sh restore FILE   into the database named by ConnectionStrings__soonshop, which must be empty; all of it or nothing
#   deploy/backup.sh verify FILE    reads FILE to its end; exit 65 when it is no whole backup
#
# Who runs in the cluster is not part of a backup: a restored shop must not find the silos of the one it was taken from.
# Needs PostgreSQL's client programs of the server's version or newer (Debian: postgresql-client). Holds no lock that the shop minds.
# Exit codes: 0 done, 64 wrong call, 65 no backup, 69 database out of reach, 73 FILE cannot be written, 78 ConnectionStrings__soonshop.
set -euo pipefail

# What names processes that were alive then, and the keys of the dashboard's cookies, which silos make anew.
readonly alive=(cluster_member cluster_version dashboard_key)

say() { printf 'backup.sh: %s\n' "$*" >&2; }
fail() { local code=$1; shift; say "$*"; exit "$code"; }

# The newest client program of a name: the system's, or one of the private copies of postgres.sh.
program() { # NAME
  local path root
  path=$({ type -P "$1" || true; printf '%s\n' /usr/lib/postgresql/*/bin/"$1" \
    "${SOONSHOP_CACHE:-${HOME:-/nonexistent}/.cache/soonshop}"/postgresql/*/usr/lib/postgresql/*/bin/"$1"; } |
    while IFS= read -r path; do
      [[ ! -x $path ]] || printf '%s %s\n' "$(grep -oE '/[0-9]+/bin/' <<<"$path" | tr -dc 0-9 || true)" "$path"
    done | sort -n | tail -n 1)
  [[ -n $path ]] || fail 69 "there is no $1 here: install PostgreSQL's client programs (Debian: apt-get install postgresql-client)"
  path=${path#* }
  root=${path%/usr/lib/postgresql/*}
  if [[ -n $root && $path == */usr/lib/postgresql/* ]]; then # a private copy brings its libraries along
    LD_LIBRARY_PATH=$(printf '%s:' "$root"/usr/lib/*-linux-gnu* "$root"/lib/*-linux-gnu*)
    export LD_LIBRARY_PATH=${LD_LIBRARY_PATH%:}
  fi
  client=$path
}

# From the shop's connection string to libpq's variables: the password stays out of the list of processes.
connect() {
  local part name value parts
  [[ -n ${ConnectionStrings__soonshop:-} ]] ||
    fail 78 "ConnectionStrings__soonshop is not set; set it as for a silo: Host=…;Port=5432;Database=soonshop;Username=…;Password=…"
  [[ $ConnectionStrings__soonshop != *[\"\']* ]] ||
    fail 78 "ConnectionStrings__soonshop has quotes; put the password into a file and set PGPASSFILE"
  IFS=';' read -ra parts <<<"$ConnectionStrings__soonshop"
  for part in "${parts[@]}"; do
    [[ -n ${part//[[:space:]]/} ]] || continue
    [[ $part == *=* ]] || fail 78 "ConnectionStrings__soonshop has a part that is no Name=Value"
    name=${part%%=*} value=${part#*=}
    name=${name,,} value=${value#"${value%%[![:space:]]*}"}
    value=${value%"${value##*[![:space:]]}"}
    case ${name//[[:space:]]/} in
      host | server) export PGHOST=$value ;;
      port) export PGPORT=$value ;;
      database | db) export PGDATABASE=$value ;;
      username | userid | user | uid) export PGUSER=$value ;;
      password | pwd) export PGPASSWORD=$value ;;
      passfile) export PGPASSFILE=$value ;;
      sslmode)
        value=${value,,}; case $value in verifyca) value=verify-ca ;; verifyfull) value=verify-full ;; esac
        export PGSSLMODE=$value ;;
      rootcertificate) export PGSSLROOTCERT=$value ;;
      sslcertificate) export PGSSLCERT=$value ;;
      sslkey) export PGSSLKEY=$value ;;
      # What concerns only a process that runs for long.
      pooling | *poolsize | *timeout | *lifetime | *interval | keepalive | tcpkeepalive* | applicationname | multiplexing | \
        *autoprepare* | noresetonclose | includeerrordetail | enlist | *buffersize | persistsecurityinfo) ;;
      *) fail 78 "ConnectionStrings__soonshop has '${name//[[:space:]]/}', which this script does not understand; leave it out if the" \
        "backup does not need it" ;;
    esac
  done
  [[ -n ${PGHOST:-} && -n ${PGDATABASE:-} ]] || fail 78 "ConnectionStrings__soonshop names no Host or no Database"
  export PGCONNECT_TIMEOUT=10 PGAPPNAME=soonshop-backup
  program psql
  sql "select 1" >/dev/null || fail 69 "the database $PGDATABASE at $PGHOST:${PGPORT:-5432} is out of reach; the reason stands above"
}

sql() { "$client" -XAtqw -v ON_ERROR_STOP=1 -c "$1"; }

verify() { # FILE
  local file=$1
  program pg_restore
  [[ -s $file ]] || fail 65 "$file is not there or empty"
  # To its end: a copy that was cut off has a list of contents, too.
  "$client" -f /dev/null "$file" || fail 65 "$file is no whole backup"
}

dump() {
  local target=$1 table options=()
  connect
  [[ $(sql "select to_regclass('grain_state') is not null") == t ]] || fail 65 "$PGDATABASE at $PGHOST holds no shop"
  for table in "${alive[@]}"; do options+=("--exclude-table-data=$table"); done
  ( umask 077; : >"$target.part" ) 2>/dev/null || fail 73 "$target.part cannot be written"
  trap 'rm -f -- "$file.part"' EXIT
  program pg_dump
  "$client" -w --format=custom --no-owner --no-privileges --lock-wait-timeout=10s "${options[@]}" --file="$target.part" ||
    fail 69 "pg_dump failed; the reason stands above"
  verify "$target.part"
  sync -- "$target.part"
  mv -fT -- "$target.part" "$target"
  say "$(stat -c %s -- "$target") bytes in $target. It holds customers' data and secrets: keep it as you keep the database."
}

restore() {
  verify "$file"
  connect
  [[ $(sql "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public'
      and c.relkind in ('r', 'p') and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')") == 0 ]] ||
    fail 64 "the database $PGDATABASE at $PGHOST is not empty; make a new one (createdb) and name that in ConnectionStrings__soonshop"
  program pg_restore
  "$client" -w --no-owner --no-privileges --single-transaction --exit-on-error --dbname="$PGDATABASE" "$file" ||
    fail 69 "pg_restore failed, and left nothing; the reason stands above"
  program psql
  sql "analyze"
  say "restored into $PGDATABASE at $PGHOST. Next: 'Silo check', then start one silo. Read 'Back up and restore' in deploy/RUNBOOK.md" \
    "before it meets customers."
}

command=${1:-} file=${2:-}
[[ $# -eq 2 && -n $file && $command =~ ^(dump|restore|verify)$ ]] || fail 64 "usage: backup.sh dump|restore|verify FILE"
for name in "${!PG@}"; do [[ $name == PGPASSFILE || $name == PGSSL* ]] || unset "$name"; done
export LC_ALL=C.UTF-8
"$command" "$file"
