#!/bin/sh
# What docker-entrypoint.sh does in the official image, as far as an unprivileged user gets there: an empty directory
# becomes a database with a user, a password and its name. Then the server starts.
set -eu

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  initdb --username="$user" --pwfile="${POSTGRES_PASSWORD_FILE:?a file with the password of the superuser}"
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  pg_ctl -w -o "-c listen_addresses=''" start
  echo "CREATE DATABASE :\"name\"" | psql --no-psqlrc -v ON_ERROR_STOP=1 -v name="$database" -U "$user" -d postgres
  pg_ctl -m fast -w stop
fi
exec "$@"
