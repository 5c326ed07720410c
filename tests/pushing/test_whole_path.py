"""A model that runs elsewhere is watched, shown and printed like any other, over weeks and with outcomes."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.pushing.common import PushCase

WEEK = timedelta(days=7)


@tagged("post_install", "-at_install")
class TestWholePath(PushCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.horizon_days = 14
        for week in range(7):
            leads = cls.env["crm.lead"].create(
                [
                    {
                        "name": "x",
                        "type": "opportunity",
                        "expected_revenue": 50_000 if number % 3 else 10,
                        # From the fourth week on the country is empty: data quality, or drift of an input.
                        "country_id": cls.belgium.id if week < 4 or number % 2 else False,
                    }
                    for number in range(60)
                ]
            )
            with clock.at(NOW + week * WEEK):
                cls.deployment.with_user(cls.robot).record_inferences(
                    [{"res_id": lead.id, "score": 0.8 if number % 3 else 0.3} for number, lead in enumerate(leads)],
                    f"week {week}",
                )
            if week < 4:
                cls._end(leads, week)

    @classmethod
    def _end(cls, leads, week):
        won = cls.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        with clock.at(NOW + week * WEEK + timedelta(days=3)):
            leads[::2].write({"stage_id": won.id, "probability": 100})
        closed = NOW + week * WEEK + timedelta(days=3)
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE crm_lead SET date_closed = %s WHERE id = ANY(%s)", [closed, leads[::2].ids])
        cls.env.invalidate_all()

    def test_drift_is_found_and_outcomes_become_performance(self):
        for week in range(7):
            with clock.at(NOW + (week + 1) * WEEK):
                self.deployment._monitor()
        reports = self.env["ai.deployment.report"].search([("deployment_id", "=", self.deployment.id)])
        self.assertTrue(reports)
        causes = self.env["ai.deployment.alert"].search([("deployment_id", "=", self.deployment.id)]).mapped("cause")
        self.assertTrue([cause for cause in causes if "country_id" in cause], causes)
        self.assertFalse([cause for cause in causes if cause.startswith("broken")], causes)

    def test_its_pages_open_for_the_owner(self):
        with clock.at(NOW + 7 * WEEK):
            version = self.version.with_user(self.owner)
            self.assertIn("forest 3.1", version.contract_text)
            version.read(["name", "kind", "card_html", "questions_text", "auc", "verdict_text"])
            line = self.env["ai.deployment.inference"].with_user(self.owner).search([], limit=1)
            line.read(["reasons", "inputs_text", "failure_message"])
            self.deployment.with_user(self.owner).read(["health_html", "open_review_count", "score_count"])
            self.assertTrue(self.deployment._health()[self.deployment.id] is not None)
            self.deployment._watch_checklist()
            reports = self.env["ir.actions.report"].with_user(self.owner)
            page, _kind = reports._render_qweb_html("ai_deployment.action_report_model_card", self.deployment.ids)
            self.assertIn(self.version.digest, page.decode())
