# Placement without authentication (noauth2), or with Keystone.

# start_placement NAME DATABASE [CONFIGURATION]: a new database each time.
start_placement() {
  local name=$1 database=$2 configuration=${3:-} port workers=2
  is_running "$state/$name/gunicorn.pid" && return
  say "starting $name"
  rm -rf "${state:?}/$name"
  mkdir -p "$state/$name"
  # Writers of several processes lock each other out of sqlite.
  [[ $database != sqlite* ]] || workers=1
  cat >"$state/$name/placement.conf" <<CONFIGURATION
[DEFAULT]
log_file = $state/$name/placement.log
[api]
auth_strategy = $([ -z "$configuration" ] && echo noauth2 || echo keystone)
[placement_database]
connection = $database
$configuration
CONFIGURATION
  "$venv/bin/placement-manage" --config-file "$state/$name/placement.conf" db sync \
    >>"$state/$name/gunicorn.log" 2>&1 || fail "placement-manage db sync failed: see $state/$name"
  echo "$workers" >"$state/$name/workers"
  port=$(free_port)
  echo "$port" >"$state/$name/port"
  resume_placement "$name"
  case $name in
    placement) echo "PROVIDER_TREE_PLACEMENT_URL=http://127.0.0.1:$port" ;;
    *) echo "PROVIDER_TREE_KEYSTONE_PLACEMENT_URL=http://127.0.0.1:$port" ;;
  esac >"$state/$name/env"
}

resume_placement() {
  local dir=$state/$1 port
  port=$(cat "$dir/port")
  OS_PLACEMENT_CONFIG_DIR=$dir start_gunicorn "$1" placement.wsgi.api:application "$port" "$(cat "$dir/workers")"
  wait_for "$1" answers "http://127.0.0.1:$port/"
}
