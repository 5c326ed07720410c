"""What the tests of challengers share: leads that both versions scored first, with outcomes that came later."""

from datetime import timedelta

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

LATER = NOW + timedelta(days=40)


class ChallengerCase(AiDeploymentCase):
    """A deployment with an outcome window of 14 days whose challenger tells small from large, as outcomes do."""

    RECORDS = 60

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.horizon_days = 14
        cls.challenger = cls.keep(cls.deployment, cls.card(low=-4.0, high=4.0))
        with clock.at(NOW):
            cls.deployment._assign_challenger(cls.challenger, "test")
            cls.env["ai.deployment.comparison"].search([]).unlink()
        cls.small = cls.make_leads(cls.RECORDS, expected_revenue=200)
        cls.large = cls.make_leads(cls.RECORDS, expected_revenue=40000)
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s, date_closed = NULL WHERE id = ANY(%s)",
            [NOW - timedelta(hours=1), (cls.small + cls.large).ids],
        )
        cls.env.invalidate_all()
        with clock.at(NOW):
            cls.deployment._score(cls.small + cls.large)

    @classmethod
    def close(cls, leads, state, moment=NOW + timedelta(days=5)):
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE crm_lead SET won_status = %s, date_closed = %s, active = %s, probability = %s WHERE id = ANY(%s)",
            [state, moment, state == "won", 100 if state == "won" else 0, leads.ids],
        )
        cls.env.invalidate_all()

    def end(self, won, lost):
        self.close(won, "won")
        self.close(lost, "lost")

    def assignment(self):
        return self.deployment.assignment_ids.filtered(lambda one: one.role == "challenger")[:1]

    def alerts(self, cause):
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("cause", "=", cause)]
        )

    def work(self, now=LATER):
        """One run of the scheduled action, in the test's own transaction."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), clock.at(now):
            self.env.ref("ai_deployment.ir_cron_compare").method_direct_trigger()
        self.env.invalidate_all()
