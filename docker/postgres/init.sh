#!/bin/sh
# Runs once, when the server's data folder is new: a role and a database of its own for the
# coordinators and for each service. Nobody else may connect to them.
set -eu

for name in skald_coordinator skald_order skald_payment skald_inventory skald_warehouse_north \
  skald_warehouse_south; do
  psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set name="$name" --set password="$POSTGRES_PASSWORD" <<'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name";
revoke connect on database :"name" from public;
SQL
done
