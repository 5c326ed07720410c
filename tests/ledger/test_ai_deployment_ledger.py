"""The ledger: every record asked for ends in exactly one place."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.ledger.ai_deployment_ledger import MONTH
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.scoring.common import BatchCase


@tagged("post_install", "-at_install")
class TestSum(BatchCase):
    def test_every_way_to_end_is_counted_once(self):
        self.deployment.min_confidence = 0.75
        sure, unsure = self.make_leads(3, expected_revenue=50000), self.make_leads(2, expected_revenue=5000)
        foreign = self.make_leads(1, user_id=self.other_seller.id)
        self.deployment.with_user(self.seller)._score((sure + unsure + foreign).with_user(self.seller), now=NOW)
        self.deployment._score(sure[:2], now=NOW)
        self.assertBalanced(requested=8, automatic=3, in_review=2, unchanged=2, cancelled=1)
        self.reviews_of(unsure)[0]._decide("unsure")
        self.assertBalanced(requested=8, automatic=3, in_review=1, reviewed=1, unchanged=2, cancelled=1)
        self.reviews_of(unsure)[1].state = "expired"
        self.assertBalanced(requested=8, in_review=0, reviewed=1, expired=1)

    def test_a_record_asked_for_twice_shares_one_review(self):
        self.deployment.min_confidence = 1.0
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        self.deployment._score(lead, now=NOW, again=True)
        self.assertBalanced(requested=2, in_review=2)
        self.reviews_of(lead)._decide("unsure")
        self.assertBalanced(requested=2, reviewed=2)

    def test_a_review_that_is_lost_is_missed_although_there_was_one_before(self):
        self.deployment.min_confidence = 1.0
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW - timedelta(days=2))
        with clock.at(NOW - timedelta(days=1)):
            self.reviews_of(lead)._decide("unsure")
        self.deployment._score(lead, now=NOW, again=True)
        self.assertBalanced(requested=1, in_review=1)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ai_deployment_review WHERE state = 'open'")
        self.env.invalidate_all()
        self.assertEqual(self.sum_of().difference, 1)

    def test_scoring_again_what_left_the_deployment_opens_no_second_review(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        lead = self.make_leads(country_id=False)
        self.deployment._score(lead, now=NOW)
        self.deployment.domain = "[('name', '=', 'another')]"
        with self.assertRaisesRegex(UserError, "no longer belongs"), self.env.cr.savepoint(), clock.at(NOW):
            self.reviews_of(lead).action_score_again()
        self.assertBalanced(requested=1, in_review=1)

    def test_one_line_taken_away_behind_the_orm_is_noticed(self):
        leads = self.make_leads(3)
        self.deployment._score(leads, now=NOW)
        with clock.at(NOW):
            self.deployment._monitor()
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "sum")])
        self.assertFalse(alert)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ai_deployment_inference WHERE res_id = %s", [leads[1].id])
        self.env.invalidate_all()
        self.assertEqual(self.sum_of().difference, 1)
        with clock.at(NOW):
            self.deployment._monitor()
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "sum")])
        self.assertEqual(alert.state, "firing")
        self.assertIn("1 requested records", alert.name)

    def days_recounted(self, now):
        """The days that a look at `now` counts from the log, by how many days ago they were."""
        with clock.at(now):
            days = [clock.today() - timedelta(days=back) for back in range(MONTH)]
            chosen = self.env["ai.deployment.ledger"]._days_to_recount(self.deployment, days)
        return sorted((now.date() - day).days for day in chosen)

    def test_every_day_is_counted_from_the_log_once_in_its_first_month(self):
        looked_at = {}
        for day in range(3 * MONTH):
            [back] = self.days_recounted(NOW + timedelta(days=day))
            looked_at.setdefault(day - back, []).append(back)
        for day in range(2 * MONTH):
            self.assertEqual(len(looked_at[day]), 1)

    def test_a_line_taken_away_from_an_older_day_is_noticed_the_next_time_and_until_it_is_back(self):
        leads = self.make_leads(3)
        self.deployment._score(leads, now=NOW - timedelta(days=6))
        with clock.at(NOW):
            self.deployment._monitor()
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_inference SET requested_day = NULL WHERE res_id = %s", [leads[1].id])
        self.env.invalidate_all()
        alerts = self.env["ai.deployment.alert"].search
        for day in (1, 2):
            with clock.at(NOW + timedelta(days=day)):
                self.deployment._monitor()
            self.assertEqual(alerts([("cause", "=", "sum")]).state, "firing")
        self.assertEqual(len(self.days_recounted(NOW + timedelta(days=2))), MONTH)
        with clock.at(NOW + timedelta(days=3)):
            day = (NOW - timedelta(days=6)).date()
            self.env.cr.execute(
                "UPDATE ai_deployment_inference SET requested_day = %s WHERE requested_day IS NULL", [day]
            )
            self.env.invalidate_all()
            self.deployment._monitor()
        self.assertEqual(alerts([("cause", "=", "sum")]).state, "resolved")
        self.assertFalse(alerts([("cause", "=", "counts")]))

    def test_one_line_too_many_is_noticed(self):
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        self.env.cr.execute("DELETE FROM ai_deployment_requested")
        self.env.invalidate_all()
        self.assertEqual(self.sum_of().difference, -1)
        with clock.at(NOW):
            self.deployment._monitor()
        self.assertIn("counted twice", self.env["ai.deployment.alert"].search([("cause", "=", "sum")]).name)

    def test_days_whose_log_is_gone_are_not_missed(self):
        self.deployment._score(self.make_leads(3), now=NOW - timedelta(days=40))
        self.assertEqual(len(self.sum_of(NOW - timedelta(days=40))), 1)
        self.deployment.sudo().retention_days = 30
        with clock.at(NOW):
            self.env["ai.deployment.inference"]._gc_expired()
            self.env["ai.deployment.ledger"]._gc_expired()
            self.deployment._monitor()
            self.assertFalse(self.sum_of(NOW - timedelta(days=40)))
        self.assertFalse(self.env["ai.deployment.alert"].search([("cause", "=", "sum")]))
        self.assertFalse(self.env["ai.deployment.requested"].search([]))

    def test_who_is_not_named_sees_no_sum(self):
        self.deployment._score(self.make_leads(), now=NOW)
        self.assertTrue(self.env["ai.deployment.ledger"].with_user(self.owner).search([]))
        other = self.make_deployment(name="Other", is_primary=False, user_id=self.deputy.id)
        self.assertFalse(
            self.env["ai.deployment.ledger"].with_user(self.owner).search([("deployment_id", "=", other.id)])
        )
        with self.assertRaises(AccessError):
            self.env["ai.deployment.ledger"].with_user(self.seller).search([])
