# What dev/bench, dev/evaluate and dev/drill share: experiment KIND FOLDER ARGUMENT...
# shellcheck shell=bash

source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

experiment() {
  local folder=$2 file
  if [[ $# == 2 || $3 == --help || $3 == -h ]]; then
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"
    printf '\nNames:\n'
    for file in "$LIB/../$folder"/[!_]*.py; do
      if [[ -e $file ]]; then printf '  %-20s %s\n' "$(basename "$file" .py)" "$(head -n 1 "$file" | tr -d '"')"; fi
    done
    [[ $# -gt 2 ]] || exit 2
    exit 0
  fi
  environment_ready
  if grep -qs '^BROWSER = True' "$LIB/../$folder/$3.py"; then environment_browser; fi
  environment_run lib.experiment "$@"
}
