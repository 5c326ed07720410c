"""Histories against the same measures worked out slowly, record by record, in plain Python."""

import datetime
import itertools
import math
import random
from types import SimpleNamespace

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.features.feature_reader import MEASURES, VALUE_MEASURES, FeatureReader
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import spec
from odoo.addons.ai_deployment.tests.gate.common import GateCase

WINDOWS = (0, 1, 5, 40)


class Slow:
    """The measures of histories as one would explain them: for each record, go through all others.

    :param records: plain records with `id`, `day` (of type date or datetime), `is_known`, `is_fellow`, `amount`,
        `currency`, and what they are grouped by, as attributes
    :param in_order: whether records come in the order of their days
    """

    def __init__(self, records, in_order):
        self.records, self.in_order = records, in_order

    def is_earlier(self, other, record):
        """Whether `other` was in the books when `record` was judged."""
        if other.is_known and not record.is_known:
            return True
        if other.is_known != record.is_known or not (other.is_known or other.is_fellow):
            return False
        if self.in_order:
            return (other.day, other.id) < (record.day, record.id)
        return other.id < record.id

    def earlier(self, record, groups, days=0):
        return [
            other
            for other in self.records
            if self.is_earlier(other, record)
            and all(getattr(other, name) == getattr(record, name) for name in groups)
            and (not days or abs(other.day - record.day) <= datetime.timedelta(days=days))
        ]

    def measure(self, measure, record, groups, days, split):
        """The value of a measure; `split` are attributes in which records must be the same in any case."""
        if any(getattr(record, name) is None for name in groups):
            return None
        whole, first = [*split, *groups], [*split, groups[0]]
        earlier = self.earlier(record, whole, days)
        amounts = [math.log(other.amount) for other in earlier if other.amount]
        usual = sum(amounts) / len(amounts) if amounts else None
        match measure:
            case "count":
                return len(earlier)
            case "days_since":
                gaps = [abs(record.day - other.day) / datetime.timedelta(days=1) for other in earlier]
                return min(gaps, default=None)
            case "ratio":
                return record.amount / math.exp(usual) if usual is not None and record.amount else None
            case "ratio_max":
                highest = max((other.amount for other in earlier), default=0)
                return record.amount / highest if highest else None
            case "deviation":
                if len(earlier) < 5 or not record.amount or len(amounts) < 2:
                    return None
                spread = math.sqrt(sum((one - usual) ** 2 for one in amounts) / (len(amounts) - 1))
                return (math.log(record.amount) - usual) / max(spread, 0.1)
            case "share":
                of_first = self.earlier(record, first, days)
                return len(earlier) / len(of_first) if of_first else None
        return self.event(measure, record, whole, first, days)

    def event(self, measure, record, whole, first, days):
        past = self.earlier(record, first)
        is_new = [other for other in past if not self.earlier(other, whole)]
        if measure == "first_time":
            if self.earlier(record, whole, days):
                return 1
            return (len(is_new) + 0.5) / (len(past) + 1)
        if measure == "repeat":
            if not self.is_first_repeat(record, whole, days):
                return 1
            return (sum(self.is_first_repeat(other, whole, days) for other in past) + 0.5) / (len(is_new) + 1)
        if not self.is_slip(measure, record, whole, days):
            return 1
        return (sum(self.is_slip(measure, other, whole, days) for other in past) + 0.5) / (len(past) + 1)

    def is_first_repeat(self, record, whole, days):
        if not self.earlier(record, whole, days):
            return False
        return not any(self.earlier(other, whole, days) for other in self.earlier(record, whole))

    def is_slip(self, measure, record, whole, days):
        if any(getattr(record, name) is None for name in whole):
            return False
        now = f"{round(record.amount * 100)}"
        if any(f"{round(other.amount * 100)}" == now for other in self.earlier(record, whole)):
            return False
        return any(
            _is_slip(measure, now, f"{round(other.amount * 100)}") for other in self.earlier(record, whole, days)
        )


def _is_slip(measure, one, other):
    if one == "0" or other == "0":
        return False
    if measure == "shifted":
        small, large = sorted((int(one), int(other)))
        return large in (10 * small, 100 * small, 1000 * small)
    swaps = (other[:n] + other[n + 1] + other[n] + other[n + 2 :] for n in range(len(other) - 1))
    return one != other and one in swaps


class HistoryCase:
    """What both kinds of documents are tried with."""

    def check(self, documents, records, in_order, declared, split_amounts):
        """Every measure of every record, all asked at once and some of them alone."""
        ids = [record.id for record in records]
        for measure, groups, days in declared:
            own = spec(
                source="history",
                measure=measure,
                group_paths=[path for path, _name in groups],
                window_days=days,
                value_path=self.amount if measure in VALUE_MEASURES else "",
            )
            names = [name for _path, name in groups]
            amounts = measure in VALUE_MEASURES or "amount" in names
            split = split_amounts if amounts else [name for name in split_amounts if name != "currency"]
            with self.subTest(measure=measure, groups=names, days=days):
                got = FeatureReader(documents, [own], self.env.company).read(ids)["x"]
                slow = Slow(records, in_order)
                for record, value in zip(records, got, strict=True):
                    wanted = slow.measure(measure, record, names, days, split)
                    text = f"{record} among all"
                    self.assertEqual(value is None, wanted is None, text)
                    if value is not None:
                        self.assertAlmostEqual(float(value), wanted, 6, text)


@tagged("post_install", "-at_install")
class TestHistoriesOfBills(HistoryCase, GateCase):
    amount = "amount_total"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gate.gate = "off"
        rng = random.Random(20260301)
        branch = cls.env["res.company"].create({"name": "Branch", "parent_id": cls.env.company.id})
        cls.env.cr.precommit.run()
        cls.env.user.company_ids += branch
        foreign = cls.env.ref("base.JPY") + cls.env.ref("base.CHF")
        foreign.active = True
        currencies = (cls.env.company.currency_id + foreign[1]).ids
        sample = cls.make_bill()
        journals = sample.journal_id + sample.journal_id.copy({"code": "BIL2"})
        journals.default_account_id = sample.invoice_line_ids.account_id
        sample.unlink()
        cls.bills = cls.env["account.move"]
        for number in range(50):
            cls.bills += cls.make_bill(
                rng.choice([120.5, 102.5, 210.5, 1205.0, 120.5, 88.0, 80.8, 0.0]),
                move_type=rng.choice(["in_invoice"] * 9 + ["in_refund"]),
                day=datetime.date(2026, 1, 1) + datetime.timedelta(days=int(rng.triangular(0, 60, number * 1.1))),
                partner_id=rng.choice((cls.vendor + cls.other_vendor).ids),
                currency_id=rng.choice(currencies),
                company_id=rng.choice([cls.env.company.id] * 3 + [branch.id]),
                journal_id=rng.choice(journals.ids),
                ref=f"{number}",
            )
        for bill in rng.sample(list(cls.bills), 34):
            bill._post()
        rng.choice([bill for bill in cls.bills if bill.state == "draft"]).button_cancel()
        cls.env.flush_all()

    def records(self, together):
        return [
            SimpleNamespace(
                id=bill.id,
                day=bill.invoice_date,
                is_known=bill.state == "posted",
                is_fellow=bill.state == "draft" and bill in together,
                amount=bill.amount_total,
                currency=bill.currency_id.id,
                move_type=bill.move_type,
                vendor=bill.partner_id.id,
                journal=bill.journal_id.id,
            )
            for bill in self.bills
        ]

    def declared(self):
        vendor, journal, amount = ("partner_id", "vendor"), ("journal_id", "journal"), ("amount_total", "amount")
        groups = [[vendor], [vendor, journal], [vendor, amount]]
        return [
            (measure, group, days)
            for measure, group, days in itertools.product(MEASURES, groups, WINDOWS)
            if not (measure in VALUE_MEASURES and amount in group)
        ]

    def test_all_measures_of_bills_that_come_out_of_order(self):
        self.check(
            self.env["account.move"], self.records(self.bills), False, self.declared(), ["move_type", "currency"]
        )

    def test_what_is_not_judged_together_is_not_seen(self):
        declared = spec(source="history", measure="count", group_paths=["partner_id"], window_days=5)
        for bill in self.bills.filtered(lambda one: one.state != "posted"):
            reader = FeatureReader(self.env["account.move"], [declared], self.env.company)
            slow = Slow(self.records(bill), False)
            [record] = [record for record in slow.records if record.id == bill.id]
            self.assertEqual(reader.read(bill.ids)["x"], [slow.measure("count", record, ["vendor"], 5, ["move_type"])])

    def test_several_at_once_are_as_each_alone_and_take_one_statement(self):
        specs = [
            spec(
                key=f"{number}",
                source="history",
                measure=measure,
                group_paths=[path for path, _name in groups],
                window_days=days,
                value_path="amount_total" if measure in VALUE_MEASURES else "",
            )
            for number, (measure, groups, days) in enumerate(self.declared())
        ][::3]
        ids = self.bills.ids
        documents = self.env["account.move"]
        with self.assertQueryCount(1):
            together = FeatureReader(documents, specs, self.env.company).read(ids)
        for one in specs:
            alone = FeatureReader(documents, [one], self.env.company).read(ids)
            self.assertEqual(together[one["key"]], alone[one["key"]], one)


@tagged("post_install", "-at_install")
class TestHistoriesOfLeads(HistoryCase, AiDeploymentCase):
    amount = "expected_revenue"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rng = random.Random(11)
        cls.partners = cls.env["res.partner"].create([{"name": "P"}, {"name": "Q"}])
        sources = cls.env["utm.source"].create([{"name": name} for name in ("S1", "S2")])
        cls.leads = cls.make_leads(60)
        moments = [
            datetime.datetime(2026, 1, 1, 8) + datetime.timedelta(hours=rng.choice([0, 0, 24, 100, 101, 500, 900]))
            for _lead in cls.leads
        ]
        for lead in cls.leads:
            lead.write(
                {
                    "partner_id": rng.choice(cls.partners.ids),
                    "source_id": rng.choice([*sources.ids, False]),
                    "expected_revenue": rng.choice([1200, 2100, 120, 12000, 500, 0]),
                }
            )
        cls.env.flush_all()
        cls.env.cr.execute_values(
            "UPDATE crm_lead SET create_date = new.moment FROM (VALUES %s) AS new (id, moment)"
            " WHERE crm_lead.id = new.id",
            list(zip(cls.leads.ids, moments, strict=True)),
        )
        cls.env.invalidate_all()

    def test_all_measures_of_leads_of_which_some_came_at_one_moment(self):
        records = [
            SimpleNamespace(
                id=lead.id,
                day=lead.create_date,
                is_known=True,
                is_fellow=False,
                amount=lead.expected_revenue,
                partner=lead.partner_id.id,
                source=lead.source_id.id or None,
            )
            for lead in self.leads
        ]
        partner, source = ("partner_id", "partner"), ("source_id", "source")
        declared = [
            (measure, groups, days)
            for measure, groups, days in itertools.product(MEASURES, ([partner], [partner, source]), WINDOWS)
        ]
        self.check(self.env["crm.lead"], records, True, declared, [])

    def test_two_leads_of_one_import_know_which_is_the_second(self):
        """The same customer twice in one file: one moment, two ids."""
        partner = self.env["res.partner"].create({"name": "Twice"})
        first, second = self.make_leads(2, partner_id=partner.id, email_from="twice@example.com")
        self.env.flush_all()
        for path in ("partner_id", "email_normalized"):
            declared = spec(source="history", measure="count", group_paths=[path], window_days=30)
            reader = FeatureReader(self.env["crm.lead"], [declared], self.env.company)
            self.assertEqual(reader.read((second + first).ids)["x"], [1, 0])
            self.assertEqual(reader.read(second.ids)["x"], [1])

    def test_texts_that_differ_in_blanks_are_one_group_and_a_blank_text_is_none(self):
        leads = self.make_leads(4)
        for lead, city in zip(leads, ("Ghent", " Ghent ", "  ", "  "), strict=True):
            lead.city = city
        declared = spec(source="history", measure="count", group_paths=["city"])
        reader = FeatureReader(self.env["crm.lead"], [declared], self.env.company)
        self.assertEqual(reader.read(leads.ids)["x"], [0, 1, None, None])
