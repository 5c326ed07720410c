"""Reasons for an answer, and what was on the screen: what is kept, what is refused, who reads it."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.ai_deployment.models.review.screen import MOST_SEEN
from odoo.addons.ai_deployment.models.scoring.ai_deployment_inference import MASKED
from odoo.addons.ai_deployment.tests.common import QUIET
from odoo.addons.ai_deployment.tests.review.test_ai_deployment_review import ReviewCase


@tagged("post_install", "-at_install")
class TestReviewAnswer(ReviewCase):
    def reason(self, deployment=None, **values):
        return self.env["ai.deployment.review.answer"].create(
            {"deployment_id": (deployment or self.deployment).id, "name": "Because", **values}
        )

    # The list

    def test_a_deployment_begins_with_the_reasons_of_its_documents(self):
        bills = self.make_deployment(
            model_id=self.env["ir.model"]._get("account.move").id, method="anomaly", features=[]
        )
        self.assertIn("I talked to them", self.deployment.answer_ids.mapped("name"))
        self.assertIn("Billed twice", bills.answer_ids.mapped("name"))
        self.assertFalse(set(bills.answer_ids.mapped("name")) == set(self.deployment.answer_ids.mapped("name")))

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
        with self.assertRaisesRegex(UserError, "belongs to its deployment"):
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

    # With an answer

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
            (self.reason(other), "x", "a reason of another deployment"),
            (self.reason(active=False), "x", "not in use any more"),
            (self.reason(decision="overridden"), "x", "no reason for this answer"),
            (self.reason(asks_text=True), "", "asks for a few words"),
            (self.reason(asks_text=True), "  \n", "asks for a few words"),
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

    # What was on the screen

    def decide_seeing(self, **seen):
        review = self.ask(self.make_leads())
        review.with_user(self.reviewer)._decide("confirmed", seen=seen)
        return review

    def test_what_was_seen_is_kept_with_what_the_server_knows(self):
        review = self.decide_seeing(score=True, similar=[1, 2])
        self.assertEqual(
            review.sudo().seen,
            {
                "screen": {"score": True, "similar": [1, 2]},
                "version": self.version.id,
                "inference": review.inference_id.id,
                "reason": "low_confidence",
                "blind": False,
            },
        )
        text = review.with_user(self.owner).seen_text
        for words in ("Score shown", "Similar cases: 1, 2", "Expected Revenue: 5,000"):
            self.assertIn(words, text)

    def test_nobody_reads_the_raw_one_and_few_read_it_in_words(self):
        review = self.decide_seeing(score=True)
        self.env.invalidate_all()
        for person in (self.owner, self.reviewer, self.auditor, self.env.ref("base.user_admin")):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                review.with_user(person).read(["seen"])
        for person, reads in ((self.owner, True), (self.deputy, True), (self.auditor, True), (self.reviewer, False)):
            self.env.invalidate_all()
            with self.subTest(person=person.login):
                self.assertIs(bool(review.with_user(person).seen_text), reads)

    def test_what_a_browser_tells_is_masked_like_the_inputs(self):
        review = self.decide_seeing(why="▲ Expected Revenue 5,000", similar=["Secret Ltd"], score=0.5)
        trusted = new_test_user(
            self.env,
            "ai_trusted",
            context=QUIET,
            groups="ai_deployment.group_owner,ai_deployment.group_sensitive,sales_team.group_sale_salesman_all_leads",
        )
        for person, shown in ((self.owner, False), (self.auditor, False), (trusted, True)):
            if shown:
                self.deployment.deputy_id = trusted
            self.env.invalidate_all()
            text = review.with_user(person).seen_text
            with self.subTest(person=person.login):
                self.assertIs("▲ Expected Revenue 5,000" in text, shown)
                self.assertIs("Secret Ltd" in text, shown)
                self.assertIs(MASKED in text, not shown)
                self.assertIn("Score: 0.5", text)
        self.assertNotIn("5,000", review.with_user(self.auditor).seen_text)

    def test_absurd_input_is_refused_and_loses_nothing(self):
        review = self.ask(self.make_leads())
        deep = []
        for _level in range(100000):
            deep = [deep]
        for seen in (
            {"why": "x" * (MOST_SEEN + 1)},
            ["a list"],
            "text",
            5,
            {"when": self.env.cr.now()},
            {"score": float("nan")},
            {"deep": deep},
            {1: object()},
            {"bad\x00": "\x00"},
            {"half": "\ud800"},
        ):
            self.env.invalidate_all()
            with self.subTest(seen=type(seen)), self.assertRaisesRegex(UserError, "load the page again"):
                review.with_user(self.reviewer)._decide("confirmed", seen=seen)
            self.assertEqual(review.state, "open")

    def test_an_answer_needs_no_screen(self):
        review = self.ask(self.make_leads())
        review.with_user(self.reviewer)._decide("confirmed")
        self.assertEqual(review.sudo().seen["screen"], {})
