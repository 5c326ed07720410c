"""A challenger scores in the same chunk; nothing of it reaches the serving version."""

import json
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.errors import InputGone
from odoo.addons.ai_deployment.ml.scorecard import Scorecard
from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.scoring import challenger_run
from odoo.addons.ai_deployment.models.scoring.challenger_run import shared_inputs
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase, probability

SEEN = (
    "ai.deployment.inference",
    "ai.deployment.score",
    "ai.deployment.review",
    "ai.deployment.profile",
    "ai.deployment.requested",
    "ai.deployment.request.closed",
    "ai.deployment.request",
    "ai.deployment.ledger",
)


@tagged("post_install", "-at_install")
class TestChallengerRun(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.challenger = cls.keep(cls.deployment, cls.card(low=-3.0, high=3.0))

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def challenge(self, version=None):
        self.deployment._assign_challenger(version or self.challenger, "test")
        self.env.flush_all()

    def lines(self):
        return self.env["ai.deployment.challenger.score"].search([("deployment_id", "=", self.deployment.id)])

    def alerts(self):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("cause", "=", "challenger")]
        )

    def what_is_seen(self):
        """Counts of all that a person, a sum or a monitor sees, and the scores themselves."""
        self.env.flush_all()
        counts = {name: self.env[name].search_count([("deployment_id", "=", self.deployment.id)]) for name in SEEN}
        scores = self.env["ai.deployment.score"].search([("deployment_id", "=", self.deployment.id)])
        return counts, sorted(scores.mapped(lambda one: (one.predicted_value, one.version_id.id, one.codes)))

    def test_both_score_the_same_records_at_the_same_moment(self):
        self.challenge()
        leads = self.make_leads() + self.make_leads(expected_revenue=200)
        self.deployment._score(leads)
        lines = self.lines().sorted("res_id")
        self.assertEqual(lines.mapped("res_id"), leads.ids)
        self.assertEqual((lines.version_id, lines.serving_id), (self.challenger, self.version))
        self.assertAlmostEqual(lines[1].predicted_value, probability(-3.0))
        self.assertAlmostEqual(lines[1].serving_value, probability(-1.0))
        self.assertEqual(set(lines.mapped("date")), set(self.inferences_of(leads).mapped("date")))
        self.assertTrue(all(lines.mapped("is_first")))
        self.deployment._score(leads, again=True)
        self.assertEqual(self.lines().mapped("is_first"), [False, False, True, True])

    def test_nothing_else_is_touched(self):
        def scored():
            savepoint = self.env.cr.savepoint()
            self.deployment._score(self.make_leads() + self.make_leads(expected_revenue=20000))
            found = self.what_is_seen()
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            return found

        before = scored()
        self.challenge()
        self.assertEqual(scored(), before)

    def queries(self, leads):
        self.deployment.invalidate_recordset()
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.deployment._score(leads, again=True)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_one_reading_serves_both(self):
        leads = self.make_leads(3)
        self.queries(leads)
        alone = self.queries(leads)
        self.challenge()
        self.deployment.challenger_id._fault()  # what is remembered between chunks
        with patch.object(FeatureReader, "columns", autospec=True, side_effect=FeatureReader.columns) as reading:
            self.assertLessEqual(self.queries(leads) - alone, 0)
        self.assertEqual(reading.call_count, 1)

    def test_other_inputs_cost_two_statements_more(self):
        feature = {"deployment_id": self.deployment.id, "path": "priority", "name": "Priority", "leak_override": "x"}
        added = self.env["ai.deployment.feature"].create(feature)
        other = self.with_spec(added._to_spec())
        leads = self.make_leads(3)
        self.queries(leads)
        alone = self.queries(leads)
        self.challenge(other)
        other._fault()
        with patch.object(FeatureReader, "columns", autospec=True, side_effect=FeatureReader.columns) as reading:
            self.assertLessEqual(self.queries(leads) - alone, 2)
        self.assertEqual(reading.call_count, 1)
        self.assertEqual(len(self.lines()), 3)

    def with_spec(self, *specs):
        """A version that reads the country as another key reads something else, or further inputs."""
        version = self.keep(self.deployment, self.card(low=-3.0))
        kept = version.sudo().feature_specs
        merged = {spec["key"]: spec for spec in (*kept, *specs)}
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET feature_specs = %s::jsonb WHERE id = %s",
            [json.dumps(list(merged.values())), version.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        return version

    def test_a_key_that_reads_something_else_has_a_column_of_its_own(self):
        spec = self.version._specs()["country_id"]
        other = {**spec, "path": "partner_id.country_id", "fields": {}}
        read_as, others = shared_inputs({"country_id": other, "a": {**spec, "key": "a"}}, self.version._specs())
        self.assertEqual(read_as, {"country_id": "challenger country_id", "a": "challenger a"})
        self.assertEqual([one["key"] for one in others], list(read_as.values()))
        renamed = {**spec, "name": "Land", "sensitive": True, "direction": "rising"}
        self.assertEqual(
            shared_inputs({"country_id": renamed}, self.version._specs()), ({"country_id": "country_id"}, [])
        )

    def test_what_the_challenger_raises_is_told_once_and_changes_nothing(self):
        self.challenge()
        score = Scorecard.score
        own = self.challenger._card()

        def broken(card, columns):
            if card is own:
                raise ZeroDivisionError("secret value")
            return score(card, columns)

        with patch.object(Scorecard, "score", broken), self.assertLogs("odoo.addons.ai_deployment", "ERROR"):
            leads = self.make_leads(2)
            outcome = self.deployment._score(leads)
            self.assertEqual((outcome["automatic"], outcome["waiting"], outcome["failed"]), (2, 0, 0))
            self.assertFalse(self.lines())
            alert = self.alerts()
            self.assertIn("could not score: ZeroDivisionError", alert.name)
            self.assertNotIn("secret", alert.name)
            self.assertEqual((alert.level, self.deployment.challenger_id), ("notice", self.challenger))
            for _again in range(challenger_run.MOST_FAILURES - 1):
                self.deployment._score(leads, again=True)
        self.assertFalse(self.deployment.challenger_id, "it was set aside")
        self.assertEqual(len(self.alerts()), 1)
        self.assertIn("was set aside", self.alerts().name)
        ended = self.deployment.assignment_ids.filtered(lambda one: one.role == "challenger")
        self.assertIn("was set aside", ended.end_reason)
        self.assertEqual(len(self.inferences_of(leads)), 2 * challenger_run.MOST_FAILURES)

    def test_a_reading_that_fails_leaves_the_serving_version_its_own(self):
        self.challenge(self.with_spec({**self.version._specs()["country_id"], "key": "extra"}))
        columns = FeatureReader.columns

        def broken(reader, ids):
            if len(reader.specs) > 3:
                reader.documents.env.cr.execute("SELECT 1 / 0")
            return columns(reader, ids)

        lead = self.make_leads()
        with (
            patch.object(FeatureReader, "columns", broken),
            self.assertLogs("odoo.addons.ai_deployment", "ERROR"),
            self.assertLogs("odoo.sql_db", "ERROR"),
        ):
            self.deployment._score(lead)
        self.assertEqual(self.score_of(lead).state, "scored")
        self.assertFalse(self.lines())
        self.assertTrue(self.alerts())

    def test_inputs_that_are_gone_set_it_aside_at_once(self):
        self.challenge()
        gone, version_class = InputGone("Country", "there is no field “x”."), type(self.version)
        fault, own = version_class._fault, self.challenger.id
        with (
            patch.object(version_class, "_fault", lambda version: gone if version.id == own else fault(version)),
            self.assertLogs("odoo.addons.ai_deployment", "ERROR"),
        ):
            lead = self.make_leads()
            self.deployment._score(lead)
        self.assertEqual(self.score_of(lead).state, "scored")
        self.assertFalse(self.deployment.challenger_id)
        self.assertIn("set aside", self.alerts().name)
        self.assertIn("there is no field", self.alerts().name)

    def test_a_damaged_challenger_is_set_aside(self):
        self.challenge()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '7') WHERE id = %s",
            [self.challenger.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        lead = self.make_leads()
        with self.assertLogs("odoo.addons.ai_deployment", "ERROR"):
            self.deployment._score(lead)
        self.assertEqual(self.score_of(lead).state, "scored")
        self.assertFalse(self.deployment.challenger_id)

    def test_records_scored_on_saving_are_scored_by_both(self):
        self.challenge()
        self.deployment.score_on_create = True
        lead = self.make_leads()
        self.commit()
        self.assertEqual(self.lines().mapped("res_id"), lead.ids)

    def test_nobody_but_the_auditor_reads_its_scores(self):
        self.challenge()
        self.deployment._score(self.make_leads())
        for user in (self.seller, self.reviewer, self.owner, self.other_owner, self.manager):
            with self.assertRaises(AccessError):
                self.lines().with_user(user).read(["predicted_value"])
        self.assertTrue(self.lines().with_user(self.auditor).read(["predicted_value"]))
