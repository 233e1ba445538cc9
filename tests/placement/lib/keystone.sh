# Keystone on sqlite with fernet tokens, and a Placement that asks it: the user
# `nova` of the project `service` with the role `service`, the user `reader` with
# the role `reader` alone, and an application credential of nova's.

start_keystone() {
  local dir=$state/keystone port url
  if gunicorn_runs keystone && gunicorn_runs keystone-placement; then return; fi
  say "starting Keystone"
  stop_gunicorn keystone
  stop_gunicorn keystone-placement
  rm -rf "$dir"
  mkdir -p "$dir"
  port=$(free_port)
  url=http://127.0.0.1:$port
  cat >"$dir/keystone.conf" <<CONFIGURATION
[DEFAULT]
log_file = $dir/keystone.log
[database]
connection = sqlite:///$dir/keystone.db
[token]
provider = fernet
[fernet_tokens]
key_repository = $dir/fernet
[credential]
key_repository = $dir/credential
[fernet_receipts]
key_repository = $dir/fernet
CONFIGURATION
  mkdir -m 700 "$dir/fernet" "$dir/credential"
  keystone_manage db_sync
  keystone_manage fernet_setup --keystone-user "$(id -un)" --keystone-group "$(id -gn)"
  keystone_manage credential_setup --keystone-user "$(id -un)" --keystone-group "$(id -gn)"
  keystone_manage bootstrap --bootstrap-password admin --bootstrap-public-url "$url/v3" \
    --bootstrap-internal-url "$url/v3" --bootstrap-admin-url "$url/v3"
  # Keystone reads the arguments of whatever program it runs in.
  cat >"$dir/keystone_without_arguments.py" <<PYTHON
import sys
sys.argv = ["keystone"]
from keystone.wsgi.api import application
PYTHON
  OS_KEYSTONE_CONFIG_DIR=$dir start_gunicorn keystone keystone_without_arguments:application "$port" 1 4
  wait_for Keystone answers "$url/v3"
  "$venv/bin/python" "$here/lib/keystone_users.py" "$url" >"$dir/users"
  start_placement keystone-placement "[keystone_authtoken]
www_authenticate_uri = $url
auth_url = $url
auth_type = password
username = nova
password = nova-password
user_domain_name = Default
project_name = service
project_domain_name = Default"
  { echo "PROVIDER_TREE_KEYSTONE_URL=$url"; cat "$dir/users"; } >"$dir/env"
}

keystone_manage() {
  OS_KEYSTONE_CONFIG_DIR=$dir "$venv/bin/keystone-manage" --config-dir "$dir" "$@" \
    >>"$dir/gunicorn.log" 2>&1 || fail "keystone-manage $1 failed: see $dir"
}
