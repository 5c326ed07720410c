"""What the tests of health share: a live deployment, its scheduled actions, and fields that can be taken away."""

from datetime import timedelta
from unittest.mock import patch

import numpy as np

from odoo import Command

from odoo.addons.ai_deployment.ml.binning import CategoryBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import CATEGORY
from odoo.addons.ai_deployment.ml.scorecard import Scorecard
from odoo.addons.ai_deployment.models.health.monitor import HealthMonitor
from odoo.addons.ai_deployment.models.tools import clock, database
from odoo.addons.ai_deployment.tests.alerting.common import MessageCase
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

DAY = timedelta(days=1)


class HealthCase(AiDeploymentCase):
    """A deployment that has been at work since NOW, and jobs that run at whatever moment is looked at."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.live_since = NOW
        cls.jobs = cls.env["ir.cron"].search([("cron_name", "=like", "AI Deployment:%")])

    def findings(self, moment=NOW, deployment=None):
        """{code: Finding} with jobs that ran at this moment."""
        deployment = deployment or self.deployment
        self.jobs_ran(moment)
        self.env.invalidate_all()
        with clock.at(moment):
            return {finding.code: finding for finding in deployment._health()[deployment.id]}

    def sibling(self, name="Another"):
        other = self.make_deployment(name=name, is_primary=False)
        self.serve(other, self.card())
        with clock.at(NOW):
            other.state = "shadow"
        return other

    def run_job(self, name, moment=NOW):
        with clock.at(moment), self.enter_registry_test_mode():
            job = self.env.ref(f"ai_deployment.{name}")
            self.assertIs(job.method_direct_trigger(), True)
        self.env.invalidate_all()
        job.write({"lastcall": moment, "nextcall": moment})  # Odoo has its own time

    def alert(self, cause, deployment=None):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", (deployment or self.deployment).id), ("cause", "=", cause)]
        )

    def make_rule(self, name="Score new leads"):
        action = {
            "name": "Score",
            "model_id": self.lead_model.id,
            "state": "ai_deployment_score",
            "ai_deployment_id": self.deployment.id,
        }
        return self.env["base.automation"].create(
            {
                "name": name,
                "model_id": self.lead_model.id,
                "trigger": "on_create",
                "action_server_ids": [Command.create(action)],
            }
        )


class CheckCase(HealthCase):
    def setUp(self):
        super().setUp()
        self.deployment.idle_days = 0

    def watch(self, moment=NOW):
        self.jobs_ran(moment)
        self.run_job("ir_cron_health", moment)

    def open_causes(self):
        alerts = self.env["ai.deployment.alert"].search([("state", "!=", "resolved")])
        return sorted(alerts.mapped("cause"))


class RestoreCase(MessageCase):
    def setUp(self):
        super().setUp()
        self.jobs_ran(NOW)
        self.messages().sudo().unlink()
        self.hook = self.add("webhook")

    def restore(self):
        """As if what is here had been dumped, and restored into another database."""
        self.enterContext(patch.object(database, "identity", return_value="another/1"))
        self.jobs_ran(NOW)
        self.env.invalidate_all()

    def restored(self, moment=NOW):
        with clock.at(moment):
            return {f.code: f for f in self.deployment._health()[self.deployment.id]}.get("restored")

    def watch(self, moment=NOW):
        with clock.at(moment):
            HealthMonitor(self.deployment.sudo()).watch_instance()
        return self.env["ai.deployment.alert"].search([("cause", "=", "health:restored")])


class SchemaCase(HealthCase):
    """A deployment with one input of its own, and fields to take away."""

    def watch(self, path, counts=None, **feature):
        """A deployment at work whose only input is `path`; `counts`: how often each level was seen in training."""
        counts = {str(level): count for level, count in (counts or {}).items()}
        known = tuple(level for level, count in counts.items() if count >= 10)
        deployment = self.make_deployment(
            name="Watched",
            is_primary=False,
            idle_days=0,
            features=[{"path": path, "kind": "category", "leak_override": "For the test.", **feature}],
        )
        bins = CategoryBins(known, counts)
        points = CardFeature(
            path, CATEGORY, bins, np.zeros(bins.size), False, np.array([10, 0, 0, *(counts[level] for level in known)])
        )
        score_bins = self.card().score_bins
        self.serve(deployment, Scorecard([points], -1.0, Identity(), score_bins))
        with clock.at(NOW):
            deployment.state = "shadow"
        return deployment

    def make_field(self, name="x_tier", ttype="selection", options=("gold", "silver"), **values):
        if ttype == "selection":
            values["selection_ids"] = [
                Command.create({"value": option, "name": option.title(), "sequence": number})
                for number, option in enumerate(options)
            ]
        return self.env["ir.model.fields"].create(
            {"name": name, "field_description": "Tier", "model_id": self.lead_model.id, "ttype": ttype, **values}
        )
