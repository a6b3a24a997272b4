#!/bin/sh
# Makes the shop's role and database on a new server: run by the image of PostgreSQL (compose.yaml, k8s/overlays/dev), and by hand for a
# server of your own:
#
#   PGHOST=… PGUSER=postgres PGPASSWORD=… SOONSHOP_PASSWORD_FILE=… deploy/database/role.sh
#
# The role is no superuser. It owns its database, because `Silo migrate` makes tables and functions, and the extension pg_trgm, which is
# trusted. It sees other roles' sessions in metrics (pg_read_all_stats), and may do nothing else.
set -eu
password=$(cat "${SOONSHOP_PASSWORD_FILE:-/run/secrets/postgres-password}")
psql -X -v ON_ERROR_STOP=1 -v password="$password" --username "${PGUSER:-${POSTGRES_USER:-postgres}}" --dbname postgres <<'END'
create role soonshop login nosuperuser nocreatedb nocreaterole noreplication password :'password';
grant pg_read_all_stats to soonshop;
create database soonshop owner soonshop;
revoke all on database soonshop from public;
END
