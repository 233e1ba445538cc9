# A PostgreSQL server of our own, on a free port of loopback, with its data in
# $state/postgres. It keeps nothing safe from a crash of the machine.

postgres_bin() {
  local bin
  bin=$(pg_config --bindir 2>/dev/null) && [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] && echo "$bin"
}

# PostgreSQL refuses to run as root.
as_postgres_user() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"
  else
    "$@"
  fi
}

start_postgres() {
  local bin dir=$state/postgres port
  bin=$(postgres_bin)
  is_running "$dir/data/postmaster.pid" && return
  say "starting PostgreSQL"
  rm -rf "$dir"
  mkdir -p "$dir"
  [ "$(id -u)" != 0 ] || chown postgres "$dir"
  # Its working directory must be one that it may enter.
  (
    cd /
    as_postgres_user "$bin/initdb" -D "$dir/data" --auth trust --username placement \
      --encoding UTF8 --no-locale --no-sync >/dev/null
    port=$(free_port)
    echo "$port" >"$dir/port"
    as_postgres_user "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/log" -w start \
      -o "-h 127.0.0.1 -p $port -k '' -c fsync=off -c synchronous_commit=off -c full_page_writes=off" >/dev/null
    "$bin/createdb" -h 127.0.0.1 -p "$port" -U placement placement
  )
}

# postgres_url DATABASE
postgres_url() {
  echo "postgresql+psycopg2://placement@127.0.0.1:$(cat "$state/postgres/port")/$1"
}

stop_postgres() {
  local bin dir=$state/postgres/data
  is_running "$dir/postmaster.pid" || return 0
  bin=$(postgres_bin)
  (cd / && as_postgres_user "$bin/pg_ctl" -D "$dir" -m fast -w stop >/dev/null)
}
