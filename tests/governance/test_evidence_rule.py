"""Rules that are proved by a drill: the latest one, with the version that serves."""

from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.governance.ai_deployment_check_template import BY_HAND
from odoo.addons.ai_deployment.models.governance.evidence import RULES, Evidence, Rule
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import EvidenceCase


@tagged("post_install", "-at_install")
class TestDrillRule(EvidenceCase):
    def drill(self, **values):
        return self.env["ai.deployment.drill"].create(
            {
                "deployment_id": self.deployment.id,
                "version_id": self.deployment.champion_id.id,
                "kind": "faults",
                "date": NOW,
                "user_id": self.owner.id,
                "is_passed": True,
                "details": [{"name": "An input is missing", "is_passed": values.get("is_passed", True)}],
                **values,
            }
        )

    def test_a_drill_that_passed_lately_with_this_version_is_met(self):
        self.assertMissing("faults_handled", "There was no such drill yet.")
        drill = self.drill(date=NOW - timedelta(days=89))
        found = self.assertMet("faults_handled", f"by {self.owner.name} passed.")
        self.assertEqual(found.record, drill)

    def test_an_old_a_failed_or_another_versions_drill_is_not(self):
        self.drill(date=NOW - timedelta(days=91))
        self.assertMissing("faults_handled", "This evidence is too old: it counts for 90 days.")
        self.drill(is_passed=False)
        self.assertMissing("faults_handled", "failed at: An input is missing.")
        self.drill(kind="alert", date=NOW + timedelta(days=1))
        self.assertMissing("faults_handled", "failed at")
        step = {"name": "An input is missing", "is_passed": True}
        self.drill(date=NOW + timedelta(days=2), details=[step, step])
        self.assertMet("faults_handled", f"by {self.owner.name} passed in all 2 steps.")
        self.serve(self.deployment, self.card(low=-2.0))
        self.assertMissing("faults_handled", "tested Version 1, which no longer serves.")

    def test_do_it_makes_the_drill_and_looks_again(self):
        self.make_leads()
        with mute_logger("odoo.sql_db", "odoo.addons.ai_deployment.models.scoring"):
            action = self.satisfy("faults_handled")
        self.assertEqual(action["res_model"], "ai.deployment.drill")
        self.assertEqual(self.check("faults_handled").state, "met")


@tagged("post_install", "-at_install")
class TestRules(EvidenceCase):
    def test_the_codes_of_the_templates_are_those_of_the_table(self):
        lines = self.env["ai.deployment.check.template.line"].with_context(active_test=False).search([])
        codes = set(lines.mapped("rule"))
        self.assertLessEqual(codes, set(RULES))
        self.assertFalse(set(RULES) - codes - {BY_HAND}, "a rule that no template uses")

    def test_each_rule_stands_under_its_own_code_and_has_words_of_its_own(self):
        for code, rule in RULES.items():
            with self.subTest(code=code):
                self.assertEqual(rule.code, code)
                self.assertTrue(issubclass(rule, Rule) and rule.__doc__)

    def test_each_rule_finds_something_on_a_bare_deployment(self):
        bare = self.make_deployment(is_primary=False, name="Bare").sudo()
        for check in bare.check_ids:
            with self.subTest(rule=check.rule):
                found = RULES[check.rule](bare).find(check)
                self.assertIsInstance(found, Evidence)
                self.assertTrue(found.sentence)

    def test_the_default_button_opens_the_form(self):
        action = RULES["stop_rule"](self.deployment).satisfy(self.check("stop_rule"))
        self.assertEqual((action["res_model"], action["res_id"]), ("ai.deployment", self.deployment.id))
