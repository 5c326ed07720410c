"""The rules about technique: met, missing, of another version, or broken."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.governance.evidence import RULES
from odoo.addons.ai_deployment.models.governance.evidence.technical import InputsInTime
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import EvidenceCase


@tagged("post_install", "-at_install")
class TestEvidenceTechnical(EvidenceCase):
    def test_each_row_of_both_templates_has_its_rule(self):
        for code in ("later_and_segments", "runs_here", "faults_handled", "log_complete", "credentials"):
            lines = self.env["ai.deployment.check.template.line"].search([("code", "=", code)])
            self.assertGreaterEqual(len(lines), 2)
            self.assertEqual(set(lines.mapped("rule")), {code})

    def test_no_helper_passes_for_a_rule(self):
        rules = set(RULES)
        lines = self.env["ai.deployment.check.template.line"].search([])
        self.assertFalse(rules & {"no_version", "flagged_parts", "of_drill"})
        self.assertLessEqual(set(lines.mapped("rule")), rules)

    def tested(self, **parts):
        whole = {"part": None, "rows": 400, "positives": 120, "brier": 0.15, "base_brier": 0.21}
        found = {"path": "country_id", "whole": whole, "later": [], "left_out": [], **parts}
        self.alter("ai_deployment_version", self.version, held_out={"segments": found})

    def part(self, country, brier=0.15, rows=200):
        return {"part": str(country.id), "rows": rows, "positives": 60, "brier": brier, "base_brier": 0.21}

    def test_better_than_the_share_everywhere_is_met_with_figures(self):
        small = {"part": None, "rows": 9, "positives": 2, "brier": None, "base_brier": None}
        self.tested(later=[self.part(self.belgium), small], left_out=[self.part(self.usa)])
        found = self.assertMet("later_and_segments", "On 400 later records its mean squared error is 0.150")
        self.assertIn("the base rate alone gives 0.210.", found.sentence)
        self.assertIn("Better in each sufficiently large segment: Belgium (Country).", found.sentence)
        self.assertIn("held out of training: United States (Country).", found.sentence)
        self.assertIn("Too small to be judged separately: 1 segment.", found.sentence)
        self.assertEqual(found.record, self.version)
        self.tested(later=[self.part(self.belgium), small, small])
        found = self.assertMet("later_and_segments", "On 400 later records")
        self.assertIn("Too small to be judged separately: 2 segments.", found.sentence)

    def test_a_part_that_is_worse_is_named(self):
        self.tested(later=[self.part(self.belgium), self.part(self.usa, brier=0.22)])
        self.assertMissing("later_and_segments", "worse than the base rate for: United States.")
        self.tested(left_out=[self.part(self.france, brier=0.3)])
        self.assertMissing("later_and_segments", "for: France, when held out of training.")
        self.tested(whole={"part": None, "rows": 400, "positives": 120, "brier": 0.3, "base_brier": 0.21})
        self.assertMissing("later_and_segments", "for: all later records.")

    def test_a_version_that_was_not_tested_so_or_on_too_few_says_so(self):
        self.assertMissing("later_and_segments", "Version 1 was not tested by segment: train a new version.")
        self.tested(whole={"part": None, "rows": 40, "positives": 3, "brier": None, "base_brier": None})
        self.assertMissing("later_and_segments", "The test has only 40 later records, 3 of them wins")

    def test_parts_of_a_sensitive_input_are_not_named(self):
        self.tested(later=[self.part(self.usa, brier=0.3)])
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").sensitive = True
        found = self.assertMissing("later_and_segments", "a protected part")
        self.assertNotIn("United States", found.sentence)

    def test_without_outcomes_it_speaks_of_what_can_be_known(self):
        parts = {"path": "country_id", "expected": 0.01, "whole": {"part": None, "rows": 800, "flagged": 9}}
        usual = {"part": str(self.belgium.id), "rows": 700, "flagged": 8, "low": 0.005, "exceeded": False}
        often = {"part": str(self.usa.id), "rows": 300, "flagged": 30, "low": 0.06, "exceeded": True}
        self.alter("ai_deployment_version", self.version, held_out={"segments": {**parts, "flagged": [usual]}})
        self.assertMet(
            "later_and_segments", "it flags 1.1 % of 800 later ones (expected: 1.0 %), and in none of 1 segments"
        )
        self.alter("ai_deployment_version", self.version, held_out={"segments": {**parts, "flagged": [often]}})
        self.assertMissing("later_and_segments", "Far more is flagged than the expected 1.0 % in: United States.")

    def test_what_cannot_be_looked_at_blocks_and_stops_no_other_row(self):
        self.tested(whole="not a part")
        with mute_logger("odoo.addons.ai_deployment.models.governance.checklist"):
            found = self.look("later_and_segments")
            self.deployment.sudo().check_ids._refresh()
        self.assertTrue(found.is_broken)
        self.assertFalse(found.is_met)

    def run_action(self, leads, user=None):
        context = {"active_model": "crm.lead", "active_ids": leads.ids, "active_id": leads[:1].id}
        return self.deployment.action_server_id.with_user(user or self.seller).with_context(**context).run()

    def test_enough_records_scored_by_the_server_action_are_met(self):
        self.assertMissing("runs_here", "Version 1 has scored 0 of 3 required records", least=3)
        self.run_action(self.make_leads(2))
        self.assertMissing("runs_here", "Version 1 has scored 2 of 3 required records", least=3)
        self.run_action(self.make_leads(1))
        self.assertMet("runs_here", "Version 1 has scored 3 records in this database by its server action", least=3)

    def test_what_came_in_another_way_does_not_count(self):
        self.deployment._score(self.make_leads(5), now=NOW + timedelta(seconds=1))
        self.assertMissing("runs_here", "Version 1 has scored 0 of 3 required records", least=3)

    def test_the_same_record_counts_once_and_a_failure_not_at_all(self):
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "expected_revenue").required = True
        self.version = self.serve(self.deployment, self.card(required=["country_id"]))
        leads = self.make_leads(2)
        self.run_action(leads)
        leads.country_id = self.usa
        with clock.at(NOW + timedelta(minutes=1)):
            self.run_action(leads)
        self.run_action(self.make_leads(1, country_id=False))
        found = self.assertMet("runs_here", "has scored 2 records", least=2)
        self.assertIn("1 could not be scored and were sent to human review", found.sentence)

    def test_a_batch_of_the_action_counts(self):
        self.deployment.batch_above = 2
        leads = self.make_leads(4)
        self.run_action(leads)
        self.assertMissing("runs_here", "has scored 0 of 4", least=4)
        self.env["ai.deployment.batch.chunk"]._take()._work()
        self.assertMet("runs_here", "has scored 4 records", least=4)

    def test_what_another_version_scored_does_not_count(self):
        self.run_action(self.make_leads(3))
        self.assertMet("runs_here", "Version 1 has scored 3 records", least=3)
        with clock.at(NOW + timedelta(days=1)):
            self.deployment._assign_champion(self.keep(self.deployment, self.card(low=-2.0)), "test")
        self.assertMissing("runs_here", "Version 2 has scored 0 of 3 required records", least=3)

    def test_do_it_runs_the_action_on_records_that_were_not_scored_yet(self):
        scored, fresh = self.make_leads(2), self.make_leads(3)
        self.deployment._score(scored, now=NOW + timedelta(seconds=1))
        self.check("runs_here", least=3)
        result = self.satisfy("runs_here")
        self.assertEqual(result["params"]["message"], "3 scored.")
        self.assertEqual(self.inferences_of(fresh).user_id, self.owner)
        self.assertEqual(self.check("runs_here").state, "met")
        with self.assertRaises(AccessError):
            self.satisfy("runs_here", self.reviewer)

    def test_scoring_asks_the_database_no_more_often_through_the_action(self):
        leads, counts = self.make_leads(3), []
        for lead, action in zip(leads, (None, None, self.deployment.action_server_id), strict=True):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.deployment._score(lead, action=action)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_inputs_in_time_are_those_of_a_version_with_outcomes(self):
        rule, none = InputsInTime(self.deployment.sudo()), self.env["ai.deployment.check"]
        found = rule.find(none)
        self.assertTrue(found.is_met)
        self.assertTrue(found.sentence.startswith(f"No question about the inputs of {self.version.name} is open."))
        self.assertEqual(rule.satisfy(none)["res_id"], self.version.id)
        for kind, told in (("scorecard", False), ("pipeline", True)):  # what is learned here is examined as well
            self.alter("ai_deployment_version", self.version, kind=kind)
            self.assertEqual("were not examined" in rule.find(none).sentence, told)
        empty = self.make_deployment(is_primary=False).sudo()
        self.assertFalse(InputsInTime(empty).find(none).is_met)
        self.alter("ai_deployment", self.deployment, method="anomaly")
        found = rule.find(none)
        self.assertEqual((found.is_met, found.sentence.startswith("These records have no outcome")), (True, True))
