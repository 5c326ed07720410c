"""The evidence pack: the checklist, decisions, the history and alerts on paper."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import ReportCase


@tagged("post_install", "-at_install")
class TestEvidencePack(ReportCase):
    def test_the_evidence_pack_goes_on_with_checklist_decisions_life_and_incidents(self):
        self.env["ai.deployment.alert"]._raise(self.deployment, "test", name="Chances do not come true")
        text = self.paper("evidence_pack", self.deployment)
        for words in (
            "Current Checklist",
            "Waivers",
            "until 01/01/2100: A test.",
            "Approvals",
            "Go",
            "History",
            "Shadow",
            "Incidents",
            "Chances do not come true",
            "Serving version",
        ):
            self.assertIn(words, text)

    def test_what_a_decision_saw_is_printed_as_it_stood(self):
        self.env["ai.deployment.approval"].create(
            {
                "deployment_id": self.deployment.id,
                "outcome": "conditions",
                "minutes": "Seen the test.",
                "date": NOW,
                "conditions": "Watch the north.",
                "user_id": self.manager.id,
                "next_review_date": "2100-01-01",
                "evidence": [
                    {
                        "dimension": "business",
                        "name": "Old row",
                        "state": "met",
                        "state_name": "Met",
                        "evidence": "As it stood.",
                    },
                ],
            }
        )
        text = self.paper("evidence_pack", self.deployment)
        for words in ("Watch the north.", "Old row", "As it stood.", "Seen the test."):
            self.assertIn(words, text)
