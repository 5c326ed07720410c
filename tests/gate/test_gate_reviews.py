"""A held bill has one open review and one line in the log, whoever asks how often."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestGateReviews(GateCase):
    def test_pressing_again_asks_nobody_again(self):
        bill = self.make_bill().with_user(self.ann)
        for _time in range(3):
            with self.stopped():
                bill.action_post()
        self.assertEqual(len(self.reviews_of(bill)), 1)
        self.assertEqual(self.kinds(bill), ["held"])

    def test_a_risky_bill_without_a_review_gets_one(self):
        self.gate.write({"routing": "capacity", "reviews_per_day": 0})
        bill = self.make_bill()
        with self.stopped():
            bill.action_post()
        self.assertEqual((self.review_of(bill).state, self.review_of(bill).reason), ("open", "flagged"))

    def test_a_default_in_the_context_answers_no_question(self):
        self.gate.write({"routing": "capacity", "reviews_per_day": 0})
        bill = self.make_bill().with_user(self.ann)
        forged = {
            "default_state": "decided",
            "default_decision": "overridden",
            "default_ground_truth": "negative",
            "default_decided_by_id": self.ben.id,
            "default_is_label": True,
            "default_kind": "passed",
            "default_reviewer_id": self.ann.id,
            "default_is_assigned": True,
            "default_waiver_id": 1,
            "active_test": False,
            "disable_abnormal_invoice_detection": False,
        }
        for _time in range(2):
            bill.with_context(**forged).action_post()
        review = self.review_of(bill)
        self.assertEqual((bill.state, review.state, review.reviewer_id), ("draft", "open", self.ben))
        self.assertFalse(review.ground_truth or review.is_label)
        self.assertEqual(self.kinds(bill), ["held"])

    def test_an_open_second_opinion_gives_way_to_the_question_about_a_changed_bill(self):
        bill = self.make_bill()
        opinion = self.look(bill).sudo()._follow("second_opinion", is_assigned=True, reviewer_id=self.gate_owner.id)
        bill.invoice_line_ids.price_unit = 90000
        with self.stopped():
            bill.action_post()
        self.assertEqual((opinion.state, self.review_of(bill).state), ("expired", "open"))
