"""How long outcomes take, open records included."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import HORIZON, CohortCase


@tagged("post_install", "-at_install")
class TestOutcomeMaturity(CohortCase):
    def test_how_long_outcomes_take_counts_the_open_ones(self):
        self.cohort(0)
        open_leads = self.make_leads(40)
        self.came_in(open_leads, NOW)
        with clock.at(NOW + HORIZON):
            self.env.invalidate_all()
            self.assertEqual(
                self.deployment.maturity_text,
                "75 % of leads are decided within the outcome window (30 days); fewer than 80 % so far",
            )
            self.close(open_leads[:20], "lost", NOW + timedelta(days=20))
            self.env.invalidate_all()
            text = "80 % of leads are decided by day 20, 88 % within the outcome window (30 days)"
            self.assertEqual(self.deployment.maturity_text, text)

    def test_too_few_decisions_say_so(self):
        self.assertEqual(self.deployment.maturity_text, "Not known yet: too few are decided")
