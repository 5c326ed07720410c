"""Similar past cases and look-alikes at the desk."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review.similar_cases import SimilarCases
from odoo.addons.ai_deployment.tests.review.common import DeskCase


@tagged("post_install", "-at_install")
class TestSimilarCases(DeskCase):
    def card_of(self, review, person=None):
        return self.desk(person).desk_card(review.id)

    def test_the_most_similar_cases_come_with_how_they_ended(self):
        alike, other = self.make_leads(2, name="Similar"), self.make_leads(expected_revenue=10, country_id=self.usa.id)
        for review in self.ask(alike + other):
            review.with_user(self.reviewer)._decide("overridden")
        won = self.make_leads(name="Won one")
        self.ask(won).with_user(self.reviewer)._decide("unsure")
        won.action_set_won()
        review = self.ask(self.make_leads(name="Now"))
        similar = self.card_of(review)["similar"]
        self.assertEqual({case["id"] for case in similar}, set((alike + won).ids))
        endings = {case["id"]: case["ending"] for case in similar}
        self.assertEqual(endings[won.id], "Won")
        self.assertEqual(endings[alike[0].id], "reviewed: will not win")
        self.assertEqual({case["share"] for case in similar}, {"100 %"})

    def test_similar_cases_are_of_readable_records_only(self):
        theirs = self.make_leads(5, name="Secret", user_id=self.other_seller.id)
        mine = self.make_leads(name="Own", user_id=self.selling_reviewer.id, expected_revenue=7000)
        for review in self.ask(theirs + mine):
            review.with_user(self.reviewer)._decide("confirmed")
        review = self.ask(self.make_leads(user_id=self.selling_reviewer.id))
        self.assertEqual([case["id"] for case in self.card_of(review, self.selling_reviewer)["similar"]], mine.ids)
        self.assertEqual(len(self.card_of(review)["similar"]), 3)

    def test_cases_of_another_version_are_not_compared(self):
        self.ask(self.make_leads()).with_user(self.reviewer)._decide("confirmed")
        self.serve(self.deployment, self.card())
        self.assertFalse(self.card_of(self.ask(self.make_leads()))["similar"])

    def test_a_record_that_could_not_be_scored_is_like_none(self):
        self.ask(self.make_leads()).with_user(self.reviewer)._decide("confirmed")
        review = self.ask(self.make_leads())
        self.assertTrue(self.card_of(review)["similar"])
        self.env.cr.execute("UPDATE ai_deployment_inference SET codes = NULL WHERE id = %s", review.inference_id.ids)
        self.env.invalidate_all()
        self.assertEqual(SimilarCases().find(review.with_user(self.reviewer)), [])

    def test_a_taken_back_answer_is_no_case(self):
        review = self.ask(self.make_leads())
        review.with_user(self.reviewer)._decide("confirmed")
        review.with_user(self.reviewer).action_undo()
        self.assertFalse(self.card_of(self.ask(self.make_leads()))["similar"])

    def test_look_alikes_ask_the_same_for_the_same_strongest_input(self):
        alike = self.make_leads(2, expected_revenue=20000)
        others = self.make_leads(expected_revenue=10, country_id=self.usa.id) + self.make_leads()
        reviews = self.ask(alike + others)
        action = self.desk().desk_look_alikes(reviews[0].id)
        found = self.env["ai.deployment.review"].search(action["domain"])
        self.assertEqual(found, reviews[:2])

    def test_look_alikes_are_of_readable_records_only(self):
        mine = self.make_leads(user_id=self.selling_reviewer.id)
        review = self.ask(mine + self.make_leads(user_id=self.other_seller.id))[0]
        action = self.desk(self.selling_reviewer).desk_look_alikes(review.id)
        self.assertEqual(action["domain"], [("id", "in", review.ids)])
