"""The pages in docs/: examples run against a real server, and menus that are named exist."""

import re
from datetime import datetime, timedelta
from pathlib import Path

from odoo.tests import HttpCase, tagged

from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLE = re.compile(r"<!-- example: (\w+) -->\n```python\n(.*?)```", re.S)
OF_OTHERS = {"Settings", "Users", "Apps", "Incoming Webhooks"}  # menus of Odoo and of Slack
PLACE = re.compile(r"\*{1,2}([^*\n]+(?: › [^*\n]+)+)\*{1,2}")


@tagged("post_install", "-at_install")
class TestExamples(HttpCase, AiDeploymentCase):
    def test_every_example_of_the_api_runs(self):
        self.go_live()
        lead = self.make_leads(user_id=self.owner.id, expected_revenue=20000)
        self.env["crm.lead"].search([("id", "!=", lead.id)]).active = False
        keys = self.env["res.users.apikeys"].with_user(self.owner).sudo()
        key = keys._generate("rpc", "documentation", datetime.now() + timedelta(days=1))
        self.env.flush_all()

        def post(call, **arguments):
            headers = {"Authorization": f"Bearer {key}"}
            answer = self.url_open(f"/json/2/{call}", json=arguments, headers=headers, method="POST")
            self.assertEqual(answer.status_code, 200, answer.text[:300])
            return answer.json()

        names = {"post": post, "deployment_id": self.deployment.id, "lead_id": lead.id}
        examples = EXAMPLE.findall((DOCS / "api.md").read_text())
        self.assertEqual([name for name, _code in examples], ["score", "read", "order", "overview", "suspend"])
        for name, code in examples:
            with self.subTest(example=name):
                exec(compile(code, f"api.md: {name}", "exec"), names)
        self.env.invalidate_all()
        self.assertEqual(self.deployment.state, "suspended")


@tagged("post_install", "-at_install")
class TestPlaces(AiDeploymentCase):
    def test_menus_pages_and_fields_that_pages_name_exist(self):
        shown = set(self.env["ir.ui.menu"].search([]).mapped("name"))
        for view in self.env["ir.ui.view"].search([("model", "=like", "ai.deployment%")]):
            shown |= set(re.findall(r'(?:string|title)="([^"]+)"', view.arch))
        for name in self.env.registry:
            if name.startswith("ai.deployment"):
                shown |= {field.string for field in self.env[name]._fields.values() if field.string}
        missing = {
            f"{page.name}: {place}"
            for page in DOCS.glob("*.md")
            for place in PLACE.findall(page.read_text())
            if not {part.strip() for part in place.split(" › ")} - OF_OTHERS <= shown
        }
        self.assertFalse(missing)
