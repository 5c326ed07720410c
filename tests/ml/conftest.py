"""Plain pytest: `from odoo.addons.ai_deployment.ml...` works without Odoo."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "dev"))

from lib.plain_addon import register
from lib.property_tests import register_profiles

register()
register_profiles()
