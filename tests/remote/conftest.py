"""Plain pytest: `from odoo.addons.ai_deployment.remote...` works without Odoo; and a server that misbehaves."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "dev"))

from lib.plain_addon import register
from lib.property_tests import register_profiles

register()
register_profiles()


@pytest.fixture
def server():
    from hostile import HostileServer

    server = HostileServer()
    yield server
    server.close()
