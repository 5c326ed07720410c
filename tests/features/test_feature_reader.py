"""What is read of a record: paths, ages, and histories that see only what was in the books before."""

import datetime
import math
import random
from types import SimpleNamespace

from odoo.tests import BaseCase, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.ai_deployment.models.features.feature_reader import (
    FeatureReader,
    _has_column,
    form_of,
    walk_path,
    zeros_at_end,
)
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import spec


@tagged("post_install", "-at_install")
class TestForms(BaseCase):
    def test_kinds_that_read_alike_have_one_form_and_others_their_own(self):
        self.assertEqual({form_of(kind) for kind in ("float", "integer", "monetary")}, {"number"})
        self.assertEqual({form_of(kind) for kind in ("char", "text", "html")}, {"char"})
        self.assertEqual([form_of(kind) for kind in ("boolean", "many2one")], ["boolean", "many2one"])

    def test_what_sql_can_read(self):
        for kind, store, related, inherited, can in (
            ("char", True, None, False, True),
            ("char", False, "partner_id.name", False, True),
            ("char", False, None, True, True),
            ("char", False, None, False, False),
            ("one2many", True, None, False, True),
            ("one2many", True, None, True, False),
            ("many2many", False, "partner_id.category_id", False, False),
            ("many2one_reference", True, None, False, True),
            ("many2one_reference", False, "partner_id.res_id", True, False),
        ):
            field = SimpleNamespace(type=kind, store=store, related=related, inherited=inherited)
            with self.subTest(field=field):
                self.assertIs(bool(_has_column(field)), can)


@tagged("post_install", "-at_install")
class TestPaths(AiDeploymentCase):
    def read(self, records, **values):
        return FeatureReader(self.env["crm.lead"], [spec(**values)], self.env.company).read(records.ids)["x"]

    def test_a_stored_field(self):
        leads = self.make_leads(expected_revenue=12.5) + self.make_leads(expected_revenue=0)
        self.assertEqual([float(value) for value in self.read(leads, path="expected_revenue")], [12.5, 0.0])

    def test_rows_come_in_the_order_asked_for(self):
        first, second = self.make_leads(expected_revenue=1), self.make_leads(expected_revenue=2)
        self.assertEqual([float(v) for v in self.read(second + first, path="expected_revenue")], [2, 1])

    def test_a_relation_gives_its_id_and_a_path_goes_on(self):
        leads = self.make_leads() + self.make_leads(country_id=False)
        self.assertEqual(self.read(leads, path="country_id"), [self.belgium.id, None])
        self.assertEqual(self.read(leads, path="country_id.currency_id.name"), ["EUR", None])

    def test_a_pending_write_is_seen(self):
        lead = self.make_leads()
        self.env.flush_all()
        lead.country_id = self.usa
        self.assertEqual(self.read(lead, path="country_id"), [self.usa.id])

    def test_many_tags_are_one_set(self):
        tags = self.env["crm.tag"].create([{"name": "b"}, {"name": "a"}])
        leads = self.make_leads(tag_ids=[(6, 0, tags[::-1].ids)]) + self.make_leads()
        self.assertEqual(self.read(leads, path="tag_ids"), [f"{tags[0].id},{tags[1].id}", None])

    def test_a_path_that_ends_on_lines_counts_them(self):
        leads = self.make_leads(2)
        for _number in range(3):
            leads[0].activity_schedule("mail.mail_activity_data_todo", user_id=self.seller.id)
        self.assertEqual(self.read(leads, path="activity_ids"), [3, 0])

    def test_a_property_is_read_by_its_name(self):
        team = self.env["crm.team"].create(
            {"name": "T", "lead_properties_definition": [{"name": "age", "string": "Age", "type": "integer"}]}
        )
        leads = self.make_leads(2, team_id=team.id)
        leads[0].lead_properties = {"age": 42}
        self.assertEqual(self.read(leads, path="lead_properties.age"), ["42", None])

    def test_an_age_is_in_days(self):
        lead = self.make_leads(date_deadline="2026-01-31")
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET create_date = '2026-01-01 12:00:00' WHERE id = %s", [lead.id])
        age = self.read(lead, source="age", start_path="create_date", end_path="date_deadline")
        self.assertEqual(float(age[0]), 29.5)

    def test_an_age_read_through_the_orm_is_in_days_of_twenty_four_hours(self):
        leads = self.make_leads(2)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = '2026-03-01 12:00:00', date_closed = CASE WHEN id = %s THEN"
            " timestamp '2026-03-08 18:00:00' END WHERE id = ANY(%s)",
            [leads[0].id, leads.ids],
        )
        self.env.invalidate_all()
        age = spec(source="age", start_path="create_date", end_path="date_closed")
        reader = FeatureReader(self.env["crm.lead"], [age], self.env.company)
        self.assertEqual(reader._read_through_orm(age, leads.ids), [7.25, None])

    def test_a_field_without_a_column_is_read_through_the_orm(self):
        leads = self.make_leads(2)
        leads[0].activity_schedule("mail.mail_activity_data_todo", user_id=self.seller.id)
        self.assertEqual(self.read(leads, path="activity_state", kind="category"), [leads[0].activity_state, None])

    def test_a_record_that_is_gone_has_nothing(self):
        lead = self.make_leads()
        ids = lead.ids
        lead.unlink()
        values = FeatureReader(self.env["crm.lead"], [spec(path="name")], self.env.company).read([*ids])
        self.assertEqual(values["x"], [None])

    def test_no_records_no_values(self):
        reader = FeatureReader(
            self.env["crm.lead"], [spec(path="name"), spec(key="y", path="country_id")], self.env.company
        )
        self.assertEqual(reader.read([]), {"x": [], "y": []})

    def test_inputs_do_not_depend_on_who_asks(self):
        lead = self.make_leads(user_id=self.other_seller.id)
        reader = FeatureReader(self.env["crm.lead"].with_user(self.seller), [spec(path="country_id")], self.env.company)
        self.assertEqual(reader.read(lead.ids)["x"], [self.belgium.id])

    def test_all_stored_inputs_take_one_statement(self):
        leads = self.make_leads(20)
        specs = [
            spec(key="a", path="expected_revenue"),
            spec(key="b", path="country_id.code"),
            spec(key="c", path="tag_ids"),
            spec(key="d", source="history", measure="count", group_paths=["country_id"]),
            spec(key="e", source="age", start_path="create_date", end_path="date_deadline"),
        ]
        self.env.flush_all()
        with self.assertQueryCount(1):
            FeatureReader(self.env["crm.lead"], specs, self.env.company).read(leads.ids)

    def test_a_path_to_nowhere_is_none(self):
        leads = self.env["crm.lead"]
        for path in ("nothing", "country_id.nothing", "name.code", "lead_properties", "country_id.", ""):
            self.assertIsNone(walk_path(leads, path), path)
        self.assertEqual([step.field.name for step in walk_path(leads, "country_id.code")], ["country_id", "code"])


@tagged("post_install", "-at_install")
class TestHistories(AccountTestInvoicingCommon):
    """Measures over earlier bills, against the same measures worked out in plain Python."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rng = random.Random(7)
        accounts = cls.company_data["default_account_expense"] + cls.company_data["default_account_expense"].copy()
        values = []
        for number in range(40):
            values.append(
                {
                    "move_type": "in_invoice",
                    "partner_id": rng.choice([cls.partner_a.id, cls.partner_b.id]),
                    "invoice_date": datetime.date(2026, 1, 1) + datetime.timedelta(days=rng.randrange(30)),
                    "ref": f"H{number}",
                    "invoice_line_ids": [
                        (
                            0,
                            0,
                            {
                                "name": "x",
                                "price_unit": rng.choice([100, 250, 900]),
                                "tax_ids": [(5,)],
                                "account_id": rng.choice(accounts.ids),
                            },
                        )
                    ],
                }
            )
        cls.bills = cls.env["account.move"].create(values)
        cls.posted = cls.bills[:34]
        cls.posted._post()
        cls.env.flush_all()

    def read(self, records, **values):
        reader = FeatureReader(self.env["account.move"], [spec(source="history", **values)], self.env.company)
        return [None if value is None else float(value) for value in reader.read(records.ids)["x"]]

    def earlier(self, bill, *, same, days=None):
        """Bills in the books before `bill`, and drafts judged together with it and entered before it, alike by `same`.

        Within days of its own date, whatever theirs.
        """
        return self.bills.filtered(
            lambda other: (other.id < bill.id or bill not in self.posted and other in self.posted)
            and same(other) == same(bill)
            and (days is None or abs((bill.invoice_date - other.invoice_date).days) <= days)
        )

    def by_vendor(self, bill):
        return bill.partner_id

    def by_vendor_and_account(self, bill):
        return bill.partner_id, bill.invoice_line_ids[:1].account_id

    def assertMeasure(self, expected, *, same=None, days=None, **values):
        """`expected(bill, earlier bills)` for every bill, posted and draft alike."""
        same = same or self.by_vendor
        got = self.read(self.bills, **values)
        for bill, value in zip(self.bills, got, strict=True):
            wanted = expected(bill, self.earlier(bill, same=same, days=days))
            if wanted is None:
                self.assertIsNone(value, bill.ref)
            else:
                self.assertAlmostEqual(value, wanted, 9, bill.ref)

    def test_count(self):
        self.assertMeasure(lambda bill, earlier: len(earlier), measure="count", group_paths=["partner_id"])

    def test_of_bills_of_one_day_the_later_one_sees_the_earlier_one(self):
        days = self.posted.grouped("invoice_date")
        twins = next(bills for bills in days.values() if len(bills) > 2)
        counts = self.read(twins, measure="count", group_paths=["move_type"])
        self.assertEqual(counts, [self.posted.ids.index(bill.id) for bill in twins])

    def test_a_draft_is_not_history_unless_it_is_judged_together(self):
        drafts = self.bills - self.posted
        alone = [self.read(draft, measure="count", group_paths=["move_type"])[0] for draft in drafts]
        self.assertEqual(alone, [len(self.posted)] * len(drafts))
        together = self.read(drafts, measure="count", group_paths=["move_type"])
        self.assertEqual(together, [len(self.posted) + place for place in range(len(drafts))])

    def test_count_in_a_group_of_two_fields(self):
        self.assertMeasure(
            lambda bill, earlier: len(earlier),
            same=self.by_vendor_and_account,
            measure="count",
            group_paths=["partner_id", "invoice_line_ids.account_id"],
        )

    def test_count_within_days(self):
        self.assertMeasure(
            lambda bill, earlier: len(earlier), days=7, measure="count", group_paths=["partner_id"], window_days=7
        )

    def test_days_since(self):
        self.assertMeasure(
            lambda bill, earlier: min(
                (abs((bill.invoice_date - other.invoice_date).days) for other in earlier), default=None
            ),
            measure="days_since",
            group_paths=["partner_id"],
        )

    def test_ratio_to_the_usual_amount(self):
        def ratio(bill, earlier):
            logs = [math.log(amount) for amount in earlier.mapped("amount_total")]
            return bill.amount_total / math.exp(sum(logs) / len(logs)) if logs else None

        self.assertMeasure(ratio, measure="ratio", group_paths=["partner_id"], value_path="amount_total")

    def test_ratio_to_the_highest_amount(self):
        self.assertMeasure(
            lambda bill, earlier: bill.amount_total / max(earlier.mapped("amount_total")) if earlier else None,
            measure="ratio_max",
            group_paths=["partner_id"],
            value_path="amount_total",
        )

    def test_deviation_needs_five_and_is_in_spreads(self):
        def deviation(bill, earlier):
            logs = [math.log(amount) for amount in earlier.mapped("amount_total")]
            if len(logs) < 5:
                return None
            mean = sum(logs) / len(logs)
            spread = math.sqrt(sum((log - mean) ** 2 for log in logs) / (len(logs) - 1))
            return (math.log(bill.amount_total) - mean) / max(spread, 0.1)

        self.assertMeasure(deviation, measure="deviation", group_paths=["partner_id"], value_path="amount_total")

    def test_share_among_earlier_records(self):
        def share(bill, earlier):
            of_vendor = self.earlier(bill, same=self.by_vendor)
            return len(earlier) / len(of_vendor) if of_vendor else None

        self.assertMeasure(
            share,
            same=self.by_vendor_and_account,
            measure="share",
            group_paths=["partner_id", "invoice_line_ids.account_id"],
        )

    def test_a_first_time_is_as_unusual_as_first_times_are_with_this_vendor(self):
        def first_time(bill, earlier):
            if earlier:
                return 1
            of_vendor = self.earlier(bill, same=self.by_vendor)
            accounts = {b.invoice_line_ids[:1].account_id for b in of_vendor}
            return (len(accounts) + 0.5) / (len(of_vendor) + 1)

        self.assertMeasure(
            first_time,
            same=self.by_vendor_and_account,
            measure="first_time",
            group_paths=["partner_id", "invoice_line_ids.account_id"],
        )

    def test_a_repeat_is_as_unusual_as_repeats_are_with_this_vendor(self):
        def by_vendor_and_amount(bill):
            return bill.partner_id, bill.amount_total

        def is_repeat(bill):
            return bool(self.earlier(bill, same=by_vendor_and_amount, days=10))

        def repeat(bill, earlier):
            if not earlier or any(map(is_repeat, self.earlier(bill, same=by_vendor_and_amount))):
                return 1  # new, or known to come back
            of_vendor = self.earlier(bill, same=self.by_vendor)
            amounts = {b.amount_total for b in of_vendor}
            came_back = {b.amount_total for b in of_vendor if is_repeat(b)}
            return (len(came_back) + 0.5) / (len(amounts) + 1)

        self.assertMeasure(
            repeat,
            same=by_vendor_and_amount,
            days=10,
            measure="repeat",
            group_paths=["partner_id", "amount_total"],
            window_days=10,
        )

    def make_bills(self, vendor, amounts, post=True):
        """One bill per (day of 2026, amount)."""
        bills = self.env["account.move"].create(
            [
                {
                    "move_type": "in_invoice",
                    "partner_id": vendor.id,
                    "ref": f"{day} {amount}",
                    "invoice_date": datetime.date(2026, 1, 1) + datetime.timedelta(days=day),
                    "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": amount, "tax_ids": [(5,)]})],
                }
                for day, amount in amounts
            ]
        )
        if post:
            bills._post()
        self.env.flush_all()
        return bills

    def slips_alone(self, bills, measure):
        return [self.slips(bill, measure)[0] for bill in bills]

    def slips(self, bills, measure, **values):
        return self.read(
            bills, measure=measure, group_paths=["partner_id"], value_path="amount_total", window_days=31, **values
        )

    def test_two_neighbouring_digits_swapped(self):
        vendor, other = self.env["res.partner"].create([{"name": "V"}, {"name": "W"}])
        self.make_bills(vendor, [(0, 1234.56), (1, 777)])
        tried = [1243.56, 2134.56, 1234.65, 1432.56, 12345.60, 1234.56, 1234.57, 7770, 6543.21]
        drafts = self.make_bills(vendor, [(10, amount) for amount in tried], post=False)
        rare = 0.5 / 3  # no swap among two earlier bills
        self.assertEqual(self.slips_alone(drafts, "swapped"), [rare, rare, rare, 1, 1, 1, 1, 1, 1])
        late, stranger = self.make_bills(vendor, [(33, 1243.56)], False), self.make_bills(other, [(9, 1243.56)], False)
        self.assertEqual(self.slips(late + stranger, "swapped"), [1, 1])

    def test_a_moved_decimal_point(self):
        vendor = self.env["res.partner"].create({"name": "V"})
        self.make_bills(vendor, [(0, 1234.50), (1, 777)])
        tried = [12345, 123450, 1234500, 123.45, 12345000, 1243.5, 77.7, 1234.5]
        drafts = self.make_bills(vendor, [(10, amount) for amount in tried], post=False)
        rare = 0.5 / 3
        self.assertEqual(self.slips_alone(drafts, "shifted"), [rare, rare, rare, rare, 1, 1, rare, 1])

    def test_slips_that_happen_often_with_a_vendor_surprise_less(self):
        vendor = self.env["res.partner"].create({"name": "V"})
        self.make_bills(vendor, [(0, 12.30), (1, 21.30), (2, 55.10), (3, 51.50)])
        draft = self.make_bills(vendor, [(4, 13.20)], post=False)
        self.assertEqual(self.slips(draft, "swapped"), [(2 + 0.5) / (4 + 1)])

    def test_of_two_alike_on_one_day_the_second_is_the_slip_and_a_draft_is_one_only_together(self):
        vendor = self.env["res.partner"].create({"name": "V"})
        posted = self.make_bills(vendor, [(0, 12.34), (0, 21.34)])
        self.assertEqual(self.slips(posted, "swapped"), [1, 0.5 / 2])
        first, second = self.make_bills(vendor, [(1, 56.78)], False), self.make_bills(vendor, [(2, 65.78)], False)
        self.assertEqual(self.slips(second, "swapped"), [1])
        self.assertEqual(self.slips(first + second, "swapped"), [1, (1 + 0.5) / (3 + 1)])

    def test_a_slip_is_found_on_a_bill_dated_before_the_right_one(self):
        vendor = self.env["res.partner"].create({"name": "V"})
        self.make_bills(vendor, [(20, 1234.56), (21, 777)])
        drafts = self.make_bills(vendor, [(10, 1243.56)], False), self.make_bills(vendor, [(60, 1243.56)], False)
        self.assertEqual([self.slips(draft, "swapped") for draft in drafts], [[0.5 / 3], [1]])

    def test_a_slip_does_not_depend_on_the_order_in_which_is_asked(self):
        vendor = self.env["res.partner"].create({"name": "V"})
        bills = self.make_bills(vendor, [(0, 12.34), (5, 21.34), (5, 12.43), (9, 34.12), (40, 13.24)])
        values = self.slips(bills, "swapped")
        self.assertEqual(values, [1, 0.5 / 2, (1 + 0.5) / (2 + 1), 1, 1])
        self.assertEqual(self.slips(bills[::-1], "swapped"), values[::-1])

    def test_an_amount_of_nothing_is_no_slip(self):
        vendor = self.env["res.partner"].create({"name": "V"})
        bills = self.make_bills(vendor, [(0, 0), (1, 0), (2, 10)])
        self.assertEqual(self.slips(bills, "shifted") + self.slips(bills, "swapped"), [1] * 6)

    def test_how_round_an_amount_is(self):
        vendor = self.env["res.partner"].create({"name": "V"})
        bills = self.make_bills(vendor, [(0, amount) for amount in (2500, 12.3, 9.99, 0, 100, 1010)])
        reader = FeatureReader(self.env["account.move"], [spec(source="zeros", path="amount_total")], self.env.company)
        self.assertEqual(reader.read(bills.ids)["x"], [4, 1, 0, None, 4, 3])
        self.assertEqual([zeros_at_end(bill.amount_total) for bill in bills], [4, 1, 0, None, 4, 3])

    def test_what_the_card_works_out_is_not_read(self):
        reader = FeatureReader(self.env["account.move"], [spec(source="card")], self.env.company)
        self.assertEqual(reader.read(self.posted[:2].ids), {"x": [None, None]})

    def test_a_history_does_not_depend_on_who_else_is_asked_for(self):
        together = self.read(self.bills, measure="count", group_paths=["partner_id"])
        alone = [self.read(bill, measure="count", group_paths=["partner_id"])[0] for bill in self.bills[:5]]
        self.assertEqual(together[:5], alone)

    def test_an_analytic_distribution_is_the_set_of_its_accounts(self):
        plan = self.env["account.analytic.plan"].create({"name": "Plan"})
        accounts = self.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("A", "B")]
        )
        self.bills[-1].invoice_line_ids.analytic_distribution = {str(accounts[0].id): 100}
        self.env.flush_all()
        path = spec(path="invoice_line_ids.analytic_distribution", kind="category")
        values = FeatureReader(self.env["account.move"], [path], self.env.company).read(self.bills[-2:].ids)
        self.assertEqual(values["x"], [None, str(accounts[0].id)])

    def test_without_a_group_there_is_no_history(self):
        bill = self.bills[-1].copy({"invoice_date": "2026-03-01", "partner_id": False})
        self.env.flush_all()
        self.assertEqual(self.read(bill, measure="count", group_paths=["partner_id"]), [None])

    def test_refunds_are_a_population_of_their_own(self):
        refund = self.env["account.move"].create(
            {
                "move_type": "in_refund",
                "partner_id": self.partner_a.id,
                "invoice_date": "2026-03-01",
                "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 5, "tax_ids": [(5,)]})],
            }
        )
        self.env.flush_all()
        self.assertEqual(self.read(refund, measure="count", group_paths=["partner_id"]), [0])

    def test_another_companys_bills_are_not_history(self):
        other = self.setup_other_company()["company"]
        journal = self.env["account.journal"].search(
            [("company_id", "=", other.id), ("type", "=", "purchase")], limit=1
        )
        bill = (
            self.env["account.move"]
            .with_company(other)
            .create(
                {
                    "move_type": "in_invoice",
                    "partner_id": self.partner_a.id,
                    "invoice_date": "2025-12-01",
                    "journal_id": journal.id,
                    "ref": "other",
                    "invoice_line_ids": [(0, 0, {"name": "x", "price_unit": 5, "tax_ids": [(5,)]})],
                }
            )
        )
        bill._post()
        first = self.posted.filtered(lambda b: b.partner_id == self.partner_a)[:1]
        self.env.flush_all()
        self.assertEqual(self.read(first, measure="count", group_paths=["partner_id"]), [0])
