"""What it is worth: the same query before and after, frozen before, with intervals, and nothing said of too little."""

from datetime import date, timedelta

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.ai_deployment.ml.value import other_season
from odoo.addons.ai_deployment.models.governance.business_value import BusinessValue
from odoo.addons.ai_deployment.models.governance.measurement import Measurement
from odoo.addons.ai_deployment.models.governance.value_texts import ValueTexts
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase, approve

BEFORE = NOW - timedelta(days=200)  # when the leads of the period before came
HORIZON = 30
LATER = NOW + timedelta(days=120)


class ValueCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.horizon_days = HORIZON
        cls.deployment.value_margin = 0.25

    @classmethod
    def past_leads(cls, count, came, won=0, lost=0, days=10, revenue=1000, **values):
        """`count` leads that came at `came`; `won` and `lost` of them after so many `days`, the others open."""
        first = cls.make_leads(1, expected_revenue=revenue, **values)
        cls.env.flush_all()
        columns = [name for name, field in first._fields.items() if field.store and field.column_type and name != "id"]
        names = SQL(", ").join(map(SQL.identifier, columns))
        rows = cls.env.execute_query(
            SQL(
                "INSERT INTO crm_lead (%s) SELECT %s FROM crm_lead, generate_series(2, %s) WHERE id = %s RETURNING id",
                names,
                names,
                count,
                first.id,
            )
        )
        ids = [first.id, *(res_id for (res_id,) in rows)]
        for status, some in (("won", ids[:won]), ("lost", ids[won : won + lost]), ("pending", ids[won + lost :])):
            closed = came + timedelta(days=days) if status != "pending" else None
            cls.env.cr.execute(
                "UPDATE crm_lead SET create_date = %s, date_closed = %s, won_status = %s WHERE id = ANY(%s)",
                [came, closed, status, some],
            )
        cls.env.invalidate_all()
        return first.browse(ids)

    @classmethod
    def baseline(cls, start=None, end=None, person=None):
        with clock.at(NOW):
            return cls.deployment.with_user(person or cls.owner)._measure_baseline(
                start or (BEFORE - timedelta(days=10)).date(), end or (BEFORE + timedelta(days=10)).date()
            )

    def rows(self, period="after"):
        rows = self.deployment.value_ids.filtered(lambda row: row.period == period)
        return {row.code: row for row in rows}


@tagged("post_install", "-at_install")
class TestValueOfLeads(ValueCase):
    # Before

    def test_the_baseline_is_what_the_records_say(self):
        self.past_leads(100, BEFORE, won=20, lost=60, days=5, revenue=2000)
        rows = {row.code: row for row in self.baseline()}
        conversion, days, revenue = rows["conversion"], rows["days_to_close"], rows["revenue"]
        self.assertEqual((conversion.row_count, conversion.value), (80, 0.25))
        self.assertAlmostEqual(conversion.low, 0.1599, 3)  # Clopper and Pearson, 20 of 80
        self.assertAlmostEqual(conversion.high, 0.3594, 3)
        self.assertEqual((days.row_count, days.value), (80, 5.0))
        self.assertEqual((revenue.row_count, revenue.value), (100, 400.0))
        self.assertEqual(revenue.start_date, (BEFORE - timedelta(days=10)).date())
        self.assertEqual((revenue.user_id, revenue.date), (self.owner, NOW))

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

    def test_too_few_records_say_nothing(self):
        self.past_leads(20, BEFORE, won=5, lost=15)
        rows = {row.code: row for row in self.baseline()}
        self.assertFalse(rows["conversion"].is_told)
        self.assertIn("cannot say", self.deployment.value_html)

    def test_a_baseline_is_frozen(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        rows = self.baseline()
        for act in (lambda: rows.write({"value": 0.01}), lambda: rows.sudo().write({"value": 0.01}), rows.unlink):
            with self.assertRaises(UserError):
                act()
        for person in (self.owner, self.manager):
            with self.assertRaises(UserError):
                rows[0].with_user(person).write({"value": 0.01})
            with self.assertRaises(AccessError):
                rows[0].with_user(person).copy()

    def test_measuring_again_before_going_live_keeps_the_first_and_says_so(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        first = self.baseline()
        second = self.baseline(start=(BEFORE - timedelta(days=5)).date())
        self.assertTrue(first.exists())
        self.assertEqual(set(Measurement(self.deployment).baseline().values()), set(second))
        self.assertEqual(
            len(self.deployment.message_ids.filtered(lambda m: "measured and frozen" in (m.body or ""))), 2
        )

    def test_after_going_live_nothing_before_can_be_measured_any_more(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        self.go_live()
        with self.assertRaisesRegex(UserError, "went live already"):
            self.baseline()

    def test_periods_that_make_no_sense_are_refused(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        day = NOW.date()
        for start, end, why in (
            (day, day - timedelta(days=60), "begins before it ends"),
            (day - timedelta(days=300), day, "at the latest"),
            (day - timedelta(days=300), day + timedelta(days=10), "at the latest"),
        ):
            with self.assertRaisesRegex(ValidationError, why):
                self.baseline(start, end)
        with self.assertRaisesRegex(UserError, "no record"):
            self.baseline(date(2001, 1, 1), date(2001, 12, 31))

    def test_only_who_answers_for_it_measures(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        for person in (self.reviewer, self.auditor, self.other_owner, self.seller):
            with self.assertRaises(AccessError):
                self.baseline(person=person)
        self.assertTrue(self.baseline(person=self.deputy))

    def test_another_filter_or_horizon_makes_the_baseline_another_question(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        self.baseline()
        self.assertTrue(Measurement(self.deployment).baseline())
        self.deployment.horizon_days = HORIZON + 1
        self.assertFalse(Measurement(self.deployment).baseline())
        self.deployment.horizon_days = HORIZON
        self.deployment.domain = "[('priority', '!=', '3')]"
        self.assertFalse(Measurement(self.deployment).baseline())

    # Since

    def measured(self, **after):
        """A baseline of 25 % at 1,000, then 100 leads since; the owner presses the button."""
        self.past_leads(200, BEFORE, won=40, lost=120, revenue=1000)
        self.baseline()
        self.go_live()
        self.past_leads(200, NOW + timedelta(days=20), **{"won": 80, "lost": 80, "revenue": 1000, **after})
        with clock.at(LATER):
            self.deployment.with_user(self.owner).action_measure_value()
        return self.rows()

    def test_before_and_after_is_a_change_with_its_interval(self):
        rows = self.measured()
        conversion = rows["conversion"]
        self.assertTrue(conversion.is_compared)
        self.assertAlmostEqual(conversion.base_value, 0.25)
        self.assertAlmostEqual(conversion.value, 0.5)
        self.assertAlmostEqual(conversion.change, 0.25)
        # Newcombe: 80 of 160 against 40 of 160. The two periods lie in different months: a season of three points.
        season = other_season(
            *((row.start_date, row.end_date) for row in (self.rows("before")["conversion"], conversion))
        )
        self.assertGreater(season, 0.3)
        self.assertAlmostEqual(conversion.change_low, 0.1446 - 0.06 * season, 3)
        self.assertAlmostEqual(conversion.change_high, 0.3477 + 0.06 * season, 3)
        self.assertFalse(conversion.is_money)

    def test_money_is_what_is_kept_of_won_revenue_less_what_it_costs(self):
        self.deployment.value_running_cost = 500
        rows = self.measured()
        days = (rows["revenue"].end_date - rows["revenue"].start_date).days + 1
        monthly = 200 * 30.4375 / days
        gain = 80 * 1000 / 200 - 200.0
        self.assertAlmostEqual(rows["revenue"].money, gain * monthly * 0.25, 0)
        self.assertAlmostEqual(rows["running"].money, -500)
        self.assertAlmostEqual(rows["net"].money, rows["revenue"].money - 500, 1)
        self.assertLess(rows["net"].money_low, rows["net"].money)
        self.assertLess(rows["net"].money, rows["net"].money_high)
        self.assertIn("a month (", self.deployment.value_text)
        self.assertIn("25 % of a won euro is kept", self.deployment.value_html)

    def test_reviewers_time_is_subtracted_at_the_price_of_an_hour(self):
        self.deployment.value_hourly_cost = 60
        self.past_leads(200, BEFORE, won=40, lost=120)
        self.baseline()
        self.go_live()
        leads = self.past_leads(200, NOW + timedelta(days=20), won=80, lost=80)
        self.deployment.min_confidence = 1.0
        with clock.at(NOW + timedelta(days=21)):
            self.deployment._score(leads[:4])
            for review in self.reviews_of(leads[:4]):
                review.with_user(self.reviewer)._decide("confirmed", seconds=900.0)
        with clock.at(LATER):
            self.deployment.action_measure_value()
        rows = self.rows()
        months = ((rows["revenue"].end_date - rows["revenue"].start_date).days + 1) / 30.4375
        self.assertAlmostEqual(rows["reviewing"].money, -60 / months, 1)  # four times a quarter of an hour
        self.assertAlmostEqual(rows["net"].money, rows["revenue"].money + rows["reviewing"].money, 1)

    def test_beside_money_that_is_too_noisy_stands_the_win_rate_at_the_usual_amount(self):
        self.past_leads(200, BEFORE, won=40, lost=160)
        self.past_leads(1, BEFORE, won=1, revenue=1_000_000)  # decides the mean
        self.baseline()
        self.measured(won=80, lost=120)
        revenue, conversion = (self.rows()[code] for code in ("revenue", "conversion"))
        self.assertTrue(revenue.change_low < 0 < revenue.change_high)
        table = ValueTexts(self.deployment).tables()[0]
        [usual] = [row for row in table["rows"] if "usual amount" in row["name"]]
        self.assertIn("half of all wins are above", usual["assumption"])
        self.assertGreater(conversion.change_low, 0)
        self.assertTrue(usual["money"].startswith("+"), usual)
        self.assertNotIn("-", usual["money"], "the whole interval is a gain")

    def test_money_that_says_something_stands_alone(self):
        self.past_leads(200, BEFORE, won=40, lost=160)
        self.baseline()
        self.measured(won=120, lost=80)
        rows = ValueTexts(self.deployment).tables()[0]["rows"]
        self.assertFalse([row for row in rows if "usual amount" in row["name"]])

    def test_without_what_is_kept_of_a_euro_no_money_is_told(self):
        self.deployment.value_margin = 0
        rows = self.measured()
        self.assertTrue(rows["revenue"].is_compared)
        self.assertNotIn("net", rows)
        self.assertEqual(self.deployment.value_text, "not measured yet")

    def test_it_never_claims_to_be_the_cause(self):
        self.measured()
        self.assertIn("Before and after; other things changed, too.", self.deployment.value_caveat)

    def test_a_loss_is_told_as_one(self):
        rows = self.measured(won=10, lost=150)
        self.assertLess(rows["net"].money_high, 0)
        self.assertIn("-", self.deployment.value_text)

    def test_only_leads_whose_outcome_is_due_count(self):
        self.measured()
        self.past_leads(100, LATER - timedelta(days=HORIZON - 1))
        with clock.at(LATER):
            self.deployment.action_measure_value()
        self.assertEqual(self.rows()["revenue"].row_count, 200)

    def test_measuring_anew_replaces_the_last_result_only(self):
        self.measured()
        count = len(self.deployment.value_ids)
        with clock.at(LATER + timedelta(days=1)):
            self.deployment.action_measure_value()
        self.assertEqual(len(self.deployment.value_ids), count)

    def test_before_the_first_outcomes_are_due_it_says_when(self):
        self.past_leads(200, BEFORE, won=40, lost=120)
        self.assertIn("has not been measured", self.deployment.value_html)
        self.baseline()
        self.assertEqual(self.deployment.value_text, "not measured yet")
        self.assertIn("not live yet", self.deployment.value_html)
        self.go_live()
        with clock.at(NOW), self.assertRaisesRegex(UserError, "due on 04/02/2026"):
            self.deployment.action_measure_value()

    def test_the_daily_look_measures_once_a_week(self):
        self.past_leads(200, BEFORE, won=40, lost=120)
        self.baseline()
        self.go_live()
        self.past_leads(200, NOW + timedelta(days=20), won=80, lost=80)
        for days, expected in ((0, LATER), (3, LATER), (7, LATER + timedelta(days=7))):
            with clock.at(LATER + timedelta(days=days)):
                self.deployment._watch_daily()
            self.assertEqual(self.rows()["revenue"].date, expected)

    def test_nobody_writes_a_figure(self):
        rows = self.measured()
        for person in (self.owner, self.manager, self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                rows["net"].with_user(person).write({"money": 1000000})
            with self.assertRaises(AccessError):
                self.env["ai.deployment.value"].with_user(person).create(
                    {"deployment_id": self.deployment.id, "code": "net", "period": "holdout", "unit": "money"}
                )

    def test_what_is_entered_has_bounds(self):
        for values in ({"value_margin": 1.5}, {"value_hourly_cost": -1}, {"value_running_cost": -1}):
            with self.subTest(values), mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
                with self.env.cr.savepoint():
                    self.deployment.write(values)
                    self.env.flush_all()

    def test_html_in_texts_is_text(self):
        self.past_leads(40, BEFORE, won=10, lost=30)
        self.baseline()
        self.deployment.holdout_reason = "<b>x</b>"
        self.assertNotIn("<script", self.deployment.value_html)


@tagged("post_install", "-at_install")
class TestValueOfBills(AiDeploymentCase):
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
                    Command.create({"name": "Line", "quantity": 1, "price_unit": amount, "tax_ids": []})
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
        self.bills.write({"state": "shadow", "min_confidence": 1.0, "alarm_rate": 0.5})
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
