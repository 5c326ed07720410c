"""Counts per day that the database keeps: those of the log after anything that happens to it, and checked."""

import random
from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.ledger.ai_deployment_ledger import MONTH
from odoo.addons.ai_deployment.models.review.expiry import expire
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.ledger.common import DAY, DayCountCase, kept_and_counted

LOG = ("ai_deployment_inference", "ai_deployment_review", "ai_deployment_requested", "ai_deployment_request_closed")


@tagged("post_install", "-at_install")
class TestDayCount(DayCountCase):
    def test_counts_are_those_of_the_log_after_anything(self):
        rng, leads = random.Random(41), self.make_leads(8)
        reviews = self.env["ai.deployment.review"].sudo()

        def one_open():
            found = reviews.search([("deployment_id", "=", self.deployment.id), ("state", "=", "open")])
            return found[rng.randrange(len(found))] if found else found

        def rescore(now):
            chosen = leads.exists().filtered(lambda lead: rng.random() < 0.6)
            for lead in chosen:
                lead.expected_revenue = rng.choice([10, 500, 5_000, 50_000, 80_000])
            self.score(chosen, now) if chosen else None

        def reopen(now):
            done = reviews.search([("deployment_id", "=", self.deployment.id), ("state", "!=", "open")])
            done = done.filtered(lambda one: one == one._chain()[-1] and not self.open_of(one.res_id))
            if done:
                done[rng.randrange(len(done))]._follow("reopened")

        events = [
            rescore,
            rescore,
            reopen,
            lambda now: expire(one_open(), "settled"),
            lambda now: (one := one_open()) and one._decide("confirmed"),
            lambda now: self.run_sql(
                "DELETE FROM ai_deployment_inference WHERE id IN"
                " (SELECT id FROM ai_deployment_inference WHERE deployment_id = %s ORDER BY id DESC LIMIT 1)",
                self.deployment.id,
            ),
            lambda now: self.counts._gc_sum_deltas(),
        ]
        for step in range(60):
            now = NOW + timedelta(hours=4 * step)
            event = rng.choice(events)
            with self.subTest(step=step), clock.at(now):
                event(now)
                self.assertKept()

    def open_of(self, res_id):
        return self.env["ai.deployment.review"].sudo().search([("res_id", "=", res_id), ("state", "=", "open")])

    def test_deltas_are_summed_and_nothing_else_changes(self):
        leads = self.make_leads(3)
        for days in range(3):
            self.score(leads, NOW + DAY * days, expected_revenue=10 ** (days + 2))
        before = kept_and_counted(self.deployment, self.days)
        mine = [("deployment_id", "=", self.deployment.id)]
        self.assertGreater(self.counts.search_count(mine), 3)
        self.counts._gc_sum_deltas()
        self.assertEqual(kept_and_counted(self.deployment, self.days), before)
        self.assertEqual(self.counts.search_count(mine), 3)
        self.run_sql("DELETE FROM ai_deployment_inference WHERE deployment_id = %s", self.deployment.id)
        self.run_sql("DELETE FROM ai_deployment_requested WHERE deployment_id = %s", self.deployment.id)
        self.run_sql("DELETE FROM ai_deployment_request_closed WHERE deployment_id = %s", self.deployment.id)
        self.counts._gc_sum_deltas()
        self.assertFalse(self.counts.search(mine), "what came to nothing is not kept")

    # What gets past the triggers

    def past_the_triggers(self, statement, *values):
        self.env.flush_all()
        for switch in ("DISABLE", "ENABLE"):
            for table in LOG:
                self.env.cr.execute(f"ALTER TABLE {table} {switch} TRIGGER USER")
            if switch == "DISABLE":
                self.run_sql(statement, *values)

    def look(self, now):
        with clock.at(now):
            self.deployment._monitor()
        return {
            cause: self.env["ai.deployment.alert"].search([("cause", "=", cause)]).state for cause in ("sum", "counts")
        }

    def turn_of(self, day):
        """The moment in the month from `day` on at which it is counted from the log."""
        for back in range(MONTH):
            with clock.at(NOW + (day + back) * DAY):
                days = [clock.today() - DAY * ago for ago in range(MONTH)]
                if (NOW + day * DAY).date() in self.env["ai.deployment.ledger"]._days_to_recount(self.deployment, days):
                    return NOW + (day + back) * DAY

    def test_a_line_lost_past_the_triggers_is_found_when_its_day_is_counted(self):
        leads, turn = self.make_leads(3), self.turn_of(0)
        self.score(leads)
        self.past_the_triggers("DELETE FROM ai_deployment_inference WHERE res_id = %s", leads[1].id)
        self.assertFalse(self.differences())  # nobody knows yet
        self.assertEqual(self.look(turn - DAY), {"sum": False, "counts": False})
        self.assertEqual(self.look(turn), {"sum": "firing", "counts": "firing"})
        self.assertEqual(self.differences(), {NOW.date(): 1})
        self.assertKept()
        self.assertEqual(self.look(turn + DAY), {"sum": "firing", "counts": "resolved"})

    def test_counts_that_somebody_changed_are_found_and_corrected(self):
        for days, (statement, by) in enumerate(
            (
                ("UPDATE ai_deployment_day_count SET requested = requested + 2 WHERE requested > 0 AND day = %s", "2"),
                ("DELETE FROM ai_deployment_day_count WHERE day = %s", "3"),
                (
                    "INSERT INTO ai_deployment_day_count (deployment_id, day, automatic)"
                    " SELECT deployment_id, day, 7 FROM ai_deployment_requested WHERE day = %s",
                    "7",
                ),
            )
        ):
            with self.subTest(statement=statement):
                self.score(self.make_leads(3), NOW + DAY * days)
                turn = self.turn_of(days)
                self.run_sql(statement, (NOW + DAY * days).date())
                self.assertEqual(self.look(turn)["counts"], "firing")
                alert = self.env["ai.deployment.alert"].search([("cause", "=", "counts")])
                self.assertIn(f"by {by} records", alert.name)
                self.assertKept()
                self.assertFalse(self.differences())
                self.assertEqual(self.look(turn), {"sum": False, "counts": "resolved"})

    def test_an_older_day_is_found_within_a_month_and_then_all_are_counted(self):
        leads = self.make_leads(4)
        self.score(leads[:2])
        self.score(leads[2:], NOW + DAY)
        self.past_the_triggers("DELETE FROM ai_deployment_inference WHERE deployment_id = %s", self.deployment.id)
        found = [day for day in range(1, MONTH) if self.look(NOW + DAY * day)["sum"] == "firing"]
        self.assertEqual(found, list(range(found[0], MONTH)))
        self.assertEqual(self.differences(), {NOW.date(): 2, (NOW + DAY).date(): 2})

    def test_a_state_that_two_transactions_left_behind_is_corrected_without_an_alarm(self):
        self.score(self.make_leads(3))
        for review in self.reviews_of(self.env["crm.lead"].search([]))[:2]:
            review.sudo()._decide("confirmed")
        self.run_sql("UPDATE ai_deployment_line_state SET state = 'open'")
        self.assertEqual(self.look(NOW + DAY), {"sum": False, "counts": False})
        self.assertKept(in_review=1, reviewed=2)
        self.run_sql("UPDATE ai_deployment_line_state SET state = 'decided'")
        self.assertEqual(self.look(self.turn_of(0)), {"sum": False, "counts": False})
        self.assertKept(in_review=1, reviewed=2)
