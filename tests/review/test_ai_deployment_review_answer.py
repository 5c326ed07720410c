"""Reasons for an answer: the list of a deployment, and the reason that is given."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.ai_deployment.tests.review.common import ReviewCase


@tagged("post_install", "-at_install")
class TestReviewAnswer(ReviewCase):
    def reason(self, deployment=None, **values):
        return self.env["ai.deployment.review.answer"].create(
            {"deployment_id": (deployment or self.deployment).id, "name": "Reason", **values}
        )

    def test_a_deployment_begins_with_the_reasons_of_its_documents(self):
        bills = self.make_deployment(
            model_id=self.env["ir.model"]._get("account.move").id, method="anomaly", features=[]
        )
        self.assertIn("I talked to them", self.deployment.answer_ids.mapped("name"))
        self.assertIn("Billed twice", bills.answer_ids.mapped("name"))
        self.assertFalse(set(bills.answer_ids.mapped("name")) == set(self.deployment.answer_ids.mapped("name")))

    def test_its_own_reasons_are_told_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations("de_DE")
        deployment = self.make_deployment(name="Made in German", user_id=self.owner.id)
        german = self.env["ai.deployment"].with_context(lang="de_DE").browse(deployment.id)
        self.assertIn("Kein Budget", german.answer_ids.mapped("name"))
        self.assertIn("No budget", deployment.answer_ids.mapped("name"))
        budget = deployment.answer_ids.filtered(lambda answer: answer.code == "no_budget")
        budget.name = "No money this year"
        self.assertEqual(german.browse(deployment.id).answer_ids.browse(budget.id).name, "No money this year")
        self.assertEqual(set(deployment.copy().answer_ids.mapped("name")), set(deployment.answer_ids.mapped("name")))
        budget.with_context(lang="de_DE").name = "Kein Budget"  # the words of the addon again
        self.assertEqual(budget.name, "No budget")

    def test_a_copy_takes_the_reasons_over_and_no_second_set(self):
        self.deployment.answer_ids = [Command.clear(), Command.create({"name": "Ours"})]
        self.assertEqual(self.deployment.copy().answer_ids.mapped("name"), ["Ours"])

    def test_those_who_answer_for_it_edit_the_list(self):
        for person in (self.owner, self.deputy, self.manager):
            self.env.invalidate_all()
            self.deployment.with_user(person).answer_ids = [Command.create({"name": person.login})]
            self.assertIn(person.login, self.deployment.answer_ids.mapped("name"))
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.deployment.answer_ids[0].with_user(self.reviewer).name = "Mine"

    def test_a_reason_stays_with_its_deployment(self):
        other = self.make_deployment(user_id=self.other_owner.id)
        with self.assertRaisesRegex(UserError, "cannot be moved to another deployment"):
            self.reason().deployment_id = other

    def test_a_used_reason_is_archived_and_an_unused_one_deleted(self):
        used, unused = self.reason(), self.reason()
        review = self.ask(self.make_leads())
        review.with_user(self.reviewer)._decide("confirmed", answer=used)
        self.env.flush_all()
        (used + unused).with_user(self.owner).unlink()
        self.assertTrue(used.exists())
        self.assertFalse(used.active)
        self.assertFalse(unused.exists())
        self.assertEqual(review.answer_id, used)

    def test_a_reason_is_kept_with_the_answer_and_told_on_the_record(self):
        lead = self.make_leads()
        review, reason = self.ask(lead), self.reason(name="They moved")
        review.with_user(self.reviewer)._decide("overridden", note="To Ghent.", answer=reason)
        self.assertEqual(review.answer_id, reason)
        self.assertIn("They moved: To Ghent.", lead.message_ids[0].body)

    def test_a_reason_that_does_not_fit_is_refused(self):
        other = self.make_deployment(user_id=self.other_owner.id)
        review = self.ask(self.make_leads())
        for reason, note, sentence in (
            (self.reason(other), "x", "answer reason belongs to another deployment"),
            (self.reason(active=False), "x", "is archived"),
            (self.reason(decision="overridden"), "x", "not a reason for this answer"),
            (self.reason(asks_text=True), "", "requires a note"),
            (self.reason(asks_text=True), "  \n", "requires a note"),
        ):
            self.env.invalidate_all()
            with self.subTest(sentence=sentence), self.assertRaisesRegex(UserError, sentence):
                review.with_user(self.reviewer)._decide("confirmed", note=note, answer=reason)
            self.assertEqual((review.state, review.answer_id.ids), ("open", []))
        fitting = self.reason(asks_text=True, decision="confirmed")
        review.with_user(self.reviewer)._decide("confirmed", note="Words.", answer=fitting)
        self.assertEqual(review.answer_id, fitting)

    def test_the_dialog_asks_for_reason_and_words(self):
        reviews = self.ask(self.make_leads(2)).with_user(self.reviewer)
        reason = self.reason(decision="overridden", asks_text=True)
        action = reviews.action_override()
        form = Form(self.env[action["res_model"]].with_user(self.reviewer).with_context(**action["context"]))
        form.answer_id = reason.with_user(self.reviewer)
        with self.assertRaises(AssertionError):
            form.save()  # words are required
        form.note = "Both of them."
        form.decision = "confirmed"
        self.assertFalse(form.answer_id, "a reason for the other answer")
        form.decision = "overridden"
        form.answer_id = reason.with_user(self.reviewer)
        form.save().action_decide()
        self.assertEqual(reviews.mapped("decision"), ["overridden"] * 2)
        self.assertEqual(reviews.answer_id, reason)
