# The virtual environment with the services, in exact versions.

requirements=$here/requirements.txt

make_venv() {
  command -v python3 >/dev/null || fail "the services need Python 3"
  if cmp -s "$requirements" "$venv/requirements.txt"; then return; fi
  say "making the virtual environment"
  rm -rf "$venv"
  python3 -m venv "$venv" || fail "python3 -m venv failed: on Debian install python3-venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
  # Last, as a mark that all of it is there.
  cp "$requirements" "$venv/requirements.txt"
}
