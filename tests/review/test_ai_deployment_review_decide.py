"""The wizard that asks what is wrong before an answer of the model is overridden."""

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestReviewDecide(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.min_confidence = 1.0
        cls.leads = cls.make_leads(2, expected_revenue=20000)
        cls.deployment._score(cls.leads, now=NOW)
        cls.reviews = cls.env["ai.deployment.review"].search([("res_id", "in", cls.leads.ids)])

    def wizard(self, reviews):
        action = reviews.action_override()
        return Form(self.env[action["res_model"]].with_user(reviews.env.user).with_context(**action["context"]))

    def test_overriding_asks_why(self):
        form = self.wizard(self.reviews[0].with_user(self.reviewer))
        self.assertEqual(form.decision, "overridden")
        form.note = "They went bankrupt."
        form.save().action_decide()
        review = self.reviews[0]
        self.assertEqual(
            (review.state, review.decision, review.ground_truth, review.note),
            ("decided", "overridden", "negative", "They went bankrupt."),
        )
        self.assertEqual(review.decided_by_id, self.reviewer)
        self.assertEqual(self.reviews[1].state, "open")

    def test_several_are_decided_at_once(self):
        form = self.wizard(self.reviews.with_user(self.reviewer))
        form.decision = "confirmed"
        form.save().action_decide()
        self.assertEqual(self.reviews.mapped("ground_truth"), ["positive", "positive"])

    def test_the_wizard_decides_no_more_than_its_user_may(self):
        self.env.invalidate_all()
        for person in (self.other_owner, self.manager):
            wizards = self.env["ai.deployment.review.decide"].with_user(person)
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                wizards.create({"review_ids": [(6, 0, self.reviews.ids)], "decision": "confirmed"}).action_decide()
        with self.assertRaises(AccessError):
            self.env["ai.deployment.review.decide"].with_user(self.seller).create({"decision": "confirmed"})
        self.assertEqual(set(self.reviews.mapped("state")), {"open"})

    def test_the_wizard_of_one_reviewer_is_not_for_another(self):
        wizard = (
            self.env["ai.deployment.review.decide"]
            .with_user(self.reviewer)
            .create({"review_ids": [(6, 0, self.reviews.ids)], "note": "Between us"})
        )
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            wizard.with_user(self.other_owner).read(["note"])
        with self.assertRaises(AccessError):
            wizard.with_user(self.other_owner).decision = "confirmed"
