"""What the tests of the guided start share: a company with closed and open leads, and a person who begins."""

import random
from contextlib import nullcontext

from odoo.tests import HttpCase

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.training.common import ClosedLeads


class StartCase(ClosedLeads, AiDeploymentCase):
    """`ROWS` leads with outcomes and `OPEN` open ones; the template of leads."""

    ROWS, OPEN = 150, 12

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rng = random.Random(3)
        cls.sources = cls.env["utm.source"].create([{"name": f"Source {name}"} for name in "ABC"])
        cls.env["crm.lead"].with_context(active_test=False).search([]).unlink()  # of the demonstration, if any
        cls.past = cls.closed_leads(cls.ROWS, days=400) if cls.ROWS else cls.env["crm.lead"]
        cls.open_leads = cls.make_leads(cls.OPEN, user_id=False) if cls.OPEN else cls.env["crm.lead"]
        cls.template = cls.env.ref("ai_deployment.template_leads")
        cls.env.flush_all()

    def begin(self, user=None, template=None):
        """The guided start of `user`, as that user."""
        with clock.at(NOW):
            action = (template or self.template).with_user(user or self.owner).action_start()
        return self.env["ai.deployment.onboarding"].with_user(user or self.owner).browse(action["res_id"])

    def at_people(self, user=None):
        onboarding = self.begin(user)
        with clock.at(NOW):
            onboarding.action_to_inputs()
            onboarding.action_to_people()
        return onboarding

    def created(self, user=None):
        onboarding = self.at_people(user)
        with clock.at(NOW):
            onboarding.action_create_deployment()
        return onboarding

    def work(self, cron="ir_cron_train_1", now=NOW):
        """One run of a worker, in the test's own transaction."""
        self.env.flush_all()
        # A case with a browser is in that mode already.
        mode = nullcontext() if isinstance(self, HttpCase) else self.enter_registry_test_mode()
        with mode, clock.at(now):
            self.env.ref(f"ai_deployment.{cron}").method_direct_trigger()
        self.env.invalidate_all()
