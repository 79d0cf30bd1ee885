#!/bin/sh
# Run once by PostgreSQL's image, when its volume is new. The portal's login owns its database and is no superuser:
# one who is would be bound by no rule of row-level security. The superuser has a password only as long as the image
# needs one: after this, it is let in at the server's own socket alone (docker compose exec database psql -U postgres).
set -eu
psql --set ON_ERROR_STOP=1 --set password="$PORTAL_PASSWORD" --username postgres <<'SQL'
CREATE ROLE portal LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE portal OWNER portal ENCODING 'UTF8';
ALTER ROLE postgres PASSWORD NULL;
SQL
