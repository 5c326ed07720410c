"""What is measured: which records count, by which query, for leads and for bills."""

from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.business_value import BusinessValue
from odoo.addons.ai_deployment.models.governance.measurement import Measurement, day_bounds
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase, approve
from odoo.addons.ai_deployment.tests.governance.common import BEFORE, HORIZON, ValueCase


@tagged("post_install", "-at_install")
class TestMeasurementOfLeads(ValueCase):
    def test_days_are_whole_and_the_last_one_counts(self):
        bounds = day_bounds(date(2026, 2, 27), date(2026, 2, 28))
        self.assertEqual(tuple(map(str, bounds)), ("2026-02-27 00:00:00", "2026-03-01 00:00:00"))

    def test_what_was_won_after_the_horizon_counts_as_not_won_in_time(self):
        self.past_leads(60, BEFORE, won=60, days=HORIZON + 1)
        rows = {row.code: row for row in self.baseline()}
        self.assertEqual(rows["conversion"].row_count, 0)
        self.assertEqual(rows["revenue"].value, 0.0)

    def test_records_outside_of_the_period_the_filter_or_the_company_do_not_count(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        self.past_leads(40, BEFORE - timedelta(days=30), won=40)
        self.past_leads(40, BEFORE, won=40, priority="3")
        company = self.env["res.company"].create({"name": "Next door"})
        theirs = self.make_leads(40, user_id=False, team_id=False, company_id=company.id)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s, date_closed = %s, won_status = 'won' WHERE id = ANY(%s)",
            [BEFORE, BEFORE, theirs.ids],
        )
        self.deployment.domain = "[('priority', '!=', '3')]"
        rows = {row.code: row for row in self.baseline()}
        self.assertEqual((rows["conversion"].row_count, rows["conversion"].value), (40, 0.25))

    def test_archived_lost_leads_count(self):
        leads = self.past_leads(40, BEFORE, lost=40)
        self.env.cr.execute("UPDATE crm_lead SET active = FALSE WHERE id = ANY(%s)", [leads.ids])
        self.env.invalidate_all()
        self.assertEqual({row.code: row.row_count for row in self.baseline()}["conversion"], 40)

    def test_another_filter_or_horizon_makes_the_baseline_another_question(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        self.baseline()
        self.assertTrue(Measurement(self.deployment).baseline())
        self.deployment.horizon_days = HORIZON + 1
        self.assertFalse(Measurement(self.deployment).baseline())
        self.deployment.horizon_days = HORIZON
        self.deployment.domain = "[('priority', '!=', '3')]"
        self.assertFalse(Measurement(self.deployment).baseline())


@tagged("post_install", "-at_install")
class TestMeasurementOfBills(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        journals = cls.env["account.journal"].search(cls.env["account.journal"]._check_company_domain(cls.env.company))
        if "purchase" not in journals.mapped("type"):
            cls.env["account.chart.template"].try_loading("generic_coa", cls.env.company, install_demo=False)
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.bills = cls.make_deployment(
            name="Unusual bills",
            model_id=cls.env["ir.model"]._get("account.move").id,
            method="anomaly",
            horizon_days=30,
            features=[{"path": "amount_untaxed", "name": "Amount"}],
        )
        cls.bills.write({"value_minutes": 6.0, "value_hourly_cost": 60.0})
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": False, "mail_notrack": False})

    @classmethod
    def make_bill(cls, amount=100.0, day=date(2025, 9, 1), post_as=None, **values):
        bill = cls.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": cls.vendor.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [
                    Command.create({"name": "Log Line", "quantity": 1, "price_unit": amount, "tax_ids": []})
                ],
                **values,
            }
        )
        cls.env.flush_all()
        cls.env.cr.precommit.run()
        bill.with_user(post_as or cls.env.ref("base.user_admin")).sudo().action_post()
        cls.env.flush_all()
        cls.env.cr.precommit.run()  # tracking is written there
        return bill

    def found(self, start=date(2025, 8, 1), end=date(2025, 10, 31)):
        return Measurement(self.bills.sudo()).measure(start, end).get(None, {})

    def test_who_posted_a_bill_is_what_its_tracking_says(self):
        self.make_bill()
        self.make_bill(post_as=self.env.ref("base.user_root"))
        found = self.found()
        self.assertEqual((found["unattended"].count, found["unattended"].mean), (2, 0.5))

    def test_minutes_are_real_where_they_were_taken_none_where_nobody_posted_else_assumed(self):
        self.make_bill()
        self.make_bill(post_as=self.env.ref("base.user_root"))
        reviewed = self.make_bill()
        card = self.card(names=["expected_revenue"])
        card.features[0].__dict__["name"] = "amount_untaxed"
        self.serve(self.bills, type(card)(card.features, card.intercept, card.calibration, card.score_bins))
        self.bills.write({"state": "shadow", "min_confidence": 1.0, "flag_rate": 0.5})
        self.bills._score(reviewed, now=NOW)
        review = self.reviews_of(reviewed).filtered(lambda one: one.deployment_id == self.bills)
        self.assertTrue(review)
        review._decide("confirmed", seconds=120.0)
        found = self.found()["minutes"]
        self.assertEqual(found.count, 3)
        self.assertAlmostEqual(found.mean, (6 + 0 + 2) / 3)
        measures = Measurement(self.bills.sudo()).measures()
        self.assertIn("6 minutes", measures["minutes"].assumption)
        self.assertEqual(measures["minutes"].worth, -1.0)

    def test_without_an_assumption_only_real_minutes_count(self):
        self.bills.value_minutes = 0
        self.make_bill()
        self.assertEqual(self.found()["minutes"].count, 0)

    def test_a_credit_note_in_time_is_money_lost_one_too_late_is_not(self):
        for day in (date(2025, 9, 20), date(2025, 12, 1)):
            bill = self.make_bill(300.0)
            note = self.make_bill(300.0, day, move_type="in_refund")
            note.reversed_entry_id = bill
        self.make_bill(300.0)
        found = self.found()["duplicates"]
        self.assertEqual((found.count, found.nonzero), (3, 1))
        self.assertAlmostEqual(found.mean, 100.0)

    def test_a_credit_of_a_part_loses_that_part(self):
        bill = self.make_bill(300.0)
        note = self.make_bill(50.0, date(2025, 9, 20), move_type="in_refund")
        note.reversed_entry_id = bill
        self.assertAlmostEqual(self.found()["duplicates"].mean, 50.0)

    def paid(self, *bills):
        self.env.flush_all()
        ids = [bill.id for bill in bills]
        self.env.cr.execute("UPDATE account_move SET payment_state = 'paid' WHERE id = ANY(%s)", [ids])
        self.env.invalidate_all()

    def called_wrong(self, bill, ground_truth="positive"):
        """A reviewer has said that a bill is wrong."""
        self.env["ai.deployment.review"].sudo().create(
            {
                "deployment_id": self.bills.id,
                "res_model": "account.move",
                "res_id": bill.id,
                "state": "decided",
                "company_id": bill.company_id.id,
                "reason": "flagged",
                "opened_date": NOW,
                "decided_date": NOW,
                "is_label": True,
                "ground_truth": ground_truth,
            }
        )

    def lost(self):
        found = self.found()["duplicates"]
        return round(found.mean * found.count, 2)

    def test_a_duplicate_that_was_paid_and_called_wrong_is_money_lost_the_first_is_not(self):
        twins = [self.make_bill(200.0, ref="INV-7"), self.make_bill(200.0, date(2025, 9, 8), ref="INV-7")]
        other = self.make_bill(200.0, ref="INV-8")
        self.called_wrong(twins[1])
        self.assertEqual(self.lost(), 0)  # nobody has paid yet
        self.paid(*twins, other)
        found = self.found()["duplicates"]
        self.assertEqual((found.count, found.nonzero), (3, 1))
        self.assertAlmostEqual(found.mean, 200 / 3)

    def test_alike_bills_that_nobody_called_wrong_are_no_money_lost(self):
        """Ten rents under one reference, part deliveries of one order, a number that begins anew each year."""
        rents = [self.make_bill(1350.0, date(2025, 1 + month, 1), ref="RENT") for month in range(10)]
        parts = [self.make_bill(80.0, date(2025, 9, 1 + day), ref="PO-17") for day in (0, 2, 2, 9)]
        yearly = [self.make_bill(55.0, date(year, 9, 1), ref="1") for year in (2024, 2025)]
        self.paid(*rents, *parts, *yearly)
        with self.subTest("all in the time that is measured"):
            found = self.found(date(2024, 1, 1), date(2025, 12, 31))["duplicates"]
            self.assertEqual((found.count, found.nonzero), (16, 0))
        self.called_wrong(parts[2], "negative")
        self.called_wrong(rents[8])  # there is none near it
        self.assertEqual(self.found(date(2024, 1, 1), date(2025, 12, 31))["duplicates"].nonzero, 0)

    def test_a_credited_pair_counts_once_whichever_was_credited(self):
        for which in (0, 1):
            with self.subTest(which=which), self.env.cr.savepoint() as savepoint:
                twins = [self.make_bill(200.0, date(2025, 9, 1 + 3 * n), ref="INV-7") for n in range(2)]
                note = self.make_bill(200.0, date(2025, 9, 20), move_type="in_refund")
                note.reversed_entry_id = twins[which]
                self.called_wrong(twins[1])
                self.paid(*twins)
                self.assertEqual(self.lost(), 200)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_duplicate_counts_where_the_first_was_called_wrong(self):
        twins = [self.make_bill(200.0, date(2025, 9, 1 + 3 * n), ref="INV-7") for n in range(2)]
        self.called_wrong(twins[0])
        self.paid(*twins)
        self.assertEqual(self.lost(), 200)

    def test_drafts_refunds_and_invoices_do_not_count(self):
        self.make_bill(move_type="in_refund")
        self.env["account.move"].create(
            {"move_type": "in_invoice", "partner_id": self.vendor.id, "invoice_date": date(2025, 9, 1)}
        )
        self.assertEqual(self.found().get("duplicates", None) and self.found()["duplicates"].count, None)

    def test_another_assumption_cannot_be_compared_with_the_old_one(self):
        self.make_bill()
        with clock.at(NOW):
            self.bills.with_user(self.owner)._measure_baseline(date(2025, 8, 1), date(2025, 10, 31))
        self.assertIn("minutes", Measurement(self.bills).baseline())
        self.bills.value_minutes = 20
        self.assertNotIn("minutes", Measurement(self.bills).baseline())
        self.assertIn("duplicates", Measurement(self.bills).baseline())

    def test_reviewers_time_in_the_minutes_is_not_subtracted_twice(self):
        with clock.at(NOW):
            rows = BusinessValue(self.bills).cost_rows("after", date(2026, 1, 1), date(2026, 3, 1), 2.0, [], True)
        self.assertNotIn("reviewing", [row["code"] for row in rows])

    def test_money_lost_is_in_company_currency(self):
        usd = self.env.ref("base.USD")
        eur = self.env.ref("base.EUR")
        other = eur if self.env.company.currency_id == usd else usd
        other.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": other.id, "name": date(2025, 8, 1), "rate": 0.5, "company_id": self.env.company.id}
        )
        bill = self.make_bill(100.0, currency_id=other.id)
        note = self.make_bill(100.0, date(2025, 9, 10), move_type="in_refund", currency_id=other.id)
        note.reversed_entry_id = bill
        self.assertAlmostEqual(self.found()["duplicates"].mean, 200.0)

    def test_a_hold_out_is_for_leads_only(self):
        approve(self.bills)
        self.assertFalse(self.bills.may_hold_out)
        with self.assertRaises(UserError):
            self.bills.with_user(self.owner)._hold_out(0.1, "Finance asks.")
