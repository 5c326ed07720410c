"""Secrets of the server: named in the database, held outside of it.

A record stores the name alone. The value comes from the environment variable ``AI_DEPLOYMENT_CREDENTIAL_<NAME>``, else
from the section ``[ai_deployment]`` of Odoo's configuration file, under ``credential_<name>``: no backup, copy, export
or field of the database holds it. Odoo's own section ``[options]`` is not used: Odoo warns of what it does not know
there, and keeps it where any module finds it.
"""

import configparser
import os
import re

from odoo.tools import config

from ...remote.masking import masked  # noqa: F401 - beside the secrets that it keeps

NAME = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
SECTION = "ai_deployment"
SECRET_OF = "_SECRET"  # behind the name of an address: the key that what is sent there is signed with


def credential(name: str) -> str:
    """The value called `name`, empty where this server has none."""
    if not NAME.fullmatch(name or ""):
        return ""
    return (os.environ.get(f"AI_DEPLOYMENT_CREDENTIAL_{name}") or _in_file(f"credential_{name}")).strip()


def all_credentials() -> list[str]:
    """Return the values of all credentials of this server, longest first: what no text that is stored may hold."""
    found = [value for name, value in os.environ.items() if name.startswith("AI_DEPLOYMENT_CREDENTIAL_")]
    parser = _parser()
    if parser.has_section(SECTION):
        found += [value for name, value in parser.items(SECTION) if name.startswith("credential_")]
    return sorted({value.strip() for value in found if value.strip()}, key=len, reverse=True)


def _in_file(key: str) -> str:
    try:
        return _parser().get(SECTION, key, fallback="")
    except configparser.Error:
        return ""


def _parser() -> configparser.RawConfigParser:
    """What the configuration file holds, nothing where it cannot be read.

    Odoo itself says at its start what is wrong with its file; an error of ours could quote it.
    """
    parser = configparser.RawConfigParser()
    try:
        parser.read([config["config"]] if config["config"] else [])
    except (configparser.Error, OSError, UnicodeDecodeError):
        return configparser.RawConfigParser()
    return parser
