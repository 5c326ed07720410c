"""Results that are brought in settle what waited, and are counted once."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.pushing.common import PushCase


@tagged("post_install", "-at_install")
class TestPushedRun(PushCase):
    def test_a_failure_that_waits_is_settled_by_the_next_result(self):
        self.deployment._review_rule("failed").is_on = False
        lead = self.make_leads(1)
        self.push([{"res_id": lead.id, "failure": {"message": "x"}}])
        self.assertEqual(self.inferences_of(lead).route, "retry")
        self.assertBalanced(requested=1, waiting=1)
        self.push([{"res_id": lead.id, "score": 0.9}], key="later")
        self.assertFalse(self.env["ai.deployment.request"].search([("deployment_id", "=", self.deployment.id)]))
        self.assertBalanced(requested=2, automatic=1, cancelled=1, waiting=0)

    def test_a_thousand_rows_cost_as_many_statements_as_ten(self):
        leads = self.make_leads(40)
        self.push([{"res_id": lead.id, "score": 0.5} for lead in leads[:3]], key="warm")

        def count(some, key):
            before = self.env.cr.sql_log_count
            self.push([{"res_id": lead.id, "score": 0.5} for lead in some], key=key)
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(count(leads[10:], "many"), count(leads[3:6], "few") + 2)
