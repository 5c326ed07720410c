"""What people read about a held bill: the sentence, the list, the banner, the notification."""

from datetime import datetime, timedelta

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.gate.gate_sql import Verdict
from odoo.addons.ai_deployment.models.gate.wording import NAMED, banner, held_text, sentence
from odoo.addons.ai_deployment.tests.gate.common import GateCase


@tagged("post_install", "-at_install")
class TestWording(GateCase):
    def test_the_sentence_names_the_bill_why_and_what_to_do(self):
        bill = self.make_bill(ref="INV-7")
        with self.stopped("INV-7", "Vendor", "Looks unusual", "A reviewer was asked to review it"):
            bill.with_user(self.ann).action_post()
        with self.stopped(self.ben.name, "was asked to review it"):
            bill.with_user(self.ann).action_post()

    def test_a_long_list_is_cut(self):
        bills = self.env["account.move"].union(*(self.make_bill(ref=f"B{number:02}") for number in range(13)))
        with self.stopped("and 3 more"):
            bills._post()

    def test_where_another_dialog_follows_the_held_ones_stand_in_a_notification(self):
        later = self.make_bill(100, day=self.today + timedelta(days=5))
        risky = self.make_bill(ref="INV-7")
        action = (later + risky).action_validate_moves_with_confirmation()
        self.assertIn("INV-7", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_model"], "validate.account.move")

    def test_the_banner_says_it_and_leads_to_the_review(self):
        bill = self.make_bill()
        self.assertNotIn("ai_deployment_gate", bill.with_user(self.ann)._get_alerts())
        with self.stopped():
            bill.action_post()
        alert = bill.with_user(self.ann)._get_alerts()["ai_deployment_gate"]
        self.assertEqual(alert["level"], "danger")
        self.assertNotIn("action", alert)
        self.assertNotIn("unusual", alert["message"])
        alert = bill.with_user(self.ben)._get_alerts()["ai_deployment_gate"]
        self.assertEqual(alert["action"]["res_id"], self.review_of(bill).id)
        self.assertIn("Looks unusual", alert["message"])
        self.look(bill)
        self.assertNotIn("ai_deployment_gate", bill.with_user(self.ann)._get_alerts())


@tagged("post_install", "-at_install")
class TestWordsOfVerdicts(TransactionCase):
    def verdict(self, status="risky", gate="block", **values):
        return Verdict(1, 1, gate, status, **{"reason": "flagged", **values})

    def test_a_bill_without_a_score_says_why_there_is_none(self):
        kinds = dict(self.env["ai.deployment.review"]._fields["failure_type"]._description_selection(self.env))
        text = sentence(self.env, self.verdict("unscored", reason="failed", failure_type="missing_feature"))
        self.assertEqual(text, f"{kinds['missing_feature']}. Complete it, or have it passed with a reason.")

    def test_an_answer_is_told_with_who_gave_it_and_when(self):
        answered = {"is_answered": True, "decided_by_id": self.env.user.id, "decided_date": datetime(2026, 3, 2, 9)}
        name = self.env.user.name
        text = sentence(self.env, self.verdict("unusual", **answered))
        self.assertTrue(text.startswith(f"Reviewed by {name} on 03/02/2026: unusual."), text)
        text = sentence(self.env, self.verdict("risky", **answered))
        self.assertTrue(text.startswith(f"{name} answered “Cannot tell” on 03/02/2026."), text)

    def test_an_open_review_names_its_reviewer_where_there_is_one(self):
        why = dict(self.env["ai.deployment.review"]._fields["reason"]._description_selection(self.env))["flagged"]
        pool = f"{why}. A reviewer was asked to review it."
        for state, reviewer, text in (
            ("open", self.env.user.id, f"{why}. {self.env.user.name} was asked to review it."),
            ("open", None, pool),
            ("expired", self.env.user.id, pool),
        ):
            self.assertEqual(sentence(self.env, self.verdict(review_state=state, reviewer_id=reviewer)), text)

    def test_as_many_bills_are_named_as_there_is_room_for(self):
        bills = self.env["account.move"].create([{"move_type": "in_invoice"} for _number in range(NAMED + 1)])
        for count, lines, more in ((1, 2, False), (NAMED, NAMED + 1, False), (NAMED + 1, NAMED + 2, True)):
            held = {bill.id: self.verdict() for bill in bills[:count]}
            told = held_text(bills[:count], held).split("\n")
            self.assertEqual((len(told), told[-1] == "… and 1 more."), (lines, more))
            self.assertIn("it has" if count == 1 else "they have", told[0])
            self.assertIn("(no vendor)", told[1])

    def test_the_banner_is_as_grave_as_what_the_gate_does(self):
        held = self.verdict().status
        self.assertTrue(self.verdict(held).is_held)
        for gate, status, sees, level, text in (
            ("block", held, False, "danger", "has to be reviewed before posting"),
            ("warn", held, False, "warning", "A reviewer was asked to review this bill."),
            ("warn", "passed", False, "info", "A reviewer was asked to review this bill."),
            ("warn", "passed", True, "info", "It can still be posted."),
            ("warn", held, True, "warning", "A reviewer was asked to review it."),
        ):
            shown = banner(self.env, self.verdict(status, gate, sees_review=sees, review_id=7))
            self.assertEqual(shown["level"], level)
            self.assertIn(text, shown["message"])
            self.assertEqual(shown.get("action", {}).get("res_id"), 7 if sees else None)
        self.assertNotIn("action", banner(self.env, self.verdict(held, sees_review=True)), "there is no review")
