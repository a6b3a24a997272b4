#!/usr/bin/env bash
# Makes the PrometheusRule for Kubernetes of alerts.yml, the one source of rules: prints it, or with --write renews the file that
# kustomization.yaml names.
#
#   deploy/prometheus/render.sh [--write]
#
# SOONSHOP_RUNBOOK_URL: where the files of deploy are read (default https://soonshop.dev/runbook); alerts link to ALERTS.md below it.
# Exit codes: 0 done, 1 failed, 64 wrong call.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
default=https://soonshop.dev/runbook
runbook=${SOONSHOP_RUNBOOK_URL:-$default}
[[ $runbook =~ ^https?://[^[:space:]\|]+$ ]] || { echo "render.sh: SOONSHOP_RUNBOOK_URL is '$runbook'; set it to an http(s) address" >&2; exit 1; }

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
  sed -n '/^groups:/,$p' "$here/alerts.yml" | sed -e "s|$default/|${runbook%/}/|" -e 's/^\(.\)/  \1/'
}

case ${1:-} in
  "") render ;;
  --write)
    render > "$here/prometheus-rules.yaml.new"
    mv -- "$here/prometheus-rules.yaml.new" "$here/prometheus-rules.yaml" ;;
  *) echo "render.sh: usage: deploy/prometheus/render.sh [--write]" >&2; exit 64 ;;
esac
