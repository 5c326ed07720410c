"""Records that were saved though scoring them failed wait as requests."""

from unittest.mock import patch

import psycopg2.errors

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.scoring.scoring_run import ScoringRun
from odoo.addons.ai_deployment.tests.scoring.common import ScoringRuleCase

SCORING = "odoo.addons.ai_deployment.models.scoring.scoring_on_save"


@tagged("post_install", "-at_install")
class TestKeepWaiting(ScoringRuleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.score_on_create = True

    def failing(self, error):
        return patch.object(ScoringRun, "read_standings", side_effect=error)

    def kept(self):
        """Run what waits for the commit: {record id: failure type} of the requests."""
        with self.enter_registry_test_mode():
            self.env.cr.postcommit.run()
        self.env.invalidate_all()
        requests = self.env["ai.deployment.request"].sudo().search([("deployment_id", "=", self.deployment.id)])
        return {request.res_id: request.failure_type for request in requests}

    def test_a_fault_lets_the_user_save_and_the_record_wait(self):
        self.env.cr.postcommit.clear()
        errors = (
            psycopg2.errors.SerializationFailure(),
            psycopg2.errors.LockNotAvailable(),
            psycopg2.errors.DiskFull(),
            UserError("no"),
            KeyError("x"),
        )
        for error in errors:
            with self.subTest(error=type(error).__name__), self.failing(error), mute_logger(SCORING):
                lead = self.make_leads()
                self.commit()
                self.assertTrue(lead.exists())
                self.assertFalse(self.inferences_of(lead))
                self.assertIn(lead.id, self.kept())
        self.assertEqual(self.asked(), (len(errors), 0))

    def test_after_a_collision_it_is_tried_once_more_at_once(self):
        """The new transaction sees what the other one wrote."""
        self.env.cr.postcommit.clear()
        read, met = ScoringRun.read_standings, []

        def collide(run):
            if not met:
                met.append(True)
                raise psycopg2.errors.SerializationFailure
            return read(run)

        with patch.object(ScoringRun, "read_standings", collide):
            lead = self.make_leads()
            self.commit()
            self.assertFalse(self.inferences_of(lead))
            self.assertFalse(self.kept())
        self.assertEqual(len(self.inferences_of(lead)), 1)
        self.assertEqual(self.asked(), (1, 0))

    def test_a_statement_that_fails_leaves_the_transaction_usable(self):
        self.env.cr.postcommit.clear()

        def broken(*args):
            self.env.cr.execute("SELECT 1/0")

        with patch.object(ScoringRun, "read_standings", broken), mute_logger("odoo.sql_db", SCORING):
            lead = self.make_leads()
            self.commit()
        self.assertTrue(lead.exists())
        self.assertEqual(set(self.kept()), set(lead.ids))
