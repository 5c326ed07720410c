"""Technical rows of the checklist: what proves them, what is missing, was made for another version, or is broken."""

import json
import os
import random
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.training import test_ai_deployment_training as training


class EvidenceCase(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def check(self, code, least=None):
        check = self.deployment.check_ids.filtered(lambda check: check.code == code).sudo()
        if least is not None:
            check.least = least
        return check

    def look(self, code, least=None):
        """What is found for a row now."""
        self.env.invalidate_all()
        return self.deployment.sudo()._look_for(self.check(code, least))

    def assertMet(self, code, sentence, **options):
        found = self.look(code, **options)
        self.assertTrue(found.is_met, found.sentence)
        self.assertIn(sentence, found.sentence)
        return found

    def assertMissing(self, code, sentence, **options):
        found = self.look(code, **options)
        self.assertFalse(found.is_met, found.sentence)
        self.assertFalse(found.is_broken, found.sentence)
        self.assertIn(sentence, found.sentence)
        return found

    def alter(self, model, record, **values):
        """Change what nobody can change, as somebody with access to the database could."""
        self.env.flush_all()
        for name, value in values.items():
            value = json.dumps(value) if isinstance(value, dict | list) else value
            self.env.cr.execute(f"UPDATE {model} SET {name} = %s WHERE id = ANY(%s)", [value, record.ids])  # pylint: disable=sql-injection
        self.env.invalidate_all()

    def satisfy(self, code, user=None):
        return self.check(code).with_user(user or self.owner).sudo(False).action_satisfy()


@tagged("post_install", "-at_install")
class TestEvidenceTechnical(EvidenceCase):
    def test_each_row_of_both_templates_has_its_rule(self):
        for code in ("later_and_segments", "runs_here", "faults_handled", "log_complete", "credentials"):
            lines = self.env["ai.deployment.check.template.line"].search([("code", "=", code)])
            self.assertGreaterEqual(len(lines), 2)
            self.assertEqual(set(lines.mapped("rule")), {code})

    def test_no_helper_passes_for_a_rule(self):
        rules = self.env["ai.deployment"]._evidence_rules()
        lines = self.env["ai.deployment.check.template.line"].search([])
        self.assertFalse(rules & {"no_version", "flagged_parts", "of_drill"})
        self.assertLessEqual(set(lines.mapped("rule")), rules)

    # Tested on later records and on parts

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
        self.assertIn("knowing the share alone gives 0.210.", found.sentence)
        self.assertIn("Better in each part large enough: Belgium.", found.sentence)
        self.assertIn("kept out of learning: United States.", found.sentence)
        self.assertIn("Too small to be judged alone: 1 parts.", found.sentence)
        self.assertEqual(found.record, self.version)

    def test_a_part_that_is_worse_is_named(self):
        self.tested(later=[self.part(self.belgium), self.part(self.usa, brier=0.22)])
        self.assertMissing("later_and_segments", "worse than knowing the usual share alone for: United States.")
        self.tested(left_out=[self.part(self.france, brier=0.3)])
        self.assertMissing("later_and_segments", "for: France, when kept out of learning.")
        self.tested(whole={"part": None, "rows": 400, "positives": 120, "brier": 0.3, "base_brier": 0.21})
        self.assertMissing("later_and_segments", "for: all later records together.")

    def test_a_version_that_was_not_tested_so_or_on_too_few_says_so(self):
        self.assertMissing("later_and_segments", "Version 1 was not tested part by part: train a new version.")
        self.tested(whole={"part": None, "rows": 40, "positives": 3, "brier": None, "base_brier": None})
        self.assertMissing("later_and_segments", "Only 40 later records tested it, 3 of them positive")

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
            "later_and_segments", "it flags 1.1 % of 800 later ones (expected: 1.0 %), and in none of 1 parts"
        )
        self.alter("ai_deployment_version", self.version, held_out={"segments": {**parts, "flagged": [often]}})
        self.assertMissing("later_and_segments", "Far more is flagged than the 1.0 % expected for: United States.")

    def test_what_cannot_be_looked_at_blocks_and_stops_no_other_row(self):
        self.tested(whole="not a part")
        with mute_logger("odoo.addons.ai_deployment.models.governance.ai_deployment_checklist"):
            found = self.look("later_and_segments")
            self.deployment.sudo().check_ids._refresh()
        self.assertTrue(found.is_broken)
        self.assertFalse(found.is_met)

    # Runs here

    def run_action(self, leads, user=None):
        context = {"active_model": "crm.lead", "active_ids": leads.ids, "active_id": leads[:1].id}
        return self.deployment.action_server_id.with_user(user or self.seller).with_context(**context).run()

    def test_enough_records_scored_by_the_server_action_are_met(self):
        self.assertMissing("runs_here", "Version 1 has scored 0 of 3 records", least=3)
        self.run_action(self.make_leads(2))
        self.assertMissing("runs_here", "Version 1 has scored 2 of 3 records", least=3)
        self.run_action(self.make_leads(1))
        self.assertMet("runs_here", "Version 1 has scored 3 records here by its server action", least=3)

    def test_what_came_in_another_way_does_not_count(self):
        self.deployment._score(self.make_leads(5), now=NOW + timedelta(seconds=1))
        self.assertMissing("runs_here", "Version 1 has scored 0 of 3 records", least=3)

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
        self.assertIn("1 could not be scored and went to a person", found.sentence)

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
        self.assertMissing("runs_here", "Version 2 has scored 0 of 3 records", least=3)

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

    # Faults

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
        found = self.assertMet("faults_handled", f"by {self.owner.name} passed in all 1 steps.")
        self.assertEqual(found.record, drill)

    def test_an_old_a_failed_or_another_versions_drill_is_not(self):
        self.drill(date=NOW - timedelta(days=91))
        self.assertMissing("faults_handled", "That is more than 90 days ago.")
        self.drill(is_passed=False)
        self.assertMissing("faults_handled", "failed at: An input is missing.")
        self.drill(kind="alert", date=NOW + timedelta(days=1))
        self.assertMissing("faults_handled", "failed at")
        self.drill(date=NOW + timedelta(days=2))
        self.assertMet("faults_handled", "passed in all")
        self.serve(self.deployment, self.card(low=-2.0))
        self.assertMissing("faults_handled", "was made with Version 1, which serves no more.")

    def test_do_it_makes_the_drill_and_looks_again(self):
        self.make_leads()
        with mute_logger("odoo.sql_db", "odoo.addons.ai_deployment.models.scoring"):
            action = self.satisfy("faults_handled")
        self.assertEqual(action["res_model"], "ai.deployment.drill")
        self.assertEqual(self.check("faults_handled").state, "met")

    # The log

    def test_lines_drawn_are_recomputed_and_met(self):
        leads = self.make_leads(4) + self.make_leads(2, expected_revenue=20000, country_id=self.usa.id)
        self.assertMissing("log_complete", "has 0 of 5 lines so far", least=5)
        self.deployment._score(leads)
        self.assertMet("log_complete", "5 lines drawn today hold what was read", least=5)

    def test_every_day_others_are_drawn_and_always_the_same_on_one_day(self):
        self.deployment._score(self.make_leads(40))

        def drawn():
            return [line["id"] for line in self.deployment.sudo()._drawn_lines(self.version, 10)]

        today = drawn()
        self.assertEqual(drawn(), today)
        with clock.at(NOW + timedelta(days=1)):
            self.assertNotEqual(drawn(), today)

    def test_a_line_that_is_not_whole_is_found(self):
        leads = self.make_leads(3)
        self.deployment._score(leads)
        line = self.inferences_of(leads)[0]
        for values, sentence in (
            ({"inputs": "[1]"}, "inputs are missing"),
            ({"codes": "zz"}, "what the inputs fell into is missing"),
            ({"confidence": None}, "what was said, or how sure it was, is missing"),
            ({"predicted_value": 0.123}, "a score does not follow from its inputs"),
        ):
            with self.subTest(values=values), self.env.cr.savepoint() as savepoint:
                self.alter("ai_deployment_inference", line, **values)
                self.assertMissing("log_complete", f"1 of 3 lines drawn are not as they should be: {sentence}", least=3)
                savepoint.rollback()
        self.env.invalidate_all()
        self.assertMet("log_complete", "3 lines", least=3)

    def test_the_log_of_another_version_does_not_count(self):
        self.deployment._score(self.make_leads(3))
        self.serve(self.deployment, self.card(low=-2.0))
        self.assertMissing("log_complete", "The log of Version 2 has 0 of 3 lines so far.", least=3)

    # Credentials

    def test_secrets_by_name_are_met_and_one_that_is_not_there_is_named(self):
        self.assertMet("credentials", "nothing that looks like one stands in the parameters")
        self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "kind": "webhook", "credential": "SLACK_SALES"}
        )
        self.assertMissing("credentials", "This server has no address called “SLACK_SALES”.")
        with patch.dict(os.environ, {"AI_DEPLOYMENT_CREDENTIAL_SLACK_SALES": "https://hooks.slack.com/services/x"}):
            found = self.assertMet("credentials", "held by the server")
        self.assertNotIn("hooks.slack.com", found.sentence)

    def test_a_secret_in_clear_is_found_and_not_quoted(self):
        self.env["ir.config_parameter"].set_param("ai_deployment.own", "sk-abcdefghijklmnop1234")
        found = self.assertMissing("credentials", "The parameter “ai_deployment.own” may hold a secret in clear.")
        self.assertNotIn("sk-abc", found.sentence)
        self.env["ir.config_parameter"].set_param("ai_deployment.own", False)
        values = {"model_id": self.lead_model.id, "state": "code", "usage": "ir_actions_server"}
        parent = self.env["ir.actions.server"].create({**values, "name": "Both", "state": "multi"})
        self.env["ir.actions.server"].create(
            [
                {
                    **values,
                    "name": "Score",
                    "state": "ai_deployment_score",
                    "parent_id": parent.id,
                    "ai_deployment_id": self.deployment.id,
                },
                {**values, "name": "Push", "parent_id": parent.id, "code": "api_key = 'abcdef1234567890'"},
            ]
        )
        found = self.assertMissing("credentials", "The server action “Push” holds a secret in clear.")
        self.assertNotIn("abcdef", found.sentence)

    def test_an_integration_must_not_administer(self):
        keys = self.env["res.users.apikeys"].with_user(self.owner).sudo(False)
        keys._generate("rpc", "integration", fields.Datetime.now() + timedelta(days=30))
        self.assertMet("credentials", "nobody who scores by an API key is an administrator")
        self.owner.group_ids += self.env.ref("ai_deployment.group_manager")
        self.assertMissing("credentials", f"{self.owner.name} scores by an API key and is an administrator.")


@tagged("post_install", "-at_install")
class TestSegmentsAtTraining(EvidenceCase):
    """A training keeps what the row reads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rng = random.Random(3)
        cls.sources = cls.env["utm.source"].create([{"name": f"Source {name}"} for name in "ABC"])
        cls.past = training.TestTraining.closed_leads.__func__(cls, 700)

    close = training.TestTraining.__dict__["close"]

    def test_a_training_tests_the_parts_and_leaves_each_of_the_largest_out(self):
        self.deployment.segment_field_id = self.env["ir.model.fields"]._get("crm.lead", "country_id")
        version = self.deployment.sudo()._train()
        found = version.held_out["segments"]
        self.assertEqual(found["path"], "country_id")
        self.assertEqual(found["whole"]["rows"], version.metrics["test_rows"])
        self.assertEqual(sum(part["rows"] for part in found["later"]), found["whole"]["rows"])
        countries = {str(self.belgium.id), str(self.usa.id)}
        self.assertEqual({part["part"] for part in found["later"]}, countries)
        self.assertEqual({part["part"] for part in found["left_out"]}, countries)
        self.assertEqual(sum(part["rows"] for part in found["left_out"]), 700)
        self.assertTrue(all(part["brier"] for part in found["left_out"]))
        self.assertIn("sureness", version.held_out, "what was kept before is there still")
        self.deployment._assign_champion(version, "test")
        self.assertRegex(self.look("later_and_segments").sentence, r"later records its mean squared error|worse than")

    def test_without_a_named_field_the_input_with_the_most_records_makes_the_parts(self):
        parts = self.deployment._parts_of(*self.read())
        self.assertEqual(parts[0], "country_id")
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").sensitive = True
        self.assertEqual(self.deployment._parts_of(*self.read())[0], "source_id", "a sensitive input makes none")

    def read(self):
        specs = [feature._to_spec() for feature in self.deployment.feature_ids]
        ids = self.past.ids
        return specs, self.deployment._columns(specs, ids), ids, list(range(600, 700))

    def test_unusual_records_are_tried_on_later_ones(self):
        deployment = self.make_deployment(
            method="anomaly",
            is_primary=False,
            alarm_rate=0.05,
            features=[{"path": "expected_revenue"}, {"path": "country_id"}],
        )
        found = deployment.sudo()._train().held_out["segments"]
        self.assertEqual((found["path"], found["whole"]["rows"], found["expected"]), ("country_id", 105, 0.05))
        self.assertEqual(len(found["flagged"]), 2)
