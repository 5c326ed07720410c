"""Whose fault it is that records could not be scored."""

from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.ml.errors import Unexpected, VersionFails
from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.scoring.failures import Failures
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.base.tests.test_ir_cron import CronMixinCase

SCORING_LOG = "odoo.addons.ai_deployment.models.scoring"


@tagged("post_install", "-at_install")
class TestFailures(AiDeploymentCase, CronMixinCase):
    def test_one_bad_record_does_not_fail_the_others(self):
        leads = self.make_leads(7)
        bad = leads[4]
        read = FeatureReader.read

        def break_on_bad(reader, ids):
            if bad.id in ids:
                raise RuntimeError("cannot be read")
            return read(reader, ids)

        with patch.object(FeatureReader, "read", break_on_bad), self.assertLogs(SCORING_LOG, "ERROR") as logs:
            outcome = self.deployment._score(leads, now=NOW)
        self.assertEqual((outcome["automatic"], outcome["review"]), (6, 1))
        self.assertEqual(len(logs.records), 1)
        line = self.inferences_of(bad)
        self.assertEqual((line.route, line.failure_type), ("review", "unexpected"))
        self.assertEqual(len(self.inferences_of(leads)), 7)
        profiles = self.env["ai.deployment.profile"]  # a delta for each part of the chunk that was scored together
        self.assertEqual(profiles._sum(self.version, NOW.date(), NOW.date() + timedelta(days=1)).rows, 6)

    def test_a_failed_statement_does_not_break_the_callers_transaction(self):
        leads = self.make_leads(2)
        read = FeatureReader.read

        def break_the_statement(reader, ids):
            if leads[0].id in ids:
                reader.documents.env.cr.execute("SELECT 1 / 0")
            return read(reader, ids)

        with (
            patch.object(FeatureReader, "read", break_the_statement),
            mute_logger(SCORING_LOG, "odoo.sql_db"),
        ):
            outcome = self.deployment._score(leads, now=NOW)
        self.assertEqual((outcome["automatic"], outcome["review"]), (1, 1))
        leads[1].name = "The transaction goes on"
        self.env.flush_all()

    def test_a_serialization_failure_is_left_to_the_caller(self):
        lead = self.make_leads()
        error = psycopg2.errors.SerializationFailure("could not serialize access")
        with patch.object(FeatureReader, "read", side_effect=error):
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                self.deployment._score(lead, now=NOW)
        self.assertFalse(self.inferences_of(lead))

    def _damage(self, version):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '5') WHERE id = %s",
            [version.id],
        )
        version.invalidate_recordset()
        self.env.registry.clear_cache()

    def test_records_wait_while_the_version_is_damaged_and_one_alert_tells(self):
        leads = self.make_leads(3)
        self._damage(self.version)
        outcome = self.deployment._score(leads, now=NOW)
        self.assertEqual(outcome["waiting"], 3)
        self.assertFalse(self.reviews_of(leads))
        self.assertEqual(set(self.inferences_of(leads).mapped("failure_type")), {"artifact_rejected"})
        self.assertEqual([self.score_of(lead).state for lead in leads], ["waiting"] * 3)
        alert = self.env["ai.deployment.alert"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual((alert.cause, alert.state), ("version", "firing"))

    def test_what_waits_is_scored_when_a_version_can_be_used_again(self):
        leads = self.make_leads(3)
        self._damage(self.version)
        self.deployment._score(leads, now=NOW)
        cron = self.env.ref("ai_deployment.ir_cron_retry")
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.assertEqual({self.score_of(lead).state for lead in leads}, {"waiting"})
        self.assertEqual(len(self.inferences_of(leads)), 3, "as long as nothing changed, nothing is logged again")
        self.serve(self.deployment, self.card())
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()
        self.assertEqual({self.score_of(lead).state for lead in leads}, {"scored"})
        self.assertEqual(self.env["ai.deployment.alert"].search([("cause", "=", "version")]).state, "resolved")

    def examined(self, *errors, succeeded=False, could_score=False):
        """The failures of a run of 100 records, of which the first failed with `errors`."""
        failures = Failures(self.deployment.sudo(), self.version, NOW)
        with mute_logger(SCORING_LOG):
            for res_id, error in enumerate(errors, start=1):
                failures.add(res_id, error)
                failures.examine(range(1, 101), succeeded, lambda _res_id: could_score)
        return failures

    def test_the_version_is_to_blame_where_all_fail_in_one_way(self):
        errors = [KeyError("x") for _each in range(3)]
        self.assertIsInstance(self.examined(*errors).condemned, VersionFails)
        for options in ({"succeeded": True}, {"could_score": True}):
            self.assertIsNone(self.examined(*errors, **options).condemned, options)
        self.assertIsNone(self.examined(*errors[:2]).condemned)
        self.assertIsNone(self.examined(KeyError(), ValueError(), KeyError()).condemned)

    def test_single_records_are_told_by_what_happened_to_them(self):
        failures = self.examined(KeyError("x"), ValueError("y"), succeeded=True)
        with mute_logger(SCORING_LOG):
            told = failures.conclude(succeeded=True)
        self.assertEqual({type(error) for error, _ids in told}, {Unexpected})
        self.assertEqual(sorted(ids for _error, ids in told), [[1], [2]])
        self.assertEqual(self.examined().conclude(succeeded=False), [])
