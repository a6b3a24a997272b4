#!/usr/bin/env bash
# The private development RabbitMQ of SoonShop (Debian/Ubuntu), for run.sh and the tests. It runs as its caller, listens on loopback
# alone, and keeps everything in DIR. Without an installed RabbitMQ it fetches a private copy; nothing is installed.
#
#   deploy/rabbitmq.sh start --data DIR [--port N]   start it, print its URI
#   deploy/rabbitmq.sh stop  --data DIR
#   deploy/rabbitmq.sh url   --data DIR              print the URI; exit 3 when not running
#   deploy/rabbitmq.sh kill  --data DIR              SIGKILL, for failure tests; exit 3 likewise
#   deploy/rabbitmq.sh pid   --data DIR              print the broker's process id; exit 3 likewise
#   deploy/rabbitmq.sh ctl   --data DIR ARGUMENT...  rabbitmqctl for this broker, such as list_queues
#
# Exit codes: 0 done, 1 failed, 3 not running, 64 wrong call.
# SOONSHOP_CACHE: where the private copy goes (default ~/.cache/soonshop).
set -euo pipefail

say() { printf 'rabbitmq.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
usage() {
  say "$*"
  say "usage: rabbitmq.sh start|stop|url|kill|pid|ctl --data DIR [--port N (start)] [ARGUMENT... (ctl)]"
  exit 64
}

# ----------------------------------------------------------------- programs

# Sets erlang and rabbit: the installed ones, or those of a private copy.
find_programs() {
  local root
  for root in "" "$cache"; do
    erlang=$root/usr/lib/erlang rabbit=$root/usr/lib/rabbitmq
    [[ ! -x $rabbit/bin/rabbitmq-server ]] || ! compgen -G "$erlang/erts-*/bin/erlexec" >/dev/null || return 0
  done
  return 1
}

get_programs() {
  find_programs && return 0
  "$(dirname -- "$(readlink -f -- "$0")")/debian-package.sh" fetch --only 'rabbitmq-server|erlang-.*' "$cache" rabbitmq-server 9>&- ||
    die "RabbitMQ could not be fetched (see above): install rabbitmq-server, or set RabbitMq__Uri to a broker of yours"
  find_programs || die "the private copy of RabbitMQ in $cache is not complete; remove it and try again"
}

# What Debian's scripts need to know of a copy that lies elsewhere, and of a node beside others on this machine.
set_environment() {
  local erts libs
  erts=$(compgen -G "$erlang/erts-*" | sort -V | tail -n 1)
  mkdir -p -- "$dir/bin" "$dir/home" "$dir/log"
  # Erlang's own start script knows one place alone.
  printf '#!/bin/sh\nexport ROOTDIR=%q BINDIR=%q EMU=beam PROGNAME=erl\nexec "$BINDIR/erlexec" "$@"\n' "$erlang" "$erts/bin" >"$dir/bin/erl"
  chmod 755 -- "$dir/bin/erl"
  # escript looks for erl beside itself first.
  printf '#!/bin/sh\nexport ROOTDIR=%q BINDIR=%q EMU=beam PROGNAME=erl\nexport ESCRIPT_EMULATOR=%q\nexec %q "$@"\n' \
    "$erlang" "$erts/bin" "$dir/bin/erl" "$erlang/bin/escript" >"$dir/bin/escript"
  chmod 755 -- "$dir/bin/escript"
  libs=$(shopt -s nullglob; printf '%s:' "$cache"/usr/lib/*-linux-gnu* "$cache"/lib/*-linux-gnu*)
  [[ $erlang != "$cache"/* ]] || export LD_LIBRARY_PATH=${libs%:}
  export PATH=$dir/bin:$erts/bin:$PATH HOME=$dir/home RUNNING_UNDER_SYSTEMD=true
  export RABBITMQ_CONF_ENV_FILE=$dir/none RABBITMQ_NODENAME=soonshop@localhost RABBITMQ_CONFIG_FILE=$dir/rabbitmq.conf
  export RABBITMQ_MNESIA_BASE=$dir/mnesia RABBITMQ_LOG_BASE=$dir/log RABBITMQ_ENABLED_PLUGINS_FILE=$dir/enabled_plugins
  export RABBITMQ_PID_FILE=$dir/broker.pid ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$epmd_port RABBITMQ_DIST_PORT=$dist_port
  export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}"
  export RABBITMQ_CTL_DIST_PORT_MIN=0 RABBITMQ_CTL_DIST_PORT_MAX=0
}

# ---------------------------------------------------------------- processes

# Processes of this very node: Erlang machines and their port mapper whose home is DIR/home.
node_pids() { # names
  local p name
  for p in /proc/[0-9]*; do
    read -r name 2>/dev/null <"$p/comm" || continue
    [[ " $* " == *" $name "* ]] || continue
    if { tr "\0" "\n" <"$p/environ"; } 2>/dev/null | grep -qxF "HOME=$dir/home"; then echo "${p##*/}"; fi
  done
}

# Sets pid, if the broker runs.
running() {
  pid=$(cat -- "$dir/broker.pid" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ ]] && [[ $'\n'$(node_pids beam.smp)$'\n' == *$'\n'"$pid"$'\n'* ]]
}

end_all() { # seconds for a clean end
  local n pids
  for (( n = 0; n < $1 * 10 + 50; n++ )); do
    mapfile -t pids < <(node_pids beam.smp)
    (( ${#pids[@]} > 0 )) || break
    (( n < $1 * 10 )) || kill -s KILL "${pids[@]}" 2>/dev/null || true
    sleep 0.1
  done
  mapfile -t pids < <(node_pids epmd)
  (( ${#pids[@]} == 0 )) || kill -s KILL "${pids[@]}" 2>/dev/null || true
  rm -f -- "$dir/broker.pid"
}

# One command at a time per DIR. The broker must not inherit descriptor 9.
lock() {
  { exec 9>>"$dir/lock"; } 2>/dev/null || die "cannot open $dir/lock; call this as its owner"
  flock -w 300 9 || die "another rabbitmq.sh has been busy with $dir for five minutes"
}

port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A free port below those that the system gives to clients, begun at a random one: brokers that start side by side seldom meet.
free_port() {
  local p n
  for (( n = 0; n < 200; n++ )); do
    p=$(( 20000 + (RANDOM * 32768 + RANDOM) % 12000 ))
    if port_free "$p"; then echo "$p"; return 0; fi
  done
  die "no free port found"
}

read_ports() { read -r port dist_port epmd_port 2>/dev/null <"$dir/ports"; }

choose_ports() {
  if read_ports && port_free "$port" && port_free "$dist_port" && port_free "$epmd_port" &&
    [[ -z $port_arg || $port_arg == "$port" ]]; then return 0; fi
  port=${port_arg:-$(free_port)} dist_port=$(free_port) epmd_port=$(free_port)
  port_free "$port" || die "port $port is in use by something else"
  printf '%s %s %s\n' "$port" "$dist_port" "$epmd_port" >"$dir/ports"
}

uri() { printf 'amqp://soonshop:%s@127.0.0.1:%s/\n' "$(cat -- "$dir/password")" "$port"; }

# Becomes a process in which no lock or pipe of the caller stays open. Only for use with &: $! is that process.
spawn() {
  local fd
  cd "$dir"
  for fd in "/proc/$BASHPID/fd"/*; do
    fd=${fd##*/}
    if (( fd > 2 && fd != 255 )); then eval "exec $fd>&-"; fi # 255: bash's own, not inherited
  done
  exec setsid "$@" </dev/null >>"$dir/rabbitmq.log" 2>&1
}

# ----------------------------------------------------------------- commands

start() {
  local child end
  mkdir -p -- "$dir" || die "cannot make $dir"
  chmod 700 -- "$dir"
  lock
  if running && read_ports; then uri; return 0; fi
  get_programs
  end_all 0
  choose_ports
  set_environment
  [[ -s $dir/password ]] || ( umask 077; head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$dir/password" )
  printf '[].\n' >"$dir/enabled_plugins"
  ( umask 077; cat >"$dir/rabbitmq.conf" ) <<END
# written by deploy/rabbitmq.sh at every start
listeners.tcp.1 = 127.0.0.1:$port
default_user = soonshop
default_pass = $(cat -- "$dir/password")
disk_free_limit.absolute = 100MB
log.file = false
log.console = true
log.console.level = info
END
  : >"$dir/rabbitmq.log"
  # Its port mapper first: RabbitMQ would start one with Erlang's own start script.
  spawn epmd &
  spawn "$rabbit/bin/rabbitmq-server" &
  child=$!
  end=$(( SECONDS + 90 ))
  until running && grep -q 'Server startup complete' "$dir/rabbitmq.log" && ! port_free "$port"; do
    if ! kill -0 "$child" 2>/dev/null || (( SECONDS >= end )); then
      tail -n 25 -- "$dir/rabbitmq.log" >&2
      end_all 0
      die "the broker did not start; see $dir/rabbitmq.log"
    fi
    sleep 0.1
  done
  uri
}

stop() {
  [[ -d $dir ]] || return 0
  lock
  if running; then kill -s CONT "$pid" 2>/dev/null || true; kill -s TERM "$pid" 2>/dev/null || true; end_all 30; else end_all 0; fi
}

kill_broker() {
  [[ -d $dir ]] || not_running
  lock
  running || not_running
  end_all 0
}

not_running() { say "not running in $dir"; exit 3; }

url() { running && read_ports || not_running; uri; }

show_pid() { running || not_running; printf '%s\n' "$pid"; }

ctl() {
  running && read_ports || not_running
  find_programs || die "no RabbitMQ programs for the running broker found"
  set_environment
  exec escript "$(compgen -G "$rabbit/lib/rabbitmq_server-*/escript/rabbitmqctl" | sort -V | tail -n 1)" -n "$RABBITMQ_NODENAME" "$@"
}

command=${1:-}
case $command in start | stop | url | kill | pid | ctl) shift ;; *) usage "unknown command '$command'" ;; esac
data="" port_arg="" rest=()
while (( $# )); do
  case $command:$1 in
    *:--data | start:--port) [[ -n ${2:-} && $2 != --* ]] || usage "$1 needs a value" ;;
    ctl:*) [[ -n $data ]] || usage "--data is missing"; rest=("$@"); break ;;
    *) usage "unknown option '$1' for $command" ;;
  esac
  case $1 in --data) data=$2 ;; --port) port_arg=$2 ;; esac
  shift 2
done
[[ -n $data ]] || usage "--data is missing"
if [[ -n $port_arg ]] && ! { [[ $port_arg =~ ^[1-9][0-9]{0,4}$ ]] && (( port_arg < 65536 )); }; then
  usage "--port is a number from 1 to 65535, not '$port_arg'"
fi

# The caller's settings must not reach the broker.
for name in "${!RABBITMQ_@}" "${!ERL_@}"; do unset "$name"; done
export LC_ALL=C.UTF-8
umask 022
if [[ -n ${SOONSHOP_CACHE:-} ]]; then cache=$(realpath -m -- "$SOONSHOP_CACHE")/rabbitmq-server
elif [[ -n ${HOME:-} && -w $HOME ]]; then cache=$HOME/.cache/soonshop/rabbitmq-server
else cache=${TMPDIR:-/tmp}/soonshop-cache-$(id -u)/rabbitmq-server; fi
dir=$(realpath -m -- "$data")
case $command in
  kill) kill_broker ;;
  pid) show_pid ;;
  ctl) ctl "${rest[@]}" ;;
  *) "$command" ;;
esac
