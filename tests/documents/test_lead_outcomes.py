"""Outcomes of leads; when they end is tested with the outcomes that are kept."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.lead_outcomes import LeadOutcomes
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.training.common import ClosedLeads

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestLeadOutcomes(ClosedLeads, AiDeploymentCase):
    """A lead won in time, one lost, one whose horizon has not passed, and one that is open."""

    def setUp(self):
        super().setUp()
        self.won, self.lost, self.young, self.open = leads = self.make_leads(4)
        self.won.expected_revenue = 7000
        for lead, days, is_won in ((self.won, 100, True), (self.lost, 90, False), (self.young, 10, True)):
            self.close(lead, NOW - days * DAY, NOW - (days - 5) * DAY, is_won)
        self.close(self.open, NOW - 80 * DAY, None, False)
        self.env.invalidate_all()
        self.deployment.domain = f"[('id', 'in', {leads.ids})]"
        self.outcomes = self.env["crm.lead"]._ai_outcomes(self.deployment)

    def test_the_horizon_says_what_can_be_learned_from(self):
        self.assertIs(type(self.outcomes), LeadOutcomes)
        rows = self.outcomes.training_rows(NOW)
        self.assertEqual(
            [(row[0], row[2]) for row in rows], [(self.won.id, True), (self.lost.id, False), (self.open.id, False)]
        )
        self.assertEqual(self.outcomes.counts(NOW), (1, 2))
        self.assertEqual(self.outcomes.counts(NOW, since=NOW - 25 * DAY), (0, 1))
        self.assertEqual(self.outcomes.to_come(NOW), [(True, NOW + 50 * DAY)])

    def test_ends(self):
        ends = self.outcomes.ends({self.won.id: None, self.open.id: None})
        self.assertEqual(ends[self.won.id], (NOW - 95 * DAY, True, NOW - 40 * DAY))
        self.assertEqual(ends[self.open.id][:2], (None, False))
        self.assertEqual(self.outcomes.latest_ends(), (NOW - 5 * DAY, NOW - 85 * DAY))
        self.assertEqual(self.outcomes.usual_amount(), 6000.0)
        self.won.expected_revenue = 0
        self.assertEqual(self.outcomes.usual_amount(), 5000.0, "one that nobody valued says nothing")
        self.won.expected_revenue = 1
        self.assertEqual(self.outcomes.usual_amount(), 2500.5)
        self.deployment.domain = f"[('id', '=', {self.open.id})]"
        self.assertEqual(self.outcomes.usual_amount(), 0.0)

    def test_how_long_they_take(self):
        found = sorted(self.outcomes.decided_after(NOW), key=lambda row: row[1])
        self.assertEqual(found, [(5.0, 10.0), (None, 80.0), (5.0, 90.0), (5.0, 100.0)])

    def test_of_more_than_fit_the_time_of_the_latest_counts_for_both_kinds(self):
        late, early = self.make_leads(2)
        self.close(late, NOW - 85 * DAY, None, False)
        self.close(early, NOW - 91 * DAY, None, False)
        self.deployment.domain = f"[('id', 'in', {(self.won + self.lost + self.young + self.open + late + early).ids})]"
        rows = self.outcomes.leak_rows(NOW, 2)  # two closed ones, and the two latest of three open ones
        self.assertEqual([row.res_id for row in rows], (self.young + self.open + late).ids)
        rows = self.outcomes.leak_rows(NOW, 3)
        self.assertEqual([row.res_id for row in rows], (self.young + self.lost + self.open + late + early).ids)
        self.assertEqual([row.age_days for row in rows], [5.0, 5.0, 80.0, 85.0, 91.0])
        self.assertEqual([row.label for row in rows], [True, False, False, False, False])
        self.assertEqual([row.created for row in rows][:2], [NOW - 10 * DAY, NOW - 90 * DAY])

    def test_compared_are_those_of_twice_the_horizon(self):
        self.assertEqual(self.deployment.horizon_days, 60)
        for days, found in ((120, self.won + self.young + self.open), (121, self.young + self.open)):
            self.close(self.won, NOW - days * DAY, NOW - 110 * DAY, True)
            self.close(self.lost, NOW - 150 * DAY, NOW - 100 * DAY, False)
            self.assertEqual({row.res_id for row in self.outcomes.leak_rows(NOW, 10)}, set(found.ids))
        self.deployment.horizon_days = 30  # a season at least
        for days, found in ((90, self.won + self.young + self.open), (91, self.young + self.open)):
            self.close(self.won, NOW - days * DAY, NOW - 50 * DAY, True)
            self.assertEqual({row.res_id for row in self.outcomes.leak_rows(NOW, 10)}, set(found.ids))

    def test_the_first_moment_of_a_lead_is_its_creation_and_one_lies_in_each_span_of_its_open_life(self):
        leads = self.make_leads(40)
        for lead in leads:
            self.close(lead, NOW - 300 * DAY, None, False)
        self.deployment.domain = f"[('id', 'in', {leads.ids})]"
        rows = self.outcomes.landmark_rows(NOW)
        ages = {}
        for res_id, began, moment, won in rows:
            ages.setdefault(res_id, []).append((moment - began) / DAY)
            self.assertFalse(won)
        self.assertEqual(set(ages), set(leads.ids))
        spans = list(zip(*ages.values(), strict=True))
        self.assertEqual(len(spans), 6)
        self.assertEqual(set(spans[0]), {0.0})
        for drawn, begin, until in zip(spans[1:], (0, 7, 14, 30, 60), (7, 14, 30, 60, 120), strict=True):
            self.assertTrue(begin <= min(drawn) < begin + (until - begin) / 3, drawn)
            self.assertTrue(until - (until - begin) / 3 < max(drawn) <= until, drawn)

    def test_moments_of_a_lead_end_with_its_life_and_count_from_there(self):
        lead, fast = self.make_leads(2)
        self.close(lead, NOW - 100 * DAY, NOW - 35 * DAY, True)
        self.close(fast, NOW - 60 * DAY, NOW - 60 * DAY, False)
        self.deployment.domain = f"[('id', 'in', {(lead + fast).ids})]"
        rows = self.outcomes.landmark_rows(NOW)
        self.assertEqual([row[:3] for row in rows if row[0] == fast.id], [(fast.id, NOW - 60 * DAY, NOW - 60 * DAY)])
        mine = [row for row in rows if row[0] == lead.id]
        self.assertTrue(all(moment <= NOW - 60 * DAY for *_row, moment, _won in mine), "the horizon has passed")
        self.assertTrue(4 <= len(mine) <= 5)
        for _lead, _began, moment, won in mine:
            self.assertEqual(won, moment >= NOW - 95 * DAY, "won within 60 days from there")
        self.assertEqual({won for *_row, won in mine}, {True, False})

    def test_of_a_lead_that_was_reopened_only_the_time_to_its_first_end_counts_and_of_one_merged_the_time_since(self):
        again, merged = self.make_leads(2)
        for lead in again + merged:
            self.close(lead, NOW - 300 * DAY, None, False)
        self.deployment.domain = f"[('id', 'in', {(again + merged).ids})]"
        message = self.env["mail.message"].create({"model": "crm.lead", "res_id": again.id, "date": NOW - 286 * DAY})
        field = self.env["ir.model.fields"]._get("crm.lead", "won_status")
        self.env["mail.tracking.value"].create({"mail_message_id": message.id, "field_id": field.id})
        gone = self.make_leads()
        with clock.at(NOW - 286 * DAY):
            self.env["ai.deployment.outcome"]._keep("crm.lead", {gone.id: "merged"}, survivor=merged)
        moments = {res_id: [] for res_id in (again + merged).ids}
        for res_id, _began, moment, _won in self.outcomes.landmark_rows(NOW):
            moments[res_id].append(moment < NOW - 286 * DAY)
        self.assertEqual(moments, {again.id: [True] * 3, merged.id: [False] * 3})

    def test_without_an_open_one_closed_ones_of_whichever_time_count(self):
        self.deployment.domain = f"[('id', 'in', {(self.won + self.lost).ids})]"
        self.close(self.won, NOW - 900 * DAY, NOW - 890 * DAY, True)
        self.assertEqual([row.res_id for row in self.outcomes.leak_rows(NOW, 10)], (self.lost + self.won).ids)
        self.env.cr.execute("UPDATE crm_lead SET date_closed = NULL WHERE id = %s", [self.lost.id])
        self.env.invalidate_all()
        ages = [row.age_days for row in self.outcomes.leak_rows(NOW, 10)]
        self.assertEqual(ages, [0.0, 10.0], "nobody knows when it ended")

    def test_closed_ones_of_whichever_time_latest_first(self):
        self.assertEqual([row.res_id for row in self.outcomes.closed_rows(NOW, 2)], (self.young + self.lost).ids)
        self.close(self.won, NOW - 900 * DAY, NOW - 890 * DAY, True)
        rows = self.outcomes.closed_rows(NOW, 10)
        self.assertEqual([row.res_id for row in rows], (self.young + self.lost + self.won).ids)
        self.assertEqual([row.label for row in rows], [True, False, True])

    def test_the_share_that_was_edited_after_closing(self):
        def edited(lead, moment):
            message = self.env["mail.message"].create({"model": "crm.lead", "res_id": lead.id, "date": moment})
            field = self.env["ir.model.fields"]._get("crm.lead", "expected_revenue")
            values = {"mail_message_id": message.id, "field_id": field.id, "old_value_float": 1, "new_value_float": 2}
            self.env["mail.tracking.value"].create(values)

        share = self.outcomes.edited_after_closing
        ids = (self.won + self.lost).ids
        edited(self.won, NOW - 95 * DAY + timedelta(minutes=60))
        self.assertEqual(share("expected_revenue", ids), 0.0, "what is changed while closing is no edit")
        for _twice in range(2):
            edited(self.won, NOW - 95 * DAY + timedelta(minutes=61))
        self.assertEqual(share("expected_revenue", ids), 0.5)
        self.assertEqual(share("expected_revenue", []), 0.0)
        self.assertEqual(share("city", ids), 0.0, "nobody tracks it")

    def test_closed_and_open_ones_of_the_same_time(self):
        rows = self.outcomes.leak_rows(NOW, 10)
        self.assertEqual([(row.res_id, row.closed) for row in rows if not row.closed], [(self.open.id, False)])
        self.assertEqual({row.res_id for row in rows if row.closed}, set((self.won + self.lost + self.young).ids))
