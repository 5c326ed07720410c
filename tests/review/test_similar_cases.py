"""Similar past cases and look-alikes at the desk."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.review.similar_cases import (
    AT_ONCE,
    LEAST_ALIKE,
    PastCase,
    SimilarCases,
    _by_likeness,
    look_alikes,
)
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

    def test_the_most_similar_come_first_in_pieces(self):
        """Codes of the three inputs; what two records share counts by the points of the one asked about."""
        inference = self.ask(self.make_leads(expected_revenue=20000, country_id=self.usa.id)).inference_id
        own, other = inference.codes, "00"  # 1.5 of 2 points for the revenue, .5 for the country, none for the source
        revenue, country, source = own[:2], own[2:4], own[4:]
        cases = [
            PastCase(1, other + country + source, "positive"),
            PastCase(2, revenue + other + other, "positive"),
            PastCase(3, own, "positive"),
            PastCase(4, own + other, "positive"),  # of another number of inputs
            PastCase(inference.res_id, own, "positive"),
            PastCase(5, revenue + country + other, "positive"),
        ]
        [found] = _by_likeness(inference, cases)
        self.assertEqual([(case.res_id, share) for case, share in found], [(3, 1.0), (5, 1.0), (2, 0.75)])
        self.assertGreater(LEAST_ALIKE, 0.25)
        pieces = list(_by_likeness(inference, [cases[2]] * (AT_ONCE + 1)))
        self.assertEqual([len(piece) for piece in pieces], [AT_ONCE, 1])
        self.assertEqual(list(_by_likeness(inference, cases[3:5])), [])

    def test_half_of_the_points_are_enough(self):
        self.serve(self.deployment, self.card(low=1.0, high=1.0))
        inference = self.ask(self.make_leads(expected_revenue=20000)).inference_id  # 1.0 each
        half = PastCase(1, inference.codes[:2] + "00" + inference.codes[4:], "positive")
        self.assertEqual([share for _case, share in next(_by_likeness(inference, [half]))], [0.5])

    def test_a_record_without_points_is_like_those_with_the_same_bins(self):
        inference = self.ask(self.make_leads(country_id=False)).inference_id
        same, other = PastCase(1, inference.codes, None), PastCase(2, "0f0f0f", None)
        self.assertEqual([case for case, _share in next(_by_likeness(inference, [other, same]))], [same])

    def test_an_ending_beats_an_answer_and_a_case_needs_one_of_them(self):
        answered, ended, open_ = self.make_leads(3)
        for review in self.ask(answered + ended + open_)[:2]:
            review.with_user(self.reviewer)._decide("confirmed")
        ended.action_set_lost()
        found = SimilarCases().find(self.ask(self.make_leads()).with_user(self.reviewer))
        self.assertEqual({case.res_id: case.is_positive for case in found}, {answered.id: True, ended.id: False})

    def test_look_alikes_of_what_failed_are_those_that_failed_alike(self):
        self.serve(self.deployment, self.card(required=("country_id",)))
        failed = self.ask(self.make_leads(2, country_id=False))
        scored = self.ask(self.make_leads())
        self.env.flush_all()
        self.assertEqual(set(look_alikes(failed[0].with_user(self.reviewer)).ids), set(failed.ids))
        self.assertEqual(look_alikes(scored.with_user(self.reviewer)), scored)
        scored.is_blind = True
        self.assertEqual(look_alikes(scored.with_user(self.reviewer)), scored)
