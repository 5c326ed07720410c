"""Bad days: what is at fault is named, the user's own errors stay the user's, and the log holds no data."""

import logging
from datetime import timedelta
from unittest.mock import patch

import psycopg2
import psycopg2.errors

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.models.scoring.scoring_run import ScoringRun
from odoo.addons.ai_deployment.models.tools import clock, faults
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.health.common import SchemaCase
from odoo.addons.ai_deployment.tests.scoring.common import SCORING_LOG

ACTION_LOG = "odoo.addons.ai_deployment.models.ir_actions_server"
SECRET = "Zanzibar 4711"


@tagged("post_install", "-at_install")
class TestKinds(AiDeploymentCase):
    def test_a_fault_is_told_in_one_line(self):
        self.assertEqual(faults.fault_text(ValueError("so it is\nDETAIL: a secret")), "ValueError: so it is")
        self.assertEqual(faults.fault_text(ZeroDivisionError()), "ZeroDivisionError")
        self.assertEqual(len(faults.fault_text(ValueError("x" * 999))), len("ValueError: ") + faults.LONGEST_FAULT)

    def fault_of(self, query):
        with self.assertRaises(psycopg2.Error) as caught, self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
            self.env.cr.execute(query)
        return faults.kind_of(caught.exception)

    def test_real_faults_of_the_server_are_told_apart(self):
        self.assertEqual(self.fault_of("SET LOCAL statement_timeout = 5; SELECT pg_sleep(1)"), faults.TOO_SLOW)
        raised = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '%s'; END $$"
        for code, kind in {
            "40001": faults.COLLISION,
            "40P01": faults.COLLISION,
            "55P03": faults.COLLISION,
            "53100": faults.DISK_FULL,
            "53200": faults.OUT_OF_MEMORY,
            "53300": faults.LOST_CONNECTION,
            "57P01": faults.LOST_CONNECTION,
            "08006": faults.LOST_CONNECTION,
            "58030": faults.SERVER,
            "22P02": "",
            "23505": "",
            "42703": "",
            "54000": "",
        }.items():
            with self.subTest(code=code):
                self.assertEqual(self.fault_of(raised % code), kind)

    def test_a_dead_connection_is_a_lost_connection(self):
        connection = psycopg2.connect(self.env.cr._cnx.dsn)
        cursor = connection.cursor()
        connection.close()
        with self.assertRaises(psycopg2.InterfaceError) as caught:
            cursor.execute("SELECT 1")
        self.assertEqual(faults.kind_of(caught.exception), faults.LOST_CONNECTION)
        self.assertEqual(faults.kind_of(ValueError("x")), "")

    def test_a_fault_is_logged_in_one_line_without_what_it_says(self):
        logger = logging.getLogger("test")
        try:
            raise ValueError(f"could not read {SECRET}")
        except ValueError as error:
            with self.assertLogs("test", "ERROR") as log:
                faults.log_fault(logger, "Nothing was done", error)
        self.assertRegex(log.output[0], r"^ERROR:test:Nothing was done: ValueError at test_faults\.py:\d+ in ")
        self.assertNotIn(SECRET, log.output[0])


@tagged("post_install", "-at_install")
class TestBlame(AiDeploymentCase):
    def score(self, leads, **options):
        outcome = self.deployment._score(leads, now=NOW, **options)
        self.env.invalidate_all()
        return outcome

    def alerts(self, *causes):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("cause", "in", causes), ("state", "=", "firing")]
        )

    def requests(self):
        return self.env["ai.deployment.request"].search([("deployment_id", "=", self.deployment.id)])

    def breaking(self, broken):
        """Reading fails whenever a record of `broken` is among those read."""
        read = FeatureReader.read

        def fails(reader, ids):
            if set(broken.ids) & set(ids):
                raise TypeError(f"cannot read {SECRET}")
            return read(reader, ids)

        return patch.object(FeatureReader, "read", fails)

    def test_a_record_that_fails_alone_is_to_blame(self):
        leads = self.make_leads(9)
        with self.breaking(leads[4]), self.assertLogs(SCORING_LOG, "ERROR") as log:
            outcome = self.score(leads)
        self.assertEqual((outcome["automatic"], outcome["failed"], outcome["waiting"]), (8, 1, 0))
        line = self.inferences_of(leads[4])
        self.assertEqual((line.failure_type, line.route), ("unexpected", "review"))
        self.assertNotIn(SECRET, f"{line.failure_message} {log.output}")
        self.assertEqual(len(log.output), 1)
        self.assertFalse(self.alerts("fails"))

    def test_the_version_is_to_blame_where_all_records_fail_in_one_way(self):
        leads = self.make_leads(40)
        with self.breaking(leads), self.assertLogs(SCORING_LOG, "ERROR") as log:
            outcome = self.score(leads)
        self.assertEqual((outcome["waiting"], outcome["review"]), (40, 0))
        self.assertEqual(len(self.requests()), 40)
        self.assertFalse(self.env["ai.deployment.review"].search([("res_id", "in", leads.ids)]))
        alert = self.alerts("fails")
        self.assertEqual(len(alert), 1)
        self.assertNotIn(SECRET, f"{alert.name} {log.output}")
        self.assertLessEqual(len(log.output), 2)
        with clock.at(NOW + timedelta(hours=1)):
            self.requests()._retry()
        self.assertFalse(self.alerts("fails") or self.requests())
        self.assertEqual(set(self.inferences_of(leads).mapped("route")), {"retry", "automatic"})

    def test_the_first_ones_are_to_blame_where_others_can_be_scored(self):
        leads = self.make_leads(40)
        with self.breaking(leads[:6]), self.assertLogs(SCORING_LOG, "ERROR") as log:
            outcome = self.score(leads)
        self.assertEqual((outcome["automatic"], outcome["failed"], outcome["waiting"]), (34, 6, 0))
        self.assertEqual(len(log.output), 2)
        self.assertFalse(self.alerts("fails"))

    def test_records_that_come_one_by_one_are_not_blamed_for_ever(self):
        leads = self.make_leads(5)
        with self.breaking(leads), mute_logger(SCORING_LOG):
            outcomes = [self.score(lead) for lead in leads]
        self.assertEqual([outcome["failed"] for outcome in outcomes], [1, 1, 0, 0, 0])
        self.assertEqual(len(self.alerts("fails")), 1)
        self.assertEqual(self.requests().mapped("res_id"), leads[2:].ids)

    def test_a_filter_that_cannot_be_used_any_more_is_to_blame(self):
        leads = self.make_leads(3)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment SET domain = %s WHERE id = %s", ["[('x_gone', '=', 1)]", self.deployment.id]
        )
        self.env.invalidate_all()
        with mute_logger(SCORING_LOG):
            outcome = self.score(leads)
        self.assertEqual((outcome["waiting"], outcome["outside"]), (3, 0))
        self.assertEqual(len(self.alerts("filter")), 1)
        self.assertEqual(set(self.requests().mapped("failure_type")), {"filter_broken"})
        self.deployment.domain = "[]"
        self.requests()._retry()
        self.assertFalse(self.requests() or self.alerts("filter"))
        self.assertEqual(len(self.inferences_of(leads)), 3)

    def test_a_full_disk_splits_nothing_and_blames_nobody(self):
        leads = self.make_leads(9)
        calls = []

        def full(_reader, ids):
            calls.append(ids)
            raise psycopg2.errors.DiskFull("no space left")

        with patch.object(FeatureReader, "read", full), self.assertRaises(psycopg2.errors.DiskFull):
            self.score(leads)
        self.assertEqual(len(calls), 1)
        self.assertFalse(self.inferences_of(leads))

    def test_a_user_reads_the_error_of_what_the_user_did(self):
        tags = self.env["crm.tag"].create([{"name": "One of two"}, {"name": "Two of two"}])
        lead = self.make_leads()
        action = self.deployment.action_server_id.with_context(
            active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
        )
        self.env.flush_all()
        with self.assertRaises(psycopg2.errors.UniqueViolation), mute_logger("odoo.sql_db"):
            tags[1].name = "One of two"  # not in the database yet
            action.run()

    def test_what_a_user_saves_is_saved_though_scoring_fails(self):
        lead = self.make_leads()
        run = self.deployment.action_server_id.with_context(
            active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
        ).run
        with (
            patch.object(ScoringRun, "prepare", side_effect=RuntimeError(SECRET)),
            self.assertLogs(ACTION_LOG, "ERROR") as log,
        ):
            said = run()
        self.assertIn("scoring is retried", said["params"]["message"])
        self.assertNotIn(SECRET, str(log.output))
        self.assertTrue(lead.exists())
        with self.enter_registry_test_mode():
            self.env.cr.postcommit.run()
        self.env.invalidate_all()
        self.assertEqual(self.requests().mapped("res_id"), lead.ids)

    def test_a_collision_is_left_to_odoo(self):
        lead = self.make_leads()
        collision = psycopg2.errors.SerializationFailure("could not serialize access")
        with (
            patch.object(ScoringRun, "prepare", side_effect=collision),
            self.assertRaises(psycopg2.errors.SerializationFailure),
        ):
            self.deployment.action_server_id.with_context(
                active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
            ).run()


@tagged("post_install", "-at_install")
class TestWhatAVersionReads(SchemaCase):
    """Everything a version reads is taken away for real: the version is to blame, and records wait."""

    def assertBlamed(self, deployment, failure_type):
        leads = self.make_leads(5)
        self.env.invalidate_all()
        with mute_logger(SCORING_LOG):
            outcome = deployment._score(leads, now=NOW)
        self.assertEqual((outcome["waiting"], outcome["review"]), (5, 0), outcome)
        alert = self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", deployment.id), ("state", "=", "firing")]
        )
        self.assertEqual(alert.mapped("cause"), ["version"])
        requests = self.env["ai.deployment.request"].search([("deployment_id", "=", deployment.id)])
        self.assertEqual(set(requests.mapped("failure_type")), {failure_type})
        self.env.invalidate_all()
        for lead in leads:  # and the record still opens
            self.assertFalse(lead.ai_score)

    def test_a_field_that_was_deleted(self):
        field = self.make_field()
        deployment = self.watch("x_tier", {"gold": 20})
        field.unlink()
        self.assertBlamed(deployment, "input_gone")

    def test_a_column_that_another_process_has_just_dropped(self):
        """One record alone, in a process that still knows the field: there is no other record to compare with."""
        self.make_field()
        deployment, lead = self.watch("x_tier", {"gold": 20}), self.make_leads()
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE crm_lead DROP COLUMN x_tier")
        with mute_logger(SCORING_LOG, "odoo.sql_db"):
            outcome = deployment._score(lead, now=NOW)
        self.assertEqual((outcome["waiting"], outcome["review"]), (1, 0), outcome)
        request = self.env["ai.deployment.request"].search([("deployment_id", "=", deployment.id)])
        self.assertEqual(request.failure_type, "version_fails")

    def test_a_field_at_the_end_of_a_path_that_was_deleted(self):
        field = self.env["ir.model.fields"].create(
            {
                "name": "x_size",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "ttype": "char",
                "field_description": "Size",
            }
        )
        deployment = self.watch("partner_id.x_size", {"big": 20})
        field.unlink()
        self.assertBlamed(deployment, "input_gone")

    def test_a_model_that_was_deleted(self):
        model = self.env["ir.model"].create({"name": "Region", "model": "x_region"})
        self.make_field("x_region_id", "many2one", relation="x_region")
        deployment = self.watch("x_region_id", {"1": 20})
        self.env["ir.model.fields"].search([("name", "=", "x_region_id")]).unlink()
        model.unlink()
        self.assertBlamed(deployment, "input_gone")

    def test_a_field_of_another_type(self):
        self.make_field(ttype="integer")
        deployment = self.watch("x_tier", {"1": 20})
        self.env["ir.model.fields"].search([("name", "=", "x_tier")]).unlink()
        self.make_field(ttype="many2one", relation="res.country")
        self.assertBlamed(deployment, "input_gone")

    def test_a_stored_version_that_was_damaged(self):
        deployment = self.watch("type", {"lead": 20})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '5') WHERE id = %s",
            [deployment.champion_id.id],
        )
        self.assertBlamed(deployment, "artifact_rejected")
