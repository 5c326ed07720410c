"""What was on the screen: stored, masked, and refused where it is absurd."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.review.screen import MOST_SEEN
from odoo.addons.ai_deployment.models.scoring.ai_deployment_inference import MASKED
from odoo.addons.ai_deployment.tests.common import QUIET
from odoo.addons.ai_deployment.tests.review.common import ReviewCase


@tagged("post_install", "-at_install")
class TestScreen(ReviewCase):
    def decide_seeing(self, **seen):
        review = self.ask(self.make_leads())
        review.with_user(self.reviewer)._decide("confirmed", seen=seen)
        return review

    def test_what_was_seen_is_kept_with_what_the_server_knows(self):
        review = self.decide_seeing(score=True, similar=[1, 2])
        self.assertEqual(
            review.sudo().screen_context,
            {
                "screen": {"score": True, "similar": [1, 2]},
                "version": self.version.id,
                "inference": review.inference_id.id,
                "reason": "low_confidence",
                "blind": False,
            },
        )
        text = review.with_user(self.owner).screen_context_text
        for words in ("Score shown", "Similar cases: 1, 2", "Expected Revenue: 5,000"):
            self.assertIn(words, text)

    def test_nobody_reads_the_raw_one_and_few_read_it_in_words(self):
        review = self.decide_seeing(score=True)
        self.env.invalidate_all()
        for person in (self.owner, self.reviewer, self.auditor, self.env.ref("base.user_admin")):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                review.with_user(person).read(["screen_context"])
        for person, reads in ((self.owner, True), (self.deputy, True), (self.auditor, True), (self.reviewer, False)):
            self.env.invalidate_all()
            with self.subTest(person=person.login):
                self.assertIs(bool(review.with_user(person).screen_context_text), reads)

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
            text = review.with_user(person).screen_context_text
            with self.subTest(person=person.login):
                self.assertIs("▲ Expected Revenue 5,000" in text, shown)
                self.assertIs("Secret Ltd" in text, shown)
                self.assertIs(MASKED in text, not shown)
                self.assertIn("Score: 0.5", text)
        self.assertNotIn("5,000", review.with_user(self.auditor).screen_context_text)

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
            with self.subTest(seen=type(seen)), self.assertRaisesRegex(UserError, "reload the page"):
                review.with_user(self.reviewer)._decide("confirmed", seen=seen)
            self.assertEqual(review.state, "open")

    def test_an_answer_needs_no_screen(self):
        review = self.ask(self.make_leads())
        review.with_user(self.reviewer)._decide("confirmed")
        self.assertEqual(review.sudo().screen_context["screen"], {})
