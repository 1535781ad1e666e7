#!/bin/bash
# usage: tests/postgres.sh PID — starts a PostgreSQL of its own for tests (temporary directory, Unix socket only), prints its
# url, and takes it down with its directory once the process PID is gone, however that process ends.
set -euo pipefail
owner=$1
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
dir=$(mktemp -d /tmp/hoichan-postgres.XXXXXX)
as=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
    chown postgres: "$dir"
    as=(runuser -u postgres --)
fi
cd "$dir"
"${as[@]}" "$bin/initdb" -D "$dir/data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/log" 2>&1 ||
    { cat "$dir/log" >&2; exit 1; }
"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -o "-k $dir -c listen_addresses='' -c fsync=off -c shared_buffers=16MB" \
    start >/dev/null 2>&1 || { cat "$dir/server.log" >&2; exit 1; }
(
    exec >/dev/null 2>&1 </dev/null
    tail --pid="$owner" -f /dev/null
    "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate stop
    rm -rf "$dir"
) &
disown
echo "postgresql:///postgres?host=$dir&user=postgres"
