"""Shared set-ups of the tests of scoring: batches in small chunks, and records that are scored by themselves."""

from unittest.mock import patch

from odoo import SUPERUSER_ID

from odoo.addons.ai_deployment.models.scoring import ai_deployment_batch
from odoo.addons.ai_deployment.models.tools import clock, noted
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.base.tests.test_ir_cron import CronMixinCase

SCORING_LOG = "odoo.addons.ai_deployment.models.scoring"
CHUNK_LOG = "odoo.addons.ai_deployment.models.scoring.ai_deployment_batch_chunk"


class BatchCase(AiDeploymentCase, CronMixinCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.object(ai_deployment_batch, "CHUNK", 10))
        cls.deployment.batch_above = 5
        cls.deployment.flush_recordset()  # a lane that rolls back must find it all the same

    def ask(self, records, user=None, **options):
        with clock.at(NOW):
            outcome = self.deployment.with_env(records.with_user(user or SUPERUSER_ID).env)._ask(records, **options)
        self.assertEqual(outcome["queued"], len(records))
        return self.env["ai.deployment.batch"].search([], limit=1)

    def work(self, now=NOW):
        """One run of a lane, in the test's own transaction."""
        with self.enter_registry_test_mode(), clock.at(now):
            self.env.ref("ai_deployment.ir_cron_worker_1").method_direct_trigger()
        self.env.invalidate_all()

    def sum_of(self, day=NOW):
        self.env["ai.deployment.ledger"].invalidate_model()
        return self.env["ai.deployment.ledger"].search(
            [("deployment_id", "=", self.deployment.id), ("day", "=", day.date())]
        )

    def assertBalanced(self, day=NOW, **parts):
        row = self.sum_of(day)
        self.assertEqual({name: row[name] for name in parts}, parts)
        self.assertEqual(row.difference, 0)


class ScoringRuleCase(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def rules(self, model="crm.lead"):
        return {rule.deployment_id: rule for rule in self.env["ai.deployment"]._scoring_rules(model)}

    def noted(self):
        found = noted.notes(self.env.cr)
        return found.wanted.get(self.deployment.id, {}) if found else {}

    def asked(self, deployment=None):
        """(records asked for, difference) over all days."""
        self.env["ai.deployment.ledger"].invalidate_model()
        rows = self.env["ai.deployment.ledger"].search([("deployment_id", "=", (deployment or self.deployment).id)])
        return sum(rows.mapped("requested")), sum(rows.mapped("difference"))
