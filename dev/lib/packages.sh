# Packages of the system. Root installs what is missing; anybody else is told what to install.
# shellcheck shell=bash

# packages_ensure PACKAGE...
packages_ensure() {
  ((EUID == 0)) || die "please install these packages first: $* (sudo apt-get install $*)."
  command -v apt-get >/dev/null || die "please install these first, this is not a Debian-like system: $*."
  step "Installing $*" packages_install "$@"
}

packages_install() {
  export DEBIAN_FRONTEND=noninteractive
  # A machine without package lists, or with lists that are too old, fails the simulation: then they are fetched first.
  apt-get install -s --no-install-recommends "$@" || apt-get update -o APT::Update::Error-Mode=any
  apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" ||
    { apt-get update && apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; }
}
