"""Looking for evidence: rules that break, evidence that gets old, demonstrations, progress, the alert."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.checklist import Checklist
from odoo.addons.ai_deployment.models.governance.evidence import RULES, Evidence, Rule
from odoo.addons.ai_deployment.models.governance.evidence.organisational import ByHand
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import DAY, ChecklistCase


class BreakingRule(Rule):
    code = "breaks"

    def find(self, check):
        return 1 / 0


class EmptyRule(Rule):
    code = "none"

    def find(self, check):
        return None


@tagged("post_install", "-at_install")
class TestChecklist(ChecklistCase):
    def test_rows_have_the_words_of_the_template_in_every_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations("de_DE")
        german = self.env(context={**self.env.context, "lang": "de_DE"})
        for env in (self.env, german):  # whoever made it
            deployment = self.make_deployment(features=[]).with_env(env)
            deployment.check_ids.unlink()
            Checklist(deployment.sudo()).start()
            lines = deployment.check_template_id.line_ids
            for here in (self.env, german):
                with self.subTest(made=env.lang, read=here.lang):
                    rows = deployment.with_env(here).check_ids
                    self.assertEqual(rows.mapped("name"), lines.with_env(here).mapped("name"))
                    self.assertEqual(rows.mapped("requirement"), lines.with_env(here).mapped("requirement"))
            self.assertNotEqual(lines.with_env(self.env).mapped("name"), lines.with_env(german).mapped("name"))

    def test_a_rule_that_is_gone_or_breaks_blocks_its_row_only_and_says_so(self):
        row = self.by_hand()
        for rule, found in (("renamed_since", "no longer exists"), ("breaks", "ZeroDivisionError"), ("none", "is_met")):
            self.env.cr.execute("UPDATE ai_deployment_check SET rule = %s WHERE id = %s", [rule, row.id])
            self.env.invalidate_all()
            with (
                self.subTest(rule=rule),
                patch.dict(RULES, breaks=BreakingRule, none=EmptyRule),
                patch("odoo.addons.ai_deployment.models.governance.checklist._logger.warning"),
            ):
                self.deployment.check_ids._refresh()
                self.assertEqual(row.state, "broken")
                self.assertIn(found, row.evidence)
                self.assertNotIn("broken", (self.deployment.check_ids - row).mapped("state"))
                self.assertIn(row.evidence, Checklist(self.deployment).gap())

    def test_evidence_gets_old(self):
        row = self.by_hand()
        row.sudo().write({"valid_days": 90})
        for found in (NOW, NOW.date()):
            with patch.object(ByHand, "find", lambda self, check, found=found: Evidence(True, "Yes.", found)):
                for days, state in ((0, "met"), (89, "met"), (92, "missing")):
                    with self.subTest(days=days, found=found), clock.at(NOW + days * DAY):
                        row._refresh()
                        self.assertEqual(row.state, state)
        self.assertIn("counts for 90 days", row.evidence)

    def test_a_demonstration_is_looked_at_like_any_other(self):
        row = self.by_hand()
        row.with_user(self.owner)._sign("Seen.")
        self.deployment.sudo().is_demonstration = True
        self.deployment.check_ids._refresh()
        self.assertEqual(row.state, "met")
        self.assertIn("missing", self.deployment.check_ids.mapped("state"))

    def test_progress_is_that_of_the_least_dimension(self):
        for check in self.deployment.check_ids:
            check.sudo().write({"state": "met" if check.dimension != "business" else "missing"})
        self.row("review_ahead").sudo().state = "waived"
        self.assertEqual(self.deployment.progress_technical, 1.0)
        self.assertEqual(self.deployment.progress_business, 0.25)
        self.assertEqual(self.deployment.progress, 0.25)
        self.assertIn("25", self.deployment.progress_html)

    def test_a_row_that_is_missing_in_production_is_told(self):
        self.deployment.check_ids.write({"waived_until": NOW.date() + 30 * DAY, "waiver_reason": "A test."})
        self.go_live()
        alerts = self.env["ai.deployment.alert"]
        self.deployment._watch_daily()
        self.assertFalse(alerts.search([("cause", "=", "checklist")]))
        with clock.at(NOW + 31 * DAY):
            self.deployment._watch_daily()
            alert = alerts.search([("cause", "=", "checklist")])
            self.assertEqual((alert.state, alert.activity_ids.user_id), ("firing", self.owner))
            self.deployment.check_ids.write({"waived_until": NOW.date() + 60 * DAY})
            self.deployment._watch_daily()
            self.assertEqual(alert.state, "resolved")
