#!/usr/bin/env bash
# The private development PostgreSQL of SoonShop (Debian/Ubuntu), for run.sh and
# the tests. Works as root and as an ordinary user; installs PostgreSQL if needed
# (as root with the package manager, otherwise as a private unpacked copy).
#
#   deploy/postgres.sh start --data DIR [--port N]   start it, print the connection string
#   deploy/postgres.sh stop  --data DIR [--mode fast|immediate]
#   deploy/postgres.sh url   --data DIR              print the string; exit 3 when not running
#   deploy/postgres.sh kill  --data DIR              SIGKILL, for failure tests; exit 3 likewise
#
# Everything lives in DIR: pgdata/ postgres.log port sock/ lock, and admin.password, that of the superuser `postgres`, whom only this
# script and tests need. The role that the string names is none: it owns the database `soonshop`, and may create others.
# Exit codes: 0 done, 1 failed, 3 not running, 64 wrong call.
# SOONSHOP_CACHE: where the private copy goes (default ~/.cache/soonshop).
set -euo pipefail

say() { printf 'postgres.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
usage() {
  say "$*"
  say "usage: postgres.sh start|stop|url|kill --data DIR [--port N (start)] [--mode fast|immediate (stop)]"
  exit 64
}

# ---------------------------------------------------------------- processes

# Decides whose process the server is. PostgreSQL refuses to run as root, so root
# hands it to the owner of the data, or to postgres, or to nobody.
choose_user() {
  local name owner=""
  as_plain=() as_cap=() as_server=()
  [[ ! -d $pgdata ]] || owner=$(stat -c %u -- "$pgdata")
  if (( EUID != 0 )); then
    uid=$EUID gid=$(id -g)
    [[ -z $owner || $owner == "$uid" ]] ||
      die "$pgdata belongs to $(stat -c %U -- "$pgdata"): call this as that user or as root, or use another --data"
    return 0
  fi
  if [[ -n $owner && $owner != 0 ]]; then
    uid=$owner gid=$(stat -c %g -- "$pgdata")
  else
    name=postgres
    id "$name" >/dev/null 2>&1 || name=nobody
    uid=$(id -u "$name") gid=$(id -g "$name")
  fi
  as_plain=(setpriv "--reuid=$uid" "--regid=$gid" --clear-groups)
  as_cap=("${as_plain[@]}" --inh-caps=+dac_override --ambient-caps=+dac_override)
  "${as_cap[@]}" true 2>/dev/null || as_cap=("${as_plain[@]}")
}

# DIR may lie below a directory closed to that user (/root): only then the server
# gets the capability to pass it.
choose_access() {
  local path
  as_server=("${as_plain[@]}")
  for path in "$dir" "$sock"; do # stat and not test: access(2) ignores the capability
    "${as_server[@]}" stat -- "$path/." >/dev/null 2>&1 || as_server=("${as_cap[@]}")
    "${as_server[@]}" stat -- "$path/." >/dev/null || die "user $uid cannot reach $path; use another --data"
  done
}

give() { (( EUID != 0 )) || chown -h -- "$uid:$gid" "$@"; }

# Every live process of this very server: a postgres whose working directory is
# pgdata. Looked up as the server's user, because root in a container may not look
# into other users' processes.
server_pids() {
  # shellcheck disable=SC2016  # expanded by the inner bash
  "${as_cap[@]}" bash -c 'cd /; for p in /proc/[0-9]*; do
      read -r name <"$p/comm" && [[ $name == postgres && $p/cwd -ef $1 ]] && echo "${p##*/}"
    done; true' _ "$pgdata" 2>/dev/null
}

# Sets pid and run_port from postmaster.pid, if that process really is this server.
running() {
  local lines
  mapfile -t lines 2>/dev/null <"$pgdata/postmaster.pid" || return 1
  pid=${lines[0]:-} run_port=${lines[3]:-} run_status=${lines[7]:-}
  [[ $pid =~ ^[0-9]+$ ]] && [[ $'\n'$(server_pids)$'\n' == *$'\n'"$pid"$'\n'* ]]
}

signal_all() { # signal, pids
  "${as_cap[@]}" bash -c 'kill -s "$@"' _ "$@" 2>/dev/null || true
}

# After a SIGKILLed postmaster its children may live on for a moment; a new server
# cannot take over the data before they are gone.
clear_leftovers() {
  local n pids
  for (( n = 0; n < 100; n++ )); do
    running && return 0
    mapfile -t pids < <(server_pids)
    if (( ${#pids[@]} == 0 )); then
      # A zombie or a stranger with the old number would make PostgreSQL believe
      # that the old server still runs.
      if [[ ${pid:-} =~ ^[0-9]+$ && -d /proc/$pid ]]; then rm -f -- "$pgdata/postmaster.pid"; fi
      return 0
    fi
    (( n < 30 )) || signal_all KILL "${pids[@]}"
    sleep 0.1
  done
  die "old server processes do not end: ${pids[*]}"
}

wait_gone() { # seconds
  local end=$(( SECONDS + $1 ))
  while [[ -n $(server_pids) ]]; do
    (( SECONDS < end )) || return 1
    sleep 0.1
  done
}

# One command at a time per DIR. The server must not inherit descriptor 9.
lock() {
  [[ -w $dir ]] || die "$dir is not writable for $(id -un)"
  { exec 9>>"$dir/lock"; } 2>/dev/null || die "cannot open $dir/lock; call this as its owner"
  flock -w 600 9 || die "another postgres.sh has been busy with $dir for ten minutes"
}

# ----------------------------------------------------------------- programs

choose_cache() {
  if [[ -n ${SOONSHOP_CACHE:-} ]]; then cache=$(realpath -m -- "$SOONSHOP_CACHE")/postgresql
  elif [[ -n ${HOME:-} && -w $HOME ]]; then cache=$HOME/.cache/soonshop/postgresql
  else cache=$(dirname -- "$dir")/.soonshop-cache/postgresql; fi
}

candidates() {
  local name path
  for name in postgres initdb pg_ctl; do
    if path=$(type -P "$name"); then dirname -- "$(readlink -f -- "$path")"; fi
  done
  printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV
  printf '%s\n' /usr/local/pgsql/bin
  printf '%s\n' "$cache"/*/usr/lib/postgresql/*/bin | sort -rV
}

# Sets major and pg_env when the directory holds a complete PostgreSQL that the
# server's user can run.
inspect() {
  local name root=${1%/usr/lib/postgresql/*} libs
  for name in postgres initdb psql; do [[ -x $1/$name ]] || return 1; done
  pg_env=(env)
  if [[ $root == "$cache"/* ]]; then # a private copy brings its libraries along
    libs=$(printf '%s:' "$root"/usr/lib/*-linux-gnu* "$root"/lib/*-linux-gnu*)
    pg_env=(env "LD_LIBRARY_PATH=${libs%:}")
  fi
  [[ $("${as_plain[@]}" "${pg_env[@]}" "$1/postgres" --version 2>/dev/null) =~ \)\ ([0-9]+) ]] || return 1
  major=${BASH_REMATCH[1]}
}

# Sets bin; an existing pgdata wants its own major version.
find_programs() {
  local d
  want="" seen=""
  if [[ -f $pgdata/PG_VERSION ]]; then read -r want <"$pgdata/PG_VERSION" || true; fi
  while IFS= read -r d; do
    inspect "$d" || continue
    seen+=" $major"
    if [[ -n $want ]]; then [[ $major == "$want" ]] || continue
    else (( major >= 14 )) || continue; fi
    bin=$d
    return 0
  done < <(candidates | awk '!seen[$0]++')
  return 1
}

get_programs() {
  local package
  find_programs && return 0
  [[ -z $want || -z $seen ]] ||
    die "$pgdata needs PostgreSQL $want, but only$seen is here: install postgresql-$want, or use another --data"
  package=postgresql${want:+-$want}
  if (( EUID == 0 )); then
    # Debian would make and start a cluster `main` of its own.
    local conf=/etc/postgresql-common/createcluster.conf
    if [[ ! -e $conf ]]; then
      mkdir -p "${conf%/*}"
      printf '%s\n' '# SoonShop runs a private server; no system cluster wanted' 'create_main_cluster = false' >"$conf"
    fi
    "$packages" install "$package" 9>&- || cannot_install "see above"
  else
    # Without the system-wide service and its Perl.
    "$packages" fetch --only 'postgresql-(client-)?[0-9]+' "$cache/$package" "$package" libpq5 9>&- || cannot_install "see above"
  fi
  find_programs || cannot_install "its programs do not run"
}

cannot_install() { die "cannot install PostgreSQL by itself ($*): install PostgreSQL 15 or set ConnectionStrings__soonshop"; }

# ------------------------------------------------------------------- server

port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

pick_port() { # lowest port to try; empty: the remembered one
  local p last=""
  if [[ -n $port_arg ]]; then
    port_free "$port_arg" || die "port $port_arg is in use by something else"
    port=$port_arg
    return 0
  fi
  if [[ -z $1 && -f $dir/port ]]; then read -r last <"$dir/port" || true; fi
  if [[ $last =~ ^[0-9]{1,5}$ ]] && port_free "$last"; then port=$last; return 0; fi
  for (( p = ${1:-54320}; p < 55320; p++ )); do
    if port_free "$p"; then port=$p; return 0; fi
  done
  die "no free port between 54320 and 55319; give one with --port"
}

# Socket paths end at 107 bytes, and the setting is a list with quoting rules: a
# long or unusual DIR gets a short temporary directory, remembered in DIR/socket.
choose_socket() {
  local base=${TMPDIR:-/tmp} plain='^/[A-Za-z0-9_./+-]*$'
  sock=$dir/sock
  if (( ${#sock} > 90 )) || [[ ! $sock =~ $plain ]]; then
    sock=""
    if [[ -f $dir/socket ]]; then read -r sock <"$dir/socket" || true; fi
    if [[ ! -d $sock || -L $sock || $(stat -c %u -- "$sock") != "$uid" ]]; then
      if (( ${#base} > 60 )) || [[ ! $base =~ $plain || ! -w $base ]]; then base=/tmp; fi
      sock=$(mktemp -d "$base/soonshop-pg.XXXXXX")
      printf '%s\n' "$sock" >"$dir/socket"
    fi
  fi
  mkdir -p -- "$sock"
  rm -f -- "$sock"/.s.PGSQL.* # of a killed server; its number may be another process's now
  chmod 700 -- "$sock"
  give "$sock"
}

make_cluster() {
  [[ ! -f $pgdata/global/pg_control ]] || return 0
  if [[ -e $pgdata ]] && ! rmdir -- "$pgdata" 2>/dev/null; then
    local aside; aside=$pgdata.incomplete-$(date +%Y%m%d%H%M%S)
    say "$pgdata is no complete database; moved to $aside"
    mv -T -- "$pgdata" "$aside"
  fi
  say "making a new database in $pgdata (PostgreSQL $major)"
  rm -rf -- "$pgdata.new"
  mkdir -m 700 -- "$pgdata.new"
  keep_admin_password "$(new_password)"
  cp -- "$dir/admin.password" "$dir/initdb.pw"
  give "$pgdata.new" "$dir/initdb.pw"
  # initdb keeps the lock: if this script dies, the next one waits for its end.
  if ! (cd / && exec "${as_server[@]}" "${pg_env[@]}" "$bin/initdb" -D "$pgdata.new" --username=postgres \
      --pwfile="$dir/initdb.pw" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8) </dev/null >"$log" 2>&1; then
    tail -n 20 -- "$log" >&2
    die "initdb failed"
  fi
  rm -f -- "$dir/initdb.pw"
  mv -T -- "$pgdata.new" "$pgdata"
  sync -- "$dir" # the new name must outlive a power failure, as the data does
}

write_settings() {
  local conf=$pgdata/soonshop.conf zone=UTC compression=on vanished=''
  [[ -e /usr/share/zoneinfo/UTC ]] || zone=GMT # built in; a private copy has no tzdata
  # With lz4, whole pages after a checkpoint cost a third of what they cost with `on`.
  if (cd / && "${as_server[@]}" "${pg_env[@]}" "$bin/postgres" -D "$pgdata" -C wal_compression -c wal_compression=lz4) \
    >/dev/null 2>&1; then compression=lz4; fi
  # From version 14 on, a query whose client is gone ends, also while it waits for a lock.
  if (cd / && "${as_server[@]}" "${pg_env[@]}" "$bin/postgres" -D "$pgdata" -C client_connection_check_interval) >/dev/null 2>&1; then
    vanished='client_connection_check_interval = 5s'
  fi
  cat >"$conf.new" <<END
# written by deploy/postgres.sh at every start
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$sock'
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
fsync = on                  # a confirmed order must survive a crash
synchronous_commit = on
full_page_writes = on
wal_compression = $compression
jit = off
$vanished
password_encryption = 'scram-sha-256'
timezone = '$zone'
log_timezone = '$zone'
lc_messages = 'C'
log_destination = 'stderr'
logging_collector = off
log_checkpoints = off
log_line_prefix = '%m [%p] '
END
  give "$conf.new"
  mv -T -- "$conf.new" "$conf"
  grep -qx "include = 'soonshop.conf'" "$pgdata/postgresql.conf" ||
    printf "include = 'soonshop.conf'\n" >>"$pgdata/postgresql.conf"
}

# Started directly and not with pg_ctl, which builds a shell command from DIR. No
# descriptor of the caller (its locks and pipes) stays open in the server. Only for
# use with &: it replaces its shell, so that $! is the server.
spawn() {
  local fd
  cd /
  for fd in "/proc/$BASHPID/fd"/*; do
    fd=${fd##*/}
    if (( fd > 2 && fd != 255 )); then eval "exec $fd>&-"; fi # 255: bash's own, not inherited
  done
  exec setsid "${as_server[@]}" "${pg_env[@]}" "$bin/postgres" -D "$pgdata"
}

launch() {
  local child from=""
  for _ in 1 2 3 4 5; do
    pick_port "$from"
    write_settings
    : >"$log"
    give "$log"
    spawn </dev/null >>"$log" 2>&1 &
    child=$!
    while kill -0 "$child" 2>/dev/null; do
      if running && [[ $pid == "$child" && $run_status == ready* ]]; then
        printf '%s\n' "$port" >"$dir/port"
        return 0
      fi
      (( SECONDS < deadline )) || die "the server is not ready after 60 s, it may still be recovering; see $log"
      sleep 0.1
    done
    # Somebody else took the port in between.
    if [[ -n $port_arg ]] || ! grep -q 'Address already in use' "$log"; then break; fi
    from=$(( port + 1 ))
  done
  tail -n 20 -- "$log" >&2
  if grep -q 'Address already in use' "$log"; then die "port $port is in use by something else"; fi
  die "the server did not start, see $log"
}

new_password() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

keep_admin_password() {
  ( umask 077; printf '%s\n' "$1" >"$dir/admin.password.new" )
  mv -fT -- "$dir/admin.password.new" "$dir/admin.password"
}

sql_as() {
  PGPASSWORD=$2 PGCONNECT_TIMEOUT=5 "${pg_env[@]}" "$bin/psql" -XAtqw -h 127.0.0.1 -p "$run_port" -U "$1" -d postgres -c "$3" 9>&-
}
sql() { sql_as postgres "$(cat -- "$dir/admin.password")" "$1"; }

# Of a database of an earlier version, whose only role, `soonshop`, is a superuser: takes that from it.
add_admin() {
  local facts password
  until facts=$(sql_as soonshop soonshop "select 1" 2>&1); do
    (( SECONDS < deadline )) || die "the server accepts no connections: $facts"
    sleep 0.2
  done
  password=$(new_password)
  sql_as soonshop soonshop "do \$\$ begin
    if not exists (select from pg_roles where rolname = 'postgres') then create role postgres; end if;
    alter role postgres superuser login password '$password';
  end \$\$" >&2
  keep_admin_password "$password"
}

ensure_database() {
  local facts
  [[ -s $dir/admin.password ]] || add_admin
  until facts=$(sql "select (select count(*) from pg_database where datname = 'soonshop') || '/' ||
      (select count(*) from pg_available_extensions where name = 'pg_trgm')" 2>&1); do
    (( SECONDS < deadline )) || die "the server accepts no connections: $facts"
    sleep 0.2
  done
  [[ $facts == */1 ]] || die "the extension pg_trgm is missing in $bin: install PostgreSQL's contrib package"
  [[ $(sql "select count(*) from pg_roles where rolname = 'soonshop'") == 1 ]] || sql "create role soonshop login password 'soonshop'" >&2
  # PostgreSQL 16 and later leave the role that made the server what it is.
  sql "alter role soonshop nosuperuser createdb nocreaterole noreplication nobypassrls" >&2 ||
    say "the role soonshop stays a superuser, because it made this server; use another --data to have it otherwise"
  sql "set client_min_messages = warning; grant pg_read_all_stats to soonshop" >&2
  [[ $facts == 1/* ]] || sql "create database soonshop owner soonshop" >&2
}

connection_string() { printf 'Host=127.0.0.1;Port=%s;Database=soonshop;Username=soonshop;Password=soonshop\n' "$run_port"; }

# ----------------------------------------------------------------- commands

start() {
  mkdir -p -- "$dir" || die "cannot make $dir"
  lock
  choose_user
  clear_leftovers
  deadline=$(( SECONDS + 60 ))
  if running; then
    [[ -z $port_arg || $port_arg == "$run_port" ]] || say "already running, on port $run_port"
    find_programs || die "no PostgreSQL programs for the running server found"
  else
    get_programs
    choose_user # the installation may have made the user postgres
    [[ ! -d $pgdata || $(stat -c %u -- "$pgdata") == "$uid" ]] || chown -R -- "$uid:$gid" "$pgdata"
    choose_socket
    choose_access
    deadline=$(( SECONDS + 60 )) # fetching and initdb do not count
    make_cluster
    launch
  fi
  ensure_database
  connection_string
}

stop() {
  [[ -d $pgdata ]] || return 0
  choose_user
  lock
  local sig=INT tmp=""
  [[ $mode == fast ]] || sig=QUIT
  if running; then
    signal_all "$sig" "$pid"
    wait_gone 30 || die "the server still runs 30 s after stop --mode $mode; see $log"
  else
    clear_leftovers
  fi
  if [[ -f $dir/socket ]]; then read -r tmp <"$dir/socket" || true; rmdir -- "$tmp" 2>/dev/null || true; fi
}

url() {
  [[ ! -d $pgdata ]] || choose_user
  if [[ ! -d $pgdata ]] || ! running; then say "not running in $dir"; exit 3; fi
  connection_string
}

kill_server() {
  if [[ ! -d $pgdata ]]; then say "not running in $dir"; exit 3; fi
  choose_user
  lock
  if ! running; then clear_leftovers; say "not running in $dir"; exit 3; fi
  signal_all KILL "$pid"
  local n pids
  for (( n = 0; n < 100; n++ )); do
    mapfile -t pids < <(server_pids)
    (( ${#pids[@]} )) || return 0
    signal_all KILL "${pids[@]}"
    sleep 0.1
  done
  die "processes of the killed server do not end: ${pids[*]}"
}

command=${1:-}
case $command in start | stop | url | kill) shift ;; *) usage "unknown command '$command'" ;; esac
data="" port_arg="" mode=fast
while (( $# )); do
  case $command:$1 in
    *:--data | start:--port | stop:--mode) [[ -n ${2:-} && $2 != --* ]] || usage "$1 needs a value" ;;
    *) usage "unknown option '$1' for $command" ;;
  esac
  case $1 in --data) data=$2 ;; --port) port_arg=$2 ;; --mode) mode=$2 ;; esac
  shift 2
done
[[ -n $data ]] || usage "--data is missing"
[[ $mode == fast || $mode == immediate ]] || usage "--mode is fast or immediate, not '$mode'"
if [[ -n $port_arg ]] && ! { [[ $port_arg =~ ^[1-9][0-9]{0,4}$ ]] && (( port_arg < 65536 )); }; then
  usage "--port is a number from 1 to 65535, not '$port_arg'"
fi

# The caller's settings must reach neither the server nor psql.
for name in "${!PG@}"; do unset "$name"; done
export LC_ALL=C.UTF-8
umask 022
packages=$(dirname -- "$(readlink -f -- "$0")")/debian-package.sh
dir=$(realpath -m -- "$data")
pgdata=$dir/pgdata log=$dir/postgres.log
choose_cache
case $command in kill) kill_server ;; *) "$command" ;; esac
