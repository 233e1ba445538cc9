# Placement without authentication (noauth2), or with Keystone.

# start_placement NAME [CONFIGURATION]: with a new database, of the kind $database.
start_placement() {
  local dir=$state/$1 configuration=${2:-} connection port
  if gunicorn_runs "$1"; then return; fi
  say "starting $1"
  rm -rf "${dir:?}"
  mkdir -p "$dir"
  if [ "$database" = sqlite ]; then
    connection=sqlite:///$dir/placement.db
    echo "1 ${threads:-1}" >"$dir/size"
  else
    connection=$(new_postgres_database "$1")
    echo "2 ${threads:-4}" >"$dir/size"
  fi
  cat >"$dir/placement.conf" <<CONFIGURATION
[DEFAULT]
log_file = $dir/placement.log
[api]
auth_strategy = $([ -z "$configuration" ] && echo noauth2 || echo keystone)
[placement_database]
connection = $connection
$configuration
CONFIGURATION
  "$venv/bin/placement-manage" --config-file "$dir/placement.conf" db sync \
    >>"$dir/gunicorn.log" 2>&1 || fail "placement-manage db sync failed: see $dir"
  port=$(free_port)
  echo "$port" >"$dir/port"
  resume_placement "$1"
  case $1 in
    placement) echo "PROVIDER_TREE_PLACEMENT_URL=http://127.0.0.1:$port" ;;
    *) echo "PROVIDER_TREE_KEYSTONE_PLACEMENT_URL=http://127.0.0.1:$port" ;;
  esac >"$dir/env"
}

# Starts it as it was, on the same port.
resume_placement() {
  local dir=$state/$1 port size
  port=$(cat "$dir/port")
  read -ra size <"$dir/size"
  OS_PLACEMENT_CONFIG_DIR=$dir start_gunicorn "$1" placement.wsgi.api:application "$port" "${size[@]}"
  wait_for "$1" answers "http://127.0.0.1:$port/"
}
