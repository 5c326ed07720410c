# Virtual environments in the cache, one per set of requirements.
# shellcheck shell=bash

# python_env DIRECTORY SENTENCE REQUIREMENTS-FILE...
python_env() {
  local home=$1 what=$2
  shift 2
  [[ -e $home/.complete ]] || step "$what" python_env_make "$home" "$@"
}

# A venv remembers its own path, so it is built in place; the marker file makes it count.
python_env_make() (
  set -euo pipefail
  home=$1
  shift
  rm -rf "$home"
  trap '[[ -e $home/.complete ]] || rm -rf "$home"' EXIT
  python3 -m venv "$home"
  "$home/bin/python" -c 'import sys; assert sys.version_info >= (3, 10), "Python 3.10 or later is needed."'
  arguments=()
  for file in "$@"; do arguments+=(-r "$file"); done
  # uv is ten times faster; it does not read pip's configuration, so what pip is told is handed on to it.
  if "$home/bin/pip" install -q uv; then
    index=$("$home/bin/pip" config get global.index-url 2>/dev/null || true)
    index=${PIP_INDEX_URL:-$index}
    certificates=/etc/ssl/certs/ca-certificates.crt
    [[ -z $index ]] || export UV_DEFAULT_INDEX=$index
    [[ -z ${PIP_FIND_LINKS:-} ]] || export UV_FIND_LINKS=$PIP_FIND_LINKS
    [[ ! -e $certificates ]] || export SSL_CERT_FILE=${SSL_CERT_FILE:-$certificates}
    UV_CACHE_DIR=$home/.uv "$home/bin/uv" pip install -q --python "$home/bin/python" "${arguments[@]}" ||
      "$home/bin/pip" install -q "${arguments[@]}"
    rm -rf "$home/.uv"
  else
    exit 1
  fi
  touch "$home/.complete"
)
