#!/usr/bin/env bash
# Makes the PrometheusRule for Kubernetes of alerts.yml, the one source of rules: prints it, or with --write renews the file that
# kustomization.yaml names.
#
#   deploy/prometheus/render.sh [--write]
#
# SOONSHOP_RUNBOOK_URL: where the files of deploy are read; alerts link to ALERTS.md below it. By default what alerts.yml says. --write
# writes it into alerts.yml and its cases, too, so that it need not be said again.
# Exit codes: 0 done, 1 failed, 64 wrong call.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
present=$(sed -nE 's|^ +runbook_url: (.+)/ALERTS\.md#.*|\1|p' "$here/alerts.yml" | sort -u)
[[ -n $present && $present != *$'\n'* ]] || {
  echo "render.sh: alerts.yml links to several runbooks, or to none; give all its runbook_url one beginning" >&2; exit 1; }
runbook=${SOONSHOP_RUNBOOK_URL:-$present}
runbook=${runbook%/}
[[ $runbook =~ ^https?://[A-Za-z0-9._~:/%@+-]+$ ]] || {
  echo "render.sh: SOONSHOP_RUNBOOK_URL is '$runbook'; set it to an http(s) address" >&2; exit 1; }

# Links of a file to the runbook, which is somewhere else now.
moved() { sed -E "s|(runbook_url: *'?)${present//./\\.}/ALERTS|\1$runbook/ALERTS|" "$1"; }

render() {
  cat <<'HEAD'
# Made of alerts.yml by render.sh --write. Change that file.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: soonshop
  labels:
    app.kubernetes.io/name: soonshop
    app.kubernetes.io/part-of: soonshop
spec:
HEAD
  # What stands before the groups is comment. Empty lines stay empty.
  moved "$here/alerts.yml" | sed -n '/^groups:/,$p' | sed 's/^\(.\)/  \1/'
}

case ${1:-} in
  "") render ;;
  --write)
    render > "$here/prometheus-rules.yaml.new"
    mv -- "$here/prometheus-rules.yaml.new" "$here/prometheus-rules.yaml"
    [[ $runbook != "$present" ]] || exit 0
    for file in "$here"/alerts*.yml; do
      moved "$file" > "$file.new"
      mv -- "$file.new" "$file"
    done ;;
  *) echo "render.sh: usage: deploy/prometheus/render.sh [--write]" >&2; exit 64 ;;
esac
