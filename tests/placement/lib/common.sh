# Helpers for the scripts beside this file. They use $state and $venv.

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

say() {
  echo "== $*" >&2
}

# A port that is free now.
free_port() {
  python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# is_running PID_FILE TEXT: whether that process runs and its command has the text;
# another process may have the number by now.
is_running() {
  [ -s "$1" ] && ps -o command= -p "$(head -n 1 "$1")" | grep -qF -- "$2"
}

# Waits until a command succeeds, for two minutes at most.
wait_for() {
  local what=$1 end=$((SECONDS + 120))
  shift
  while [ $SECONDS -lt $end ]; do
    "$@" >/dev/null 2>&1 && return
    sleep 0.2
  done
  fail "$what does not answer: see the logs in $state"
}

# Whether something at a URL answers with a status, whatever it is.
answers() {
  "$venv/bin/python" - "$1" <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=5)
except urllib.error.HTTPError as answer:
    sys.exit(answer.code >= 500)
PYTHON
}

# start_gunicorn NAME APPLICATION PORT WORKERS THREADS: with its state in $state/NAME.
start_gunicorn() {
  local name=$1 application=$2 port=$3 workers=$4 threads=$5
  (
    cd "$state/$name"
    export PYTHONWARNINGS=ignore
    exec "$venv/bin/gunicorn" "$application" --bind "127.0.0.1:$port" --workers "$workers" \
      --worker-class gthread --threads "$threads" --keep-alive 75 --graceful-timeout 2 \
      --no-control-socket --log-level warning
  ) </dev/null >>"$state/$name/gunicorn.log" 2>&1 &
  # Not gunicorn's own file, which it writes later.
  echo $! >"$state/$name/gunicorn.pid"
}

gunicorn_runs() {
  is_running "$state/$1/gunicorn.pid" "$venv/bin/gunicorn"
}

stop_gunicorn() {
  if gunicorn_runs "$1"; then
    kill "$(cat "$state/$1/gunicorn.pid")"
    for _ in $(seq 100); do
      gunicorn_runs "$1" || break
      sleep 0.1
    done
    if gunicorn_runs "$1"; then kill_gunicorn "$1"; fi
  fi
  rm -f "$state/$1/gunicorn.pid" "$state/$1/env"
}

# Kills a master and its workers at once, in the middle of whatever they do.
kill_gunicorn() {
  local master
  gunicorn_runs "$1" || fail "$1 does not run"
  master=$(cat "$state/$1/gunicorn.pid")
  # The word splits into one number for each worker.
  kill -KILL "$master" $(pgrep -P "$master")
  rm -f "$state/$1/gunicorn.pid"
}
