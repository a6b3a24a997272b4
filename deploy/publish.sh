#!/usr/bin/env bash
# Lays a program out as its container image has it: published, without what only developers need, readable by everybody and
# writable by nobody. The Dockerfiles call it, and so do the tests, which then run what it has made.
#
#   deploy/publish.sh Silo|ApiFrontend DIR [--version V] [--configuration C] [--no-build]
#
# DIR must not exist yet, or be empty. --no-build publishes what was built before.
# Exit codes: 0 done, 64 wrong call, 73 DIR cannot be used, otherwise those of dotnet publish.
set -euo pipefail

fail() { local code=$1; shift; printf 'publish.sh: %s\n' "$*" >&2; exit "$code"; }
usage() { fail 64 "$1; usage: publish.sh Silo|ApiFrontend DIR [--version V] [--configuration C] [--no-build]"; }

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
(( $# >= 2 )) || usage "what to publish, or where, is missing"
project=$1 dir=$(realpath -m -- "$2") configuration=Release options=()
shift 2
[[ $project == Silo || $project == ApiFrontend ]] || usage "'$project' is no program"
while (( $# )); do
  case $1 in
    --version) [[ ${2:-} =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || usage "'${2:-}' is no version"
      options+=("-p:Version=$2"); shift 2 ;;
    --configuration) [[ ${2:-} =~ ^(Debug|Release)$ ]] || usage "'${2:-}' is neither Debug nor Release"; configuration=$2; shift 2 ;;
    --no-build) options+=(--no-build); shift ;;
    *) usage "'$1' is no option" ;;
  esac
done
mkdir -p -- "$dir" && [[ -z $(ls -A -- "$dir") ]] || fail 73 "$dir is not empty; name a new directory"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
# The image brings the runtime; analyzers are the tests' part.
dotnet publish "$root/$project" --configuration "$configuration" --output "$dir" --no-self-contained --verbosity quiet --nologo \
  -p:UseAppHost=false -p:RunAnalyzers=false -p:PublishDocumentationFiles=false -p:PublishReferencesDocumentationFiles=false \
  "${options[@]}" || fail $? "$project could not be published"

# Development's settings hold passwords that everybody knows.
rm -f -- "$dir/appsettings.Development.json" "$dir"/*.xml
chmod -R a=rX -- "$dir"
