# Everything the developers' commands stand on, made once per machine outside the checkout and found again afterwards.
#
# environment_ready sets and exports:
#   REPO CACHE ODOO_BIN ODOO_VERSION ODOO_PYTHON_USED   PYTHONPATH ODOO_RC   PGHOST PGPORT PGUSER (unless the user's own)
# shellcheck shell=bash

LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(cd "$LIB/../.." && pwd -P)
AI_DEPLOYMENT_COMMAND=dev/$(basename "$0")
export AI_DEPLOYMENT_COMMAND
for _part in say packages odoo_source python_env node_env postgres; do
  # shellcheck disable=SC1090
  source "$LIB/$_part.sh"
done

environment_key() { cat "$@" | sha256sum | cut -c1-12; }

environment_cache() {
  if [[ -n ${AI_DEPLOYMENT_CACHE:-} ]]; then
    CACHE=$AI_DEPLOYMENT_CACHE
  elif ((EUID == 0)); then
    CACHE=/var/cache/ai_deployment
  else
    CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ai_deployment
  fi
  if ! mkdir -p "$CACHE" 2>/dev/null || ! CACHE=$(cd "$CACHE" && pwd -P) || [[ ! -w $CACHE ]]; then
    die "the cache folder cannot be written: $CACHE (AI_DEPLOYMENT_CACHE chooses another one)."
  fi
  export AI_DEPLOYMENT_CACHE=$CACHE
  # Byte code beside the sources would land in the checkout; without any, every start costs seconds.
  unset PYTHONDONTWRITEBYTECODE
  export PYTHONPYCACHEPREFIX=$CACHE/pycache
}

# Two set-ups at a time would trip over each other; the lock ends with this process.
environment_lock() {
  exec 9>"$CACHE/lock" || die "the cache folder cannot be written: $CACHE."
  flock -n 9 || { say "Waiting for another command that is setting up $CACHE ..." && flock 9; }
  rm -rf "$CACHE"/building-*
}

environment_unlock() { exec 9>&-; }

environment_python() {
  python3 -c 'import ensurepip, venv, ssl' 2>/dev/null || packages_ensure python3 python3-venv ca-certificates
}

environment_ready() {
  environment_cache
  environment_lock
  environment_python
  local venv source_key children=() child
  venv=$CACHE/venv-$(environment_key "$LIB/python_env.sh" "$REPO/requirements.txt" "$LIB/../requirements/odoo.txt" "$LIB/../requirements/tests.txt")
  source_key=$(environment_key "$LIB/odoo_source.sh")
  ODOO_PYTHON_USED=
  # Downloads wait for the network most of the time, so they run beside each other.
  DIED_ALREADY=$(mktemp -u)
  if odoo_is_own; then
    odoo_use_own
    ODOO_PYTHON_USED=$(odoo_own_python)
  else
    odoo_unpacked "$source_key" &
    children+=($!)
  fi
  if [[ -z $ODOO_PYTHON_USED ]]; then
    python_env "$venv" "Installing Python packages (about 150 MB)" \
      "$REPO/requirements.txt" "$LIB/../requirements/odoo.txt" "$LIB/../requirements/tests.txt" &
    children+=($!)
    ODOO_PYTHON_USED=$venv/bin/python
  fi
  for child in "${children[@]}"; do wait "$child" || { wait || true; rm -rf "$DIED_ALREADY"; exit 1; }; done
  DIED_ALREADY=
  odoo_is_own || odoo_use_unpacked "$source_key"
  environment_check_series
  postgres_is_own || postgres_start
  environment_configuration
  environment_unlock
  export ODOO_BIN ODOO_VERSION ODOO_PYTHON_USED CACHE REPO
}

environment_check_series() {
  export PYTHONPATH=$ODOO_PATH
  odoo_is_own || return 0
  local series
  series=$(odoo_series_of "$ODOO_PYTHON_USED" "$ODOO_BIN" "$ODOO_PATH")
  [[ $series == 19.0 ]] || die "this addon is for Odoo 19.0, and $ODOO_BIN is ${series:-not an Odoo that can be read}; set ODOO_HOME to an Odoo 19.0 or unset it."
}

# One addons folder per checkout, holding a link with the addon's name: the checkout itself may have any name. It stays
# outside of the checkout, where Odoo's export of terms would walk into it without end.
environment_configuration() {
  local home addons
  home=$CACHE/checkout-$(printf %s "$REPO" | sha256sum | cut -c1-12)
  addons=$home/addons
  mkdir -p "$addons" "$CACHE/data"
  ln -sfn "$REPO" "$addons/ai_deployment"
  cat >"$home/odoo.conf.$$" <<CONF
[options]
addons_path = $addons
data_dir = $CACHE/data
http_interface = 127.0.0.1
skip_auto_install = True
# Address space, not memory in use: the scientific libraries alone map several hundred MiB.
limit_memory_hard = 6442450944
limit_memory_soft = 4294967296
CONF
  mv "$home/odoo.conf.$$" "$home/odoo.conf"
  export ODOO_RC=$home/odoo.conf AI_DEPLOYMENT_ADDONS=$addons
}

# Odoo looks for one of these names on PATH, and skips every browser test where there is none.
environment_browser() {
  command -v google-chrome || command -v chromium || command -v chromium-browser || command -v google-chrome-stable ||
    packages_ensure chromium fonts-dejavu-core
} >/dev/null

# A Python module of dev/lib, with everything ready; replaces this program.
environment_run() {
  export PYTHONPATH=$REPO/dev${ODOO_PATH:+:$ODOO_PATH}
  exec "$ODOO_PYTHON_USED" -m "$@"
}
