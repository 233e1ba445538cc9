# A PostgreSQL server of our own, on a free port of loopback. Its data does not
# outlive a crash of the machine.

postgres_bin() {
  local bin
  bin=$(pg_config --bindir 2>/dev/null) && [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] && echo "$bin"
}

# PostgreSQL refuses to run as root. Runs where any user may be.
as_postgres_user() {
  (
    cd /
    if [ "$(id -u)" = 0 ]; then
      exec setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"
    else
      exec "$@"
    fi
  )
}

# Where the data is: below $state, or in a directory of its own where the user
# `postgres` may not enter $state.
postgres_data() {
  local dir=$state/postgres/data
  if [ -s "$state/postgres/elsewhere" ]; then
    cat "$state/postgres/elsewhere"
  else
    echo "$dir"
  fi
}

postgres_runs() {
  is_running "$(postgres_data)/postmaster.pid" "$(postgres_data)"
}

start_postgres() {
  local bin data port
  bin=$(postgres_bin)
  if postgres_runs; then return; fi
  say "starting PostgreSQL"
  remove_postgres
  mkdir -p "$state/postgres/data"
  if [ "$(id -u)" = 0 ]; then
    chown postgres "$state/postgres/data"
    if ! as_postgres_user test -w "$state/postgres/data"; then
      data=$(mktemp -d)
      chown postgres "$data"
      echo "$data" >"$state/postgres/elsewhere"
    fi
  fi
  data=$(postgres_data)
  as_postgres_user "$bin/initdb" -D "$data" --auth trust --username placement \
    --encoding UTF8 --no-locale --no-sync >"$state/postgres/log"
  port=$(free_port)
  echo "$port" >"$state/postgres/port"
  as_postgres_user "$bin/pg_ctl" -D "$data" -l "$data/log" -w start -o "-h 127.0.0.1 -p $port \
    -k '' -c fsync=off -c synchronous_commit=off -c full_page_writes=off" >>"$state/postgres/log"
}

# new_postgres_database NAME: prints its address.
new_postgres_database() {
  local bin server
  bin=$(postgres_bin)
  server=(-h 127.0.0.1 -p "$(cat "$state/postgres/port")" -U placement)
  "$bin/dropdb" "${server[@]}" --if-exists --force "$1" >/dev/null 2>&1
  "$bin/createdb" "${server[@]}" "$1"
  echo "postgresql+psycopg2://placement@127.0.0.1:$(cat "$state/postgres/port")/$1"
}

stop_postgres() {
  if postgres_runs; then
    as_postgres_user "$(postgres_bin)/pg_ctl" -D "$(postgres_data)" -m fast -w stop >/dev/null
  fi
  remove_postgres
}

remove_postgres() {
  rm -rf "$(postgres_data)" "${state:?}/postgres"
}
