"""Make ``odoo.addons.ai_deployment.ml`` and ``.remote`` importable where no Odoo is: they are plain Python.

Empty packages stand for ``odoo``, ``odoo.addons`` and the addon, so that the addon's ``__init__.py`` (records, Odoo) is
never run.
"""

import sys
import types
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def register():
    for name, path in (("odoo", []), ("odoo.addons", []), ("odoo.addons.ai_deployment", [str(_ROOT)])):
        module = types.ModuleType(name)
        module.__path__ = path
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
