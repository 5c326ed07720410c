"""Leads: which outcome counts, what is known too late, what Odoo itself thinks."""

from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.verdicts import verdicts
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.review.common import ReviewCase

HORIZON = 60
CREATED = NOW - timedelta(days=100)


@tagged("post_install", "-at_install")
class TestCrmLead(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.horizon_days = HORIZON

    def lead(self, created=CREATED, won=None, lost=False, **values):
        """A lead that was created at `created` and won after `won` days, lost, or is still open."""
        lead = self.make_leads(**values)
        if won is not None:
            lead.action_set_won()
        if lost:
            lead.action_set_lost()
        self.env.flush_all()
        closed = created + timedelta(days=won) if won is not None else lead.date_closed
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s, date_closed = %s WHERE id = %s", [created, closed or None, lead.id]
        )
        lead.invalidate_recordset()
        return lead

    def rows(self, now=NOW):
        """{id: label} of what is learned from."""
        return {row[0]: row[2] for row in self.env["crm.lead"]._ai_training_rows(self.deployment, now)}

    def test_won_within_the_horizon_counts_as_won(self):
        for days, expected in ((0, True), (5, True), (HORIZON, True), (HORIZON + 1, False), (90, False)):
            lead = self.lead(won=days)
            with self.subTest(days=days):
                self.assertIs(self.rows()[lead.id], expected)

    def test_lost_and_still_open_count_as_not_won(self):
        lost, still_open = self.lead(lost=True), self.lead()
        self.assertFalse(lost.active)
        rows = self.rows()
        self.assertIs(rows[lost.id], False)
        self.assertIs(rows[still_open.id], False)

    def test_what_has_not_had_its_time_is_left_out(self):
        for age, included in ((HORIZON, True), (HORIZON + 1, True), (HORIZON - 1, False), (1, False)):
            created = NOW - timedelta(days=age)
            leads = self.lead(created=created, won=0), self.lead(created=created)
            with self.subTest(age=age):
                for lead in leads:
                    self.assertIs(lead.id in self.rows(), included)

    def test_a_won_lead_without_a_closing_date_counts_as_won(self):
        lead = self.lead(won=5)
        self.env.cr.execute("UPDATE crm_lead SET date_closed = NULL WHERE id = %s", [lead.id])
        self.assertIs(self.rows()[lead.id], True)

    def test_a_lead_that_was_reopened_is_not_won(self):
        lead = self.lead(won=5)
        lead.stage_id = self.env["crm.stage"].search([("is_won", "=", False)], limit=1)
        self.env.flush_all()
        self.assertEqual(lead.won_status, "pending")
        self.assertIs(self.rows()[lead.id], False)

    def test_rows_come_oldest_first_with_their_moment(self):
        new, old = self.lead(created=CREATED), self.lead(created=CREATED - timedelta(days=9))
        rows = self.env["crm.lead"]._ai_training_rows(self.deployment, NOW)
        rows = [row for row in rows if row[0] in (new + old).ids]
        self.assertEqual([row[:2] for row in rows], [(old.id, CREATED - timedelta(days=9)), (new.id, CREATED)])

    def test_only_records_of_the_deployment_are_learned_from(self):
        company = self.env["res.company"].create({"name": "Next door"})
        inside = self.lead(expected_revenue=5000)
        small = self.lead(expected_revenue=5)
        elsewhere = self.lead(company_id=company.id, user_id=False, team_id=False, expected_revenue=5000)
        shared = self.lead(company_id=False, user_id=False, team_id=False, expected_revenue=5000)
        self.deployment.domain = "[('expected_revenue', '>', 100)]"
        rows = self.rows()
        self.assertIn(inside.id, rows)
        self.assertIn(shared.id, rows)
        self.assertNotIn(small.id, rows)
        self.assertNotIn(elsewhere.id, rows)

    def test_what_comes_with_the_outcome_is_known_too_late(self):
        late = self.env["crm.lead"]._ai_fields_known_too_late()
        self.assertLessEqual(
            {
                "stage_id",
                "probability",
                "automated_probability",
                "won_status",
                "lost_reason_id",
                "active",
                "date_closed",
                "day_close",
                "date_last_stage_update",
                "prorated_revenue",
                "write_date",
                "partner_id",
            },
            late,
        )
        self.assertLessEqual(late, set(self.env["crm.lead"]._fields), "each is a field")
        self.assertFalse(late & {"expected_revenue", "country_id", "source_id", "create_date", "user_id", "team_id"})

    def test_odoos_own_opinion(self):
        first, second, third = self.make_leads(3)
        self.env.flush_all()
        for lead, probability in ((first, 37.5), (second, 0), (third, None)):
            self.env.cr.execute("UPDATE crm_lead SET automated_probability = %s WHERE id = %s", [probability, lead.id])
        self.env.invalidate_all()
        leads = first + second + third
        opinions = self.env.execute_query(
            SQL("SELECT id, %s FROM crm_lead WHERE id = ANY(%s)", leads._ai_incumbent_sql("crm_lead"), leads.ids)
        )
        self.assertEqual(dict(opinions), {first.id: 0.375, second.id: 0.0, third.id: None})

    def test_whose_lead_it_is(self):
        self.assertEqual(self.make_leads()._ai_responsible(), self.seller)
        self.assertFalse(self.make_leads(user_id=False)._ai_responsible())


@tagged("post_install", "-at_install")
class TestMergedLeads(ReviewCase):
    """What is asked about leads that are merged into another one, by Odoo's own merge."""

    def merge(self, head, tail, **options):
        """Merge `tail` into `head`, as a salesperson does."""
        head.sudo().stage_id = self.env["crm.stage"].search([], order="sequence desc", limit=1)  # the surest survives
        (tail.sudo() - head).stage_id = self.env["crm.stage"].search([], order="sequence", limit=1)
        self.env.invalidate_all()
        survivor = (head + tail).with_user(self.seller).merge_opportunity(**options)
        self.assertEqual(survivor, head)
        self.env.flush_all()
        self.env.invalidate_all()
        return survivor

    def test_an_open_question_follows_the_survivor(self):
        head, tail = self.make_leads(2)
        review = self.ask(tail)
        line = review.inference_id
        self.run_cron()
        self.merge(head, tail)
        self.assertFalse(tail.exists())
        self.assertEqual((review.state, review.res_id, review.inference_id), ("open", head.id, line))
        self.assertEqual(line.res_id, tail.id, "the log does not change")
        self.assertEqual(self.activities_of(review).user_id, self.reviewer)
        review.with_user(self.reviewer)._decide("confirmed")
        self.assertEqual(verdicts(self.deployment)[0], {head.id: True})
        self.assertIn("review by", head.message_ids[0].body)

    def test_one_question_is_enough(self):
        head, tail, other = self.make_leads(3)
        standing, gone, third = self.ask(head + tail + other)
        self.run_cron()
        self.merge(head, tail + other)
        self.assertEqual((standing + gone + third).mapped("state"), ["open", "expired", "expired"])
        self.assertTrue((standing + gone + third).exists(), "nothing is deleted")
        self.assertFalse(self.activities_of(gone + third))
        self.assertEqual(gone.res_id, tail.id)

    def test_of_two_that_are_merged_away_the_more_urgent_follows(self):
        head, tail, other = self.make_leads(3)
        first, second = self.ask(tail + other)
        second.priority = 1
        self.merge(head, tail + other)
        self.assertEqual((first.state, second.state, second.res_id), ("expired", "open", head.id))

    def test_labels_do_not_double(self):
        head, tail = self.make_leads(2)
        standing, gone = self.ask(head + tail)
        standing.with_user(self.reviewer)._decide("confirmed")
        with clock.at(NOW + timedelta(hours=1)):
            self.merge(head, tail)
            gone.with_user(self.reviewer)._decide("overridden")
            found = verdicts(self.deployment)[0]
        self.assertEqual(found, {head.id: False}, "one record, one label: the latest")

    def test_decided_questions_stay_where_they_are(self):
        head, tail = self.make_leads(2)
        review = self.ask(tail)
        review.with_user(self.reviewer)._decide("confirmed")
        self.merge(head, tail)
        self.assertEqual((review.res_id, review.is_label), (tail.id, True))
        self.assertFalse(self.reviews_of(head))

    def test_without_unlinking_it_is_the_same(self):
        head, tail = self.make_leads(2)
        review = self.ask(tail)
        self.merge(head, tail, auto_unlink=False)
        self.assertTrue(tail.exists())
        self.assertEqual((review.state, review.res_id), ("open", head.id))

    def test_the_sum_of_what_was_asked_stays_whole(self):
        head, tail = self.make_leads(2)
        self.ask(tail)
        tail.expected_revenue = 20000
        with clock.at(NOW + timedelta(hours=1)):
            self.deployment._score(tail)  # waits for an answer already, so that line has no question of its own
            self.merge(head, tail)
        rows = self.env["ai.deployment.ledger"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual([(row.requested, row.in_review, row.difference) for row in rows], [(2, 2, 0)])
