"""The serving version against its rivals: evidence adds up over the weeks, each record counts once."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.duel import Duel
from odoo.addons.ai_deployment.models.monitoring.lifetime_performance import LifetimePerformance
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, CohortCase


@tagged("post_install", "-at_install")
class TestDuel(CohortCase):
    def duel(self):
        return Duel(self.deployment, LifetimePerformance(self.deployment, self.version))

    def odoo_says(self, leads, share):
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET automated_probability = %s WHERE id = ANY(%s)", [share, leads.ids])
        self.env.invalidate_all()

    def week_with_odoo(self, week, share):
        leads = self.make_leads(40) + self.make_leads(40, expected_revenue=20000)
        moment = NOW + week * WEEK
        self.came_in(leads, moment - timedelta(hours=1))
        self.odoo_says(leads, share)
        self.deployment._score(leads, now=moment)
        winners = leads[:20] + leads[40:72]
        self.close(winners, "won", moment + timedelta(days=10))
        self.close(leads - winners, "lost", moment + timedelta(days=10))

    def test_evidence_adds_up_until_it_is_enough(self):
        texts = []
        for week in range(4):
            self.week_with_odoo(week, 50)
            texts.append(self.line(self.report(week), "incumbent:brier").text)
        self.assertIn("Too early to say whether Odoo's own estimate is better: about", texts[0])
        self.assertEqual(texts[-1], "Better than Odoo's own estimate on the same 320 records")
        kept = self.deployment.sudo().risk_state
        self.assertEqual((kept["version"], kept["duels"]["incumbent"]["rows"]), (self.version.id, 320))
        page = self.deployment.with_user(self.owner).monitoring_page()
        self.assertIn(texts[-1], [message["text"] for message in page["messages"]])

    def test_a_rival_that_says_the_same_is_never_better(self):
        for week in range(2):
            self.week_with_odoo(week, 65)
            report = self.report(week)
        self.assertIn("Too early", self.line(report, "incumbent:brier").text)
        self.assertFalse(self.alerts())

    def test_another_version_begins_anew(self):
        self.week_with_odoo(0, 50)
        self.report(0)
        other = self.serve(self.deployment, self.card())
        self.assertEqual(LifetimePerformance(self.deployment, other).state(), {"version": other.id})

    def challenge(self, card):
        challenger = self.keep(self.deployment, card)
        with clock.at(NOW):
            self.deployment._assign_challenger(challenger, "test")
        return challenger

    def scored_by(self, challenger, leads, value_of):
        """As if the challenger had given these values, when it scored beside the serving version."""
        self.env.flush_all()
        self.env.cr.execute_values(
            "UPDATE ai_deployment_challenger_score line SET predicted_value = new.value"
            " FROM (VALUES %s) AS new (id, value) WHERE line.res_id = new.id AND line.version_id = "
            + str(challenger.id),
            [(lead.id, value_of(lead)) for lead in leads],
        )
        self.env.invalidate_all()

    def test_a_challenger_is_compared_on_what_both_scored_and_attempts_count(self):
        self.challenge(self.card(high=3.0))
        challenger = self.challenge(self.card(high=2.0))
        self.assertEqual(self.duel().challenger(), (challenger, 2))
        for week in range(2):
            usual, large = self.cohort(week, won=0.1, won_large=0.9)
            self.scored_by(challenger, usual + large, lambda lead: 0.9 if lead.expected_revenue > 9999 else 0.1)
            report = self.report(week)
        text = f"{challenger.name} was better on the same 240 records"
        self.assertEqual(set(report.line_ids.filtered(lambda li: li.key[:10] == "challenger").mapped("text")), {text})
        self.assertLess(self.line(report, "challenger:brier").high, 0)

    def test_only_first_scores_of_the_present_pair_are_compared(self):
        challenger = self.challenge(self.card(high=2.0))
        usual, large = self.cohort(0)
        self.env.flush_all()
        for column, value in (("is_first", False), ("serving_id", 0), ("predicted_value", None)):
            with self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(f"UPDATE ai_deployment_challenger_score SET {column} = %s", [value])  # pylint: disable=sql-injection
                start, end = NOW.date(), (NOW + WEEK).date()
                self.assertEqual(len(self.duel()._challenger_rows(challenger, start, end).ours), 0, column)
                savepoint.rollback()
        self.assertEqual(len(self.duel()._challenger_rows(challenger, start, end).ours), len(usual + large))

    def test_a_person_is_heard_once_about_a_record(self):
        usual, large = self.cohort(0)
        leads = usual + large
        self.env.cr.execute("UPDATE crm_lead SET won_status = 'pending' WHERE id = ANY(%s)", [leads.ids])
        for share, days in ((0.9, 2), (0.8, 9)):
            self.env.cr.execute(
                "UPDATE crm_lead SET automated_probability = 40, probability = %s WHERE id = ANY(%s)",
                [100 * share, leads.ids],
            )
            self.env.invalidate_all()
            self.deployment._score(leads, now=NOW + timedelta(days=days))
        self.close(leads, "won", NOW + timedelta(days=12))
        start, middle, end = NOW.date(), (NOW + WEEK).date(), (NOW + 2 * WEEK).date()
        with clock.at(NOW + timedelta(days=60)):
            self.assertEqual(len(self.duel().people_rows(start, middle).came_true), 120)
            self.assertEqual(len(self.duel().people_rows(middle, end).came_true), 0)

    def estimated_by_hand(self, leads, share):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET automated_probability = 40, probability = %s WHERE id = ANY(%s)",
            [100 * share, leads.ids],
        )
        self.env.invalidate_all()

    def test_an_estimate_by_hand_is_logged_once(self):
        lead = self.make_leads()
        self.env.cr.execute("UPDATE crm_lead SET automated_probability = 40, probability = 40 WHERE id = %s", [lead.id])
        self.env.invalidate_all()
        self.deployment._score(lead, now=NOW)
        self.assertFalse(any(self.inferences_of(lead).mapped("person_value")))
        self.estimated_by_hand(lead, 0.9)
        for minutes in (1, 2):
            self.deployment._score(lead, now=NOW + timedelta(minutes=minutes))
        self.assertEqual(sorted(self.inferences_of(lead).mapped("person_value")), [0.0, 0.9])

    def test_people_who_know_better_are_said_to(self):
        usual, large = self.cohort(0)
        leads = usual + large
        self.env.cr.execute("UPDATE crm_lead SET won_status = 'pending' WHERE id = ANY(%s)", [leads.ids])
        winners = usual[:30] + large[:48]
        self.estimated_by_hand(winners, 0.9)
        self.estimated_by_hand(leads - winners, 0.1)
        self.deployment._score(leads, now=NOW + timedelta(days=2))
        self.close(winners, "won", NOW + timedelta(days=20))
        self.close(leads - winners, "lost", NOW + timedelta(days=20))
        report = self.report(0)
        self.assertEqual(
            set(report.line_ids.filtered(lambda line: line.key.startswith("person:")).mapped("text")),
            {"Manual estimates were better on the same 120 records"},
        )
        self.assertFalse(self.alerts().filtered(lambda alert: "person" in alert.cause), "shown, not an alert")
