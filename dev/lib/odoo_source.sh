# Odoo 19: the user's own one where given, else the one of Debian's "sid" suite, unpacked into the cache.
# Sets ODOO_BIN (a Python script), ODOO_PATH (what PYTHONPATH needs, may be empty) and ODOO_VERSION.
# shellcheck shell=bash disable=SC2034

# The series a source tree or an installed command belongs to, e.g. 19.0; empty when it cannot be told.
odoo_series_of() { # PYTHON BIN PATH
  PYTHONPATH=$3 "$1" -c 'import runpy, importlib.util as u, pathlib
spec = u.find_spec("odoo")
for base in spec.submodule_search_locations:
    release = pathlib.Path(base, "release.py")
    if release.exists():
        print(runpy.run_path(str(release))["series"].replace("saas~", "saas-"))
        break' 2>/dev/null || true
}

odoo_is_own() { [[ -n ${ODOO_HOME:-} ]] || [[ -n $(odoo_on_path) ]]; }

odoo_on_path() {
  [[ -z ${ODOO_HOME:-} ]] || return 0
  command -v odoo || command -v odoo-bin || true
}

odoo_use_own() {
  if [[ -n ${ODOO_HOME:-} ]]; then
    [[ -d $ODOO_HOME ]] || die "ODOO_HOME names a folder that does not exist: $ODOO_HOME."
    local bin
    for bin in odoo-bin setup/odoo usr/bin/odoo bin/odoo; do
      [[ ! -e $ODOO_HOME/$bin ]] || break
    done
    [[ -e $ODOO_HOME/$bin ]] || die "ODOO_HOME holds neither odoo-bin nor bin/odoo: $ODOO_HOME."
    ODOO_BIN=$(readlink -f "$ODOO_HOME/$bin")
    case $bin in
      usr/bin/odoo) ODOO_PATH=$ODOO_HOME/usr/lib/python3/dist-packages ;;
      bin/odoo) ODOO_PATH= ;;
      *) ODOO_PATH=$(readlink -f "$ODOO_HOME") ;;
    esac
  else
    ODOO_BIN=$(readlink -f "$(odoo_on_path)")
    ODOO_PATH=
    [[ $(basename "$ODOO_BIN") != odoo-bin ]] || ODOO_PATH=$(dirname "$ODOO_BIN")
  fi
  ODOO_VERSION=own-$(printf %s "$ODOO_BIN" | sha256sum | cut -c1-8)
}

# The Python an own Odoo runs with: $ODOO_PYTHON, a venv beside it, the one its start script names, else ours (with our pins).
odoo_own_python() {
  local first candidate
  for candidate in "${ODOO_PYTHON:-}" "${ODOO_HOME:+$ODOO_HOME/venv/bin/python}" "${ODOO_HOME:+$ODOO_HOME/.venv/bin/python}"; do
    if [[ -n $candidate && -x $candidate ]]; then echo "$candidate" && return; fi
  done
  first=$(head -n 1 "$ODOO_BIN")
  if [[ -z $ODOO_PATH && $first == '#!/'*python* && $first != *'/env '* ]]; then
    candidate=${first#\#!}
    echo "${candidate%% *}"
  fi
}

odoo_unpacked() {
  local key=$1
  local home=$CACHE/odoo-$key
  [[ -e $home/version ]] || step "Downloading Odoo 19 (about 135 MB) and unpacking it" odoo_fetch "$home"
}

odoo_use_unpacked() {
  local home=$CACHE/odoo-$1
  ODOO_BIN=$home/usr/bin/odoo
  ODOO_PATH=$home/usr/lib/python3/dist-packages
  ODOO_VERSION=$(<"$home/version")
}

# Unpacks next to the final place and renames at the end: what stands there is always complete.
odoo_fetch() (
  set -euo pipefail
  home=$1
  build=$(mktemp -d "$CACHE/building-odoo.XXXXXX")
  trap 'rm -rf "$build"' EXIT
  chmod 755 "$build"
  command -v apt-get >/dev/null || { echo "this is not Debian; set ODOO_HOME to a checkout of Odoo 19."; exit 1; }
  apt_dir=$build/apt
  mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial" "$build/debs" "$build/tree"
  # Both suites in a list of its own: the system's package configuration stays untouched.
  if [[ -e /etc/apt/sources.list.d/debian.sources ]]; then
    awk 'NF == 0 {exit} /^Suites:/ {print "Suites: bookworm sid"; next} {print}' \
      /etc/apt/sources.list.d/debian.sources >"$apt_dir/debian.sources"
  else
    # An older layout: the mirror stands in the first line of sources.list.
    mirror=$(awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) {print $i; exit}}' /etc/apt/sources.list 2>/dev/null)
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [[ $mirror && -e $keyring ]] || { echo "this is not Debian; set ODOO_HOME to a checkout of Odoo 19."; exit 1; }
    printf 'Types: deb\nURIs: %s\nSuites: bookworm sid\nComponents: main\nSigned-By: %s\n' "$mirror" "$keyring" \
      >"$apt_dir/debian.sources"
  fi
  apt=(apt-get -q "-oDir::Etc::sourcelist=$apt_dir/debian.sources" -oDir::Etc::sourceparts=/dev/null
    "-oDir::State::Lists=$apt_dir/lists" "-oDir::Cache=$apt_dir/cache" -oAPT::Update::Error-Mode=any)
  # A mirror that is some days behind serves an unstable suite whose index counts as expired; its signature still holds.
  apt+=(-oAcquire::Check-Valid-Until=false)
  ((EUID != 0)) || apt+=(-oAPT::Sandbox::User=root)
  "${apt[@]}" update
  # sid's font-awesome and inconsolata no longer have the files that Odoo's links point to.
  cd "$build/debs"
  "${apt[@]}" download odoo-19/sid fonts-montserrat/sid libjs-jquery/bookworm libjs-underscore/bookworm \
    libjs-jquery-form/bookworm fonts-font-awesome/bookworm fonts-roboto-unhinted/bookworm fonts-inconsolata/bookworm \
    fonts-ocr-b/bookworm
  # Left out: country packages and most translations, 800 MB of 1.2 GB. All in one tree: the package's links are relative.
  for deb in *.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$build/tree" --no-same-owner --wildcards \
      --exclude='./usr/lib/python3/dist-packages/addons' --exclude='*/odoo/addons/l10n_*' --exclude='./usr/share/doc' \
      --exclude='*/i18n/[a-eg-z]*.po' --exclude='*/i18n/f[a-qs-z]*.po' --exclude='*/i18n_extra/*'
  done
  # Absent from the package for its licence; an empty file keeps the browser's log clean (it only blurs video calls).
  selfie=$build/tree/usr/lib/python3/dist-packages/odoo/addons/mail/static/lib/selfie_segmentation
  mkdir -p "$selfie"
  : >"$selfie/selfie_segmentation.js"
  [[ -e $build/tree/usr/bin/odoo && -d $build/tree/usr/lib/python3/dist-packages/odoo/addons/base ]]
  dpkg-deb --field odoo-19_*.deb Version >"$build/tree/version"
  cd /
  rm -rf "$home"
  chmod 755 "$build/tree"
  mv "$build/tree" "$home"
)
