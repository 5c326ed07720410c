"""Vendor bills: which moves are bills, what Odoo itself warns of, and that scoring leaves them untouched."""

from datetime import date, datetime

from odoo import Command
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase, probability


@tagged("post_install", "-at_install")
class TestAccountMove(AiDeploymentCase):
    """A deployment on bills whose card knows amounts only: the higher, the more unusual."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        journals = cls.env["account.journal"].search(cls.env["account.journal"]._check_company_domain(cls.env.company))
        if "purchase" not in journals.mapped("type"):
            cls.env["account.chart.template"].try_loading("generic_coa", cls.env.company, install_demo=False)
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.other_vendor = cls.env["res.partner"].create({"name": "Other vendor"})
        cls.bills = cls.make_deployment(
            name="Unusual bills",
            model_id=cls.env["ir.model"]._get("account.move").id,
            method="anomaly",
            min_confidence=0.0,
            audit_share=0.0,
            viewer_group_ids=[Command.set(cls.env.ref("account.group_account_invoice").ids)],
            features=[{"path": "amount_untaxed", "name": "Amount"}],
        )
        card = cls.card(names=["expected_revenue"])
        card.features[0].__dict__["name"] = "amount_untaxed"
        card = type(card)(card.features, card.intercept, card.calibration, card.score_bins)
        cls.bill_version = cls.serve(cls.bills, card)
        cls.bills.state = "shadow"

    @classmethod
    def make_bill(cls, amount=100.0, day=date(2026, 2, 2), move_type="in_invoice", post=False, **values):
        bill = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": cls.vendor.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [
                    Command.create({"name": "Log Line", "quantity": 1, "price_unit": amount, "tax_ids": []})
                ],
                **values,
            }
        )
        if post:
            bill.action_post()
        return bill

    def score(self, bills):
        return self.bills._score(bills, now=NOW)

    # Which moves are bills

    def test_bills_are_scored_and_nothing_else(self):
        scored = [self.make_bill(move_type=kind) for kind in ("in_invoice", "in_refund", "in_receipt")]
        others = [self.make_bill(move_type=kind) for kind in ("out_invoice", "out_refund", "out_receipt")]
        others.append(self.env["account.move"].create({"move_type": "entry"}))
        outcome = self.score(self.env["account.move"].union(*scored, *others))
        self.assertEqual((outcome["automatic"] + outcome["review"], outcome["outside"]), (3, 4))
        for bill in scored:
            self.assertEqual(self.score_of(bill, self.bills).state, "scored")
        for move in others:
            self.assertFalse(self.score_of(move, self.bills))

    def test_bills_of_another_company_are_not_scored(self):
        bill = self.make_bill()
        company = self.env["res.company"].create({"name": "Next door"})
        self.bills.company_id = company
        self.assertEqual(self.score(bill)["outside"], 1)

    def test_an_unusual_bill_goes_to_a_person(self):
        usual, unusual = self.make_bill(10), self.make_bill(20000)
        outcome = self.score(usual + unusual)
        self.assertEqual((outcome["automatic"], outcome["review"]), (1, 1))
        review = self.reviews_of(unusual)
        self.assertEqual((review.reason, review.prediction_text), ("flagged", "unusual"))
        self.assertEqual(self.score_of(unusual, self.bills).reasons, "▲ Amount: 10,000 to 100,000")

    # Untouched

    def test_scoring_writes_nothing_on_the_bill(self):
        bills = self.make_bill(20000) + self.make_bill(50, post=True)
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET is_manually_modified = FALSE WHERE id = ANY(%s)", [bills.ids])
        bills.invalidate_recordset()
        query = "SELECT to_jsonb(account_move), xmin::text FROM account_move WHERE id = ANY(%s) ORDER BY id"
        self.env.cr.execute(query, [bills.ids])
        before = self.env.cr.fetchall()
        self.score(bills)
        self.env.flush_all()
        review = self.reviews_of(bills)
        review.sudo()._decide("confirmed", note="Seen.")
        self.env.flush_all()
        self.env.cr.execute(query, [bills.ids])
        self.assertEqual(self.env.cr.fetchall(), before)
        self.assertEqual(bills.mapped("is_manually_modified"), [False, False])

    # What is shown

    def test_the_score_stands_on_the_bill(self):
        bills = self.make_bill(20000) + self.make_bill(10) + self.make_bill(500000)
        self.score(bills[:2])
        mine = [("id", "in", bills.ids)]
        seen = bills[0].with_user(self.accountant)
        self.assertFalse(seen.ai_score)
        with clock.at(NOW):
            self.bills.state = "production"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertAlmostEqual(seen.ai_score, probability(0.5), 12)
        self.assertEqual(seen.ai_reasons, "▲ Amount is 10,000 to 100,000: unusual")
        self.assertEqual(seen.search([*mine, ("ai_score", ">", 0.5)]).ids, bills[0].ids)
        self.assertEqual(seen.search(mine, order="ai_score desc").ids, bills.ids)
        self.assertEqual(seen.search(mine, order="ai_score").ids, [bills[1].id, bills[0].id, bills[2].id])
        self.assertEqual(seen._read_group([*mine, ("ai_score", "!=", False)], [], ["__count"]), [(2,)])

    def test_who_may_not_read_bills_sees_no_score_of_a_bill(self):
        bill = self.make_bill(20000)
        self.score(bill)
        self.env.flush_all()
        for person in (self.owner, self.reviewer, self.manager):
            with self.subTest(person=person.login):
                self.assertFalse(self.score_of(bill, self.bills).with_user(person).has_access("read"))
                self.assertFalse(
                    self.env["ai.deployment.inference"].with_user(person).search([("res_model", "=", "account.move")])
                )
        self.owner.group_ids += self.env.ref("account.group_account_invoice")
        self.assertTrue(self.score_of(bill, self.bills).with_user(self.owner).has_access("read"))

    # What Odoo itself says

    def test_odoo_warns_of_an_abnormal_amount_on_drafts(self):
        for month in range(1, 13):
            self.make_bill(100, day=date(2025, month, 5), post=True)
        usual = self.make_bill(100, day=date(2026, 1, 6), ref="A")
        abnormal = self.make_bill(9000, day=date(2026, 1, 7), ref="B")
        posted = self.make_bill(9000, day=date(2026, 1, 8), ref="C", post=True)
        self.assertTrue(abnormal.abnormal_amount_warning)
        opinions = (usual + abnormal + posted)._ai_incumbent()
        self.assertEqual(opinions, {usual.id: 0.0, abnormal.id: 1.0})
        self.score(abnormal + posted)
        self.assertEqual(self.inferences_of(abnormal, self.bills).incumbent_value, 1.0)

    def test_odoo_warns_of_a_duplicate_on_drafts(self):
        first = self.make_bill(77, ref="INV-1", post=True)
        again = self.make_bill(77, ref="INV-1")
        other = self.make_bill(77, ref="INV-2", day=date(2026, 2, 20), partner_id=self.other_vendor.id)
        self.assertEqual((first + again + other)._ai_incumbent(), {again.id: 1.0, other.id: 0.0})

    # What is learned from

    def test_posted_bills_up_to_now_are_learned_from(self):
        old = self.make_bill(1, day=date(2026, 1, 5), post=True)
        older = self.make_bill(1, day=date(2025, 12, 5), post=True)
        today = self.make_bill(1, day=NOW.date(), post=True)
        draft = self.make_bill(1, day=date(2026, 1, 5))
        later = self.make_bill(1, day=date(2026, 3, 20), post=True)
        customer = self.make_bill(1, day=date(2026, 1, 5), move_type="out_invoice", post=True)
        cancelled = self.make_bill(1, day=date(2026, 1, 5))
        cancelled.button_cancel()
        rows = self.env["account.move"]._ai_training_rows(self.bills, NOW)
        ours = [row for row in rows if row[0] in (old + older + today + draft + later + customer + cancelled).ids]
        self.assertEqual([row[0] for row in ours], [older.id, old.id, today.id])
        self.assertEqual({row[2] for row in ours}, {None}, "nobody has judged them")
        self.assertEqual([datetime.combine(row[1], datetime.min.time()).date() for row in ours][1], date(2026, 1, 5))

    def test_a_bill_has_no_outcome(self):
        self.assertFalse(self.env["account.move"]._ai_has_outcome())
        self.assertTrue(self.env["crm.lead"]._ai_has_outcome())

    def test_what_comes_with_posting_and_paying_is_known_too_late(self):
        late = self.env["account.move"]._ai_fields_known_too_late()
        self.assertLessEqual(
            {"payment_state", "amount_residual", "state", "name", "checked", "inalterable_hash", "write_date"}, late
        )
        self.assertLessEqual(late, set(self.env["account.move"]._fields), "each is a field")
        self.assertFalse(late & {"amount_untaxed", "partner_id", "invoice_date", "ref", "currency_id"})
