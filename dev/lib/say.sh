# Talking to the person: progress on stderr, and one clear sentence when something ends the command.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

die() {
  # Where several things are set up beside each other, one sentence is enough: the first one.
  if [[ -n ${DIED_ALREADY:-} ]]; then
    [[ ! -e $DIED_ALREADY ]] || exit 1
    mkdir "$DIED_ALREADY" 2>/dev/null || true
  fi
  printf '%s: %s\n' "$AI_DEPLOYMENT_COMMAND" "$*" >&2
  exit 1
}

# step SENTENCE COMMAND...: says what is being done, keeps the output out of sight, and turns a failure into one sentence.
# The command stops at its first error, so it must not stand in a condition: bash ignores set -e in there.
step() {
  local what=$1 log status started=$SECONDS
  shift
  log=$(mktemp 2>/dev/null) || die "$what failed: the disk that holds ${TMPDIR:-/tmp} is full or not writable."
  say "$what ..."
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  if ((status == 0)); then
    ((SECONDS - started < 3)) || say "$what: done in $((SECONDS - started)) s."
    rm -f "$log"
    return
  fi
  local reason
  reason=$(why_it_failed "$log")
  rm -f "$log"
  die "$what failed: $reason"
}

# The reason of a failure, in words, from the output of the command that failed.
why_it_failed() {
  local free
  free=$(df --output=avail -k "${CACHE:-/}" 2>/dev/null | tail -n 1) || free=
  if ((${free:-999999} < 32768)) || grep -qiE 'no space left|disk full|os error 28|disk quota exceeded' "$1"; then
    echo "the disk that holds ${CACHE:-the cache} is full; free some space (about 2 GB are needed) and run this again."
  elif grep -qiE 'temporary failure|could not resolve|name resolution|network is unreachable|failed to fetch|dns error|connection (refused|timed out|error)|max retries|error sending request|no address associated' "$1"; then
    echo "the network cannot be reached; check the connection (or proxy) and run this again."
  elif grep -qi 'could not get lock' "$1"; then
    echo "another program is installing packages; wait for it and run this again."
  else
    grep -vE '^\s*$|^note:|^hint:' "$1" | tail -n 1
  fi
}
