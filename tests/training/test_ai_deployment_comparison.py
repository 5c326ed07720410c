"""A comparison is carried out by a scheduled action, ends in a sentence where it cannot be, and is for who decides."""

from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.replay import Replay
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.training.challenger_common import LATER, ChallengerCase


@tagged("post_install", "-at_install")
class TestComparison(ChallengerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.close(cls.large[:-5] + cls.small[:5], "won")
        cls.close(cls.small[5:] + cls.large[-5:], "lost")

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(LATER))

    def asked(self):
        action = self.deployment.with_user(self.owner).action_compare()
        return self.env["ai.deployment.comparison"].browse(action["res_id"])

    def test_it_shows_both_side_by_side(self):
        comparison = self.asked()
        self.assertEqual((comparison.state, comparison.user_id), ("waiting", self.owner))
        self.assertEqual(self.asked(), comparison, "one is open at a time")
        self.work()
        self.assertEqual((comparison.state, comparison.result_text), ("done", False))
        self.assertIn("No verdict yet", comparison.summary)
        page = comparison.with_user(self.owner).page_html
        for text in (
            "120 records that neither version has learned from, 60 of them came true",
            "Version 1 (serving)",
            "Version 2 (challenger)",
            "AUC",
            "Precision among the highest",
            "<svg",
            "Expected Revenue",
            "Worst Regressions",
            f"/odoo/crm.lead/{self.small[0].id}",
            "No verdict yet",
        ):
            self.assertIn(text, page)

    def test_records_that_the_reader_may_not_read_are_not_named(self):
        comparison = self.asked()
        self.work()
        page = comparison.with_user(self.auditor).page_html
        self.assertNotIn("/odoo/crm.lead/", page)

    def test_without_outcomes_it_says_what_would_change(self):
        self.env.cr.execute("UPDATE crm_lead SET won_status = 'pending', date_closed = NULL, create_date = %s", [LATER])
        self.env.invalidate_all()
        comparison = self.asked()
        self.work()
        page = comparison.with_user(self.owner).page_html
        self.assertIn("Too few outcomes: 0 records", page)
        self.assertIn("Of the latest 120 records", page)
        self.assertNotIn("<svg", page)

    def test_no_challenger_ends_in_a_sentence(self):
        self.deployment.with_user(self.owner).action_withdraw_challenger()
        for name in ("action_compare", "action_view_comparison"):
            with self.assertRaisesRegex(UserError, "has no challenger: open a version"):
                getattr(self.deployment.with_user(self.owner), name)()
        with self.assertRaisesRegex(UserError, "has no challenger"):
            self.deployment.with_user(self.owner).action_withdraw_challenger()

    def test_a_promotion_ends_what_waits(self):
        comparison = self.asked()
        self.challenger.with_user(self.owner).action_promote()
        self.assertEqual(comparison.state, "promoted")
        self.assertIn("Version 2 was made the serving version meanwhile", comparison.result_text)

    def test_a_promotion_while_it_is_replayed_keeps_no_result(self):
        comparison, run = self.asked(), Replay.run

        def promoted(replay):
            found = run(replay)
            replay.deployment._assign_champion(replay.challenger, "meanwhile")
            return found

        with patch.object(Replay, "run", promoted):
            self.work()
        self.assertEqual((comparison.state, comparison.result), ("promoted", False))
        self.assertIn("meanwhile", comparison.result_text)

    def test_a_challenger_that_is_withdrawn_ends_what_waits(self):
        comparison = self.asked()
        self.deployment.with_user(self.owner).action_withdraw_challenger()
        self.assertEqual(comparison.state, "ended")

    def test_a_fault_ends_it_without_a_value(self):
        comparison = self.asked()
        with (
            patch.object(Replay, "run", side_effect=ZeroDivisionError("secret")),
            self.assertLogs("odoo.addons.ai_deployment", "ERROR") as told,
        ):
            self.work()
        self.assertNotIn("secret", str(told.output))
        self.assertEqual(comparison.state, "failed")
        self.assertIn("The comparison failed: ZeroDivisionError", comparison.result_text)
        self.assertEqual(comparison.summary, comparison.result_text)
        self.assertNotIn("secret", comparison.result_text)

    def test_its_buttons_follow_the_pair_of_now(self):
        comparison = self.asked()
        self.work()
        comparison.with_user(self.owner).action_promote_challenger()
        self.assertEqual(self.deployment.champion_id, self.challenger)
        self.deployment._assign_challenger(self.version, "test")
        for name in ("action_promote_challenger", "action_withdraw_challenger"):
            with self.assertRaisesRegex(UserError, "is not the challenger any more"):
                getattr(comparison.with_user(self.owner), name)()
        self.assertEqual(self.deployment.challenger_id, self.version)

    def test_promotion_is_highlighted_only_where_the_verdict_is_better(self):
        comparison = self.asked().with_user(self.owner)
        self.work()
        buttons = etree.fromstring(comparison.get_view(view_type="form")["arch"]).xpath(
            "//button[@name='action_promote_challenger']"
        )
        for verdict in (False, "same", "inconclusive", "worse", "better"):
            with self.subTest(verdict=verdict):
                self.assignment().verdict = verdict
                names = ("state", "is_challenging", "is_better", "may_decide")
                values = comparison.read(names)[0]
                shown = [each for each in buttons if not safe_eval(each.get("invisible"), values)]
                highlighted = [each.get("class") == "btn-primary" for each in shown]
                self.assertEqual(highlighted, [verdict == "better"])

    def test_a_reviewer_reads_the_deployment_all_the_same(self):
        self.asked()
        names = list(self.deployment.with_user(self.reviewer).fields_get())
        self.assertTrue(self.deployment.with_user(self.reviewer).read(names))
        self.assertNotIn("comparison_ids", names)

    def test_a_new_challenger_is_compared_by_itself(self):
        other = self.keep(self.deployment, self.card(low=-2.0))
        action = other.with_user(self.deputy).action_challenge()
        self.assertEqual(action["res_model"], "ai.deployment.comparison")
        self.assertEqual(self.deployment.challenger_id, other)
        ended = self.deployment.assignment_ids.filtered(lambda one: one.version_id == self.challenger)
        self.assertEqual((ended.end_date, ended.end_reason), (LATER, "Version 3 is the challenger now."))
        comparison = self.deployment.comparison_ids[:1]
        self.assertEqual((comparison.challenger_id, comparison.state), (other, "waiting"))

    def test_only_its_people_see_and_steer_it(self):
        comparison = self.asked()
        self.work()
        for user in (self.seller, self.reviewer, self.other_owner, self.accountant):
            for call in (
                lambda user=user: comparison.with_user(user).read(["result_text", "page_html"]),
                lambda user=user: comparison.with_user(user).action_promote_challenger(),
                lambda user=user: comparison.with_user(user).action_withdraw_challenger(),
                lambda user=user: comparison.with_user(user).action_compare_again(),
                lambda user=user: self.deployment.with_user(user).action_compare(),
                lambda user=user: self.deployment.with_user(user).action_view_comparison(),
                lambda user=user: self.deployment.with_user(user).action_withdraw_challenger(),
                lambda user=user: self.challenger.with_user(user).action_challenge(),
                lambda user=user: self.challenger.with_user(user).action_promote(),
            ):
                with self.assertRaises(AccessError):
                    call()
        for user in (self.owner, self.deputy, self.manager, self.auditor):
            self.assertTrue(comparison.with_user(user).read(["page_html"]))
            with self.assertRaises(AccessError):
                comparison.with_user(user).read(["result"])
        for values in ({"state": "done"}, {"result": {}}, {"challenger_id": self.version.id}):
            for user in (self.owner, self.manager):
                with self.assertRaises(AccessError):
                    comparison.with_user(user).write(values)
        with self.assertRaises(AccessError):
            comparison.with_user(self.manager).unlink()
        with self.assertRaises(AccessError):
            self.env["ai.deployment.comparison"].with_user(self.owner).create({"deployment_id": self.deployment.id})

    def test_a_retired_deployment_and_the_serving_version_take_no_challenger(self):
        with self.assertRaisesRegex(UserError, "is the serving version"):
            self.version.with_user(self.owner).action_challenge()
        other = self.make_deployment(is_primary=False)
        with self.assertRaisesRegex(UserError, "another deployment"):
            other._assign_challenger(self.challenger, "test")
        self.assertEqual(self.deployment.version_at(NOW), {self.deployment.id: self.version.id})
