"""Figures of reviewing: who sees them, and what they say."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review.quality import ENOUGH, confirm_blindly, review_figures
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.review.common import DecisionCase


@tagged("post_install", "-at_install")
class TestReviewQuality(DecisionCase):
    def answered(self, person, count, overrides=0, seconds=10, **values):
        """So many decided reviews of `person`, as they stand in the database."""
        return self.env["ai.deployment.review"].create(
            [
                {
                    "deployment_id": self.deployment.id,
                    "company_id": self.env.company.id,
                    "res_model": "crm.lead",
                    "res_id": self.lead.id,
                    "opened_date": NOW,
                    "reason": "flagged",
                    "prediction": True,
                    "state": "decided",
                    "decision": "overridden" if number < overrides else "confirmed",
                    "ground_truth": "negative" if number < overrides else "positive",
                    "is_label": True,
                    "decided_by_id": person.id,
                    "decided_date": NOW,
                    "seconds_spent": seconds,
                    **values,
                }
                for number in range(count)
            ]
        )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.make_leads()

    def page(self, person):
        self.env.invalidate_all()
        return self.deployment.with_user(person).review_quality_html or ""

    def test_without_answers_there_is_nothing_to_show(self):
        self.assertFalse(self.page(self.owner))

    def test_figures_of_the_whole(self):
        self.answered(self.reviewer, 40, overrides=10, seconds=8)
        self.answered(self.colleague, 40, overrides=10, seconds=0)
        figures = review_figures(self.deployment)
        self.assertEqual(figures.everyone, {"answers": 80, "overrides": 20, "seconds": 8.0})
        page = self.page(self.owner)
        self.assertIn("80 by 2 people", page)
        self.assertIn("25 % (16 % to 36 %)", page)
        self.assertIn("8 seconds", page)

    def test_who_confirms_whatever_the_score_says_is_found(self):
        self.answered(self.reviewer, ENOUGH, overrides=0, seconds=2)
        self.answered(self.colleague, 60, overrides=20)
        figures = review_figures(self.deployment)
        self.assertEqual(confirm_blindly(figures.people), [self.reviewer.id])
        self.assertIn("1 of 2", self.page(self.owner))

    def test_under_thirty_answers_or_on_an_easier_mix_nobody_is_named(self):
        self.answered(self.reviewer, ENOUGH - 1, overrides=0, seconds=2)
        self.answered(self.colleague, 60, overrides=20)
        self.assertFalse(confirm_blindly(review_figures(self.deployment).people))
        # Asked only at random, where the others find nothing either.
        self.answered(self.owner, 60, reason="audit")
        self.answered(self.colleague, 60, reason="audit")
        self.assertFalse(confirm_blindly(review_figures(self.deployment).people))

    def test_agreement_is_counted_on_what_two_people_answered(self):
        first = self.answered(self.reviewer, 10, overrides=4)
        for number, one in enumerate(first):
            values = {"previous_id": one.id, "kind": "second_opinion"}
            self.answered(self.colleague, 1, overrides=int(number in (0, 1, 2, 9)), **values)
        pairs = review_figures(self.deployment).pairs
        self.assertEqual((pairs.pairs, round(pairs.share, 3), round(pairs.kappa, 3)), (10, 0.8, 0.583))
        page = self.page(self.owner)
        self.assertIn("80 % of 10 reviewed twice; agreement beyond chance 0.58 (", page)

    def test_a_time_that_nobody_knows_is_a_dash(self):
        self.answered(self.reviewer, 3, seconds=0)
        self.assertEqual(review_figures(self.deployment).people[self.reviewer.id]["seconds"], 0.0)
        self.assertNotIn("seconds (median)", self.page(self.owner))

    def test_what_a_hidden_score_changes(self):
        self.answered(self.reviewer, 20, overrides=10, is_blind=True)
        self.answered(self.colleague, 100, overrides=10)
        difference, low, high, hidden, shown = review_figures(self.deployment).blind
        self.assertAlmostEqual(difference, 0.4)
        self.assertTrue(0 < low < 0.4 < high)
        self.assertEqual((hidden, shown), (20, 100))
        self.assertIn("+40 points", self.page(self.owner))

    def test_old_and_withdrawn_answers_and_those_of_others_do_not_count(self):
        self.answered(self.reviewer, 5)
        self.answered(self.reviewer, 5, decided_date="2020-01-01")
        self.answered(self.reviewer, 5, decision="unsure", ground_truth=False)
        other = self.make_deployment(user_id=self.other_owner.id)
        self.answered(self.reviewer, 5, deployment_id=other.id)
        self.answered(self.reviewer, 1)._reopen()
        self.assertEqual(review_figures(self.deployment).everyone["answers"], 5)

    def test_figures_by_person_are_only_for_members_who_answer_for_it(self):
        self.answered(self.reviewer, 10)
        self.answered(self.colleague, 10)
        group = self.env.ref("ai_deployment.group_review_figures")
        name = self.colleague.name
        for person, sees in (
            (self.owner, True),
            (self.deputy, True),
            (self.manager, True),
            (self.auditor, True),
            (self.reviewer, False),
        ):
            with self.subTest(person=person.login):
                page = self.page(person)
                self.assertIs(bool(page), sees)
                self.assertNotIn(name, page)
                group.sudo().user_ids += person
                self.assertIs(name in self.page(person), sees)
                group.sudo().user_ids -= person

    def test_a_page_is_opened_with_few_queries_whatever_the_number_of_answers(self):
        self.answered(self.reviewer, 10, overrides=2)
        self.page(self.owner)
        self.answered(self.colleague, 100, overrides=20)
        self.env.flush_all()
        self.env.invalidate_all()
        review_figures(self.deployment)
        with self.assertQueryCount(3):
            review_figures(self.deployment)
