"""Vendor bills in the database: the posted history in batches, then day by day the drafts that come and are posted."""

import json
from datetime import timedelta

from odoo.tools import SQL

from .bill_plan import COPY
from .people import branch_of, user
from .vendors import ACCOUNTS

QUIET = {"tracking_disable": True, "mail_create_nosubscribe": True, "mail_create_nolog": True, "mail_notrack": True}
BATCH = 250
ACCOUNTANTS = ("luis", "anna")
LINE_TEXTS = ["as per order", "delivery", "monthly charge", "service", "call-off", "order confirmed by phone"]


class Bills:
    def __init__(self, env, days, vendors, plan):
        self.env, self.days, self.vendors, self.plan = env, days, vendors, plan
        self._known = None

    def create_vendors(self):
        """Vendors, their bank accounts and the expense accounts that the firm keeps."""
        env, company = self.env, self.env.company
        env["account.account"].create(
            [{"name": name, "code": code, "account_type": "expense"} for name, code in ACCOUNTS.items()]
        )
        terms = {term.name: term.id for term in env["account.payment.term"].with_context(lang="en_US").search([])}
        countries = {c.code: c.id for c in env["res.country"].search([("code", "in", ["US", "CA", "DE", "GB"])])}
        partners = (
            env["res.partner"]
            .with_context(**QUIET)
            .create(
                [
                    {
                        "name": vendor.name,
                        "is_company": True,
                        "supplier_rank": 1,
                        "country_id": countries[vendor.country],
                        "property_supplier_payment_term_id": terms.get(f"{vendor.term_days} Days", False),
                    }
                    for vendor in self.vendors
                ]
            )
        )
        env["ir.config_parameter"].sudo().set_param("harrow_creek.vendor_ids", json.dumps(partners.ids))
        env["res.partner.bank"].create(
            [
                {
                    "acc_number": number,
                    "partner_id": partners[vendor].id,
                    "company_id": company.id,
                    "allow_out_payment": number == self.vendors[vendor].bank_account
                    and not self.vendors[vendor].is_unknown,
                }
                for vendor, number in self._bank_accounts()
            ]
        )
        moments = [
            (id_, self.days.at(max(v.first_day - 1, 0), 540)) for id_, v in zip(partners.ids, self.vendors, strict=True)
        ]
        env.cr.execute_values(
            "UPDATE res_partner SET create_date = new.moment FROM (VALUES %s) AS new (id, moment)"
            " WHERE res_partner.id = new.id",
            moments,
        )

    def _bank_accounts(self):
        """(vendor, number) of every account that stands on some bill."""
        pairs = {(bill.vendor, bill.bank_account) for bill in self.plan}
        return sorted((vendor, number) for vendor, number in pairs if number)

    # History

    def create_history(self):
        """What came before the training, posted in the order of its dates where it was posted by then."""
        past = [number for number, bill in enumerate(self.plan) if bill.day < self.days.training]
        for start in range(0, len(past), BATCH):
            numbers = past[start : start + BATCH]
            bills = self._create(numbers)
            self.env.cr.precommit.run()  # of what was created in the same go Odoo tracks nothing
            due = [
                bill.id
                for bill, number in zip(bills, numbers, strict=True)
                if (self.plan[number].post_day or self.days.count) < self.days.training
            ]
            self._book(bills.browse(due), start // BATCH)
            self.env.flush_all()
            self.env.cr.precommit.run()  # who posted is written down
            self.env.invalidate_all()
        self._date_postings()
        self._keep_odd_ids()

    # One day

    def come(self, day):
        """The bills that are entered as drafts on a day."""
        bills = self._create([number for number, bill in enumerate(self.plan) if bill.day == day])
        self._keep_odd_ids()
        return bills

    def post(self, day):
        """The drafts that an accountant posts on a day."""
        ids = self.ids()
        due = [ids[number] for number, bill in enumerate(self.plan) if bill.post_day == day and bill.day < day]
        bills = self.env["account.move"].browse(due)
        self._book(bills.filtered(lambda bill: bill.state == "draft"), day)

    def _book(self, bills, turn):
        """Post as one of the accountants, with a message that says so: it tells what people do without a review."""
        loud = dict.fromkeys(QUIET, False)
        accountant = user(self.env, ACCOUNTANTS[turn % len(ACCOUNTANTS)])
        bills.with_user(accountant).sudo().with_context(**loud)._post(soft=False)

    def _date_postings(self):
        """Give the messages of the past the days of their bills; Odoo's clock has written today."""
        self.env.cr.execute(
            "UPDATE mail_message AS message SET date = move.date, create_date = move.date FROM account_move AS move"
            " WHERE message.model = 'account.move' AND message.res_id = move.id"
        )

    def try_copies(self, accountant):
        """An accountant tries to post the drafts that were entered twice, one by one, as on the form."""
        on_the_form = {"disable_abnormal_invoice_detection": False}
        for bill in self.env["account.move"].browse(self.odd_ids()[COPY]):
            if bill.state == "draft":
                bill.with_user(accountant).with_context(**on_the_form).action_post()

    def name_vendor(self, bill):
        """What an accountant does about a bill without a vendor: read it."""
        bill.partner_id = self._known_ids()["vendors"][self.plan[self.ids().index(bill.id)].vendor]

    def drafts(self):
        return self.env["account.move"].search([("move_type", "=", "in_invoice"), ("state", "=", "draft")])

    def ids(self):
        """Ids of the bills that came so far, in the order of the plan: they are created in that order."""
        query = SQL("SELECT id FROM account_move WHERE move_type = 'in_invoice' ORDER BY id LIMIT %s", len(self.plan))
        return [row[0] for row in self.env.execute_query(query)]

    def ids_of_branch(self):
        """Ids of the bills that the branch has to pay."""
        return [id_ for id_, bill in zip(self.ids(), self.plan, strict=False) if bill.is_of_branch]

    def odd_ids(self):
        """Ids of the planted bills that came so far, by kind."""
        return json.loads(self.env["ir.config_parameter"].sudo().get_param("harrow_creek.odd_bills", "{}"))

    def _keep_odd_ids(self):
        odd = {}
        for id_, bill in zip(self.ids(), self.plan, strict=False):
            if bill.odd:
                odd.setdefault(bill.odd, []).append(id_)
        self.env["ir.config_parameter"].sudo().set_param("harrow_creek.odd_bills", json.dumps(odd))

    # Creating

    def _create(self, numbers):
        """Drafts with all their lines given, so that Odoo need not work them out: a third of the time."""
        quick = self.env["account.move"].with_context(**QUIET, skip_invoice_sync=True)
        bills = quick.create([self._values(number) for number in numbers]).with_context(skip_invoice_sync=False)
        bills.flush_recordset()
        moments = [self.days.at(self.plan[number].day, 540 + number % 400) for number in numbers]
        if moments:
            self.env.cr.execute_values(
                "UPDATE account_move SET create_date = new.moment FROM (VALUES %s) AS new (id, moment)"
                " WHERE account_move.id = new.id",
                list(zip(bills.ids, moments, strict=True)),
            )
            bills.invalidate_recordset(["create_date"])
        return bills

    def _values(self, number):
        bill, known = self.plan[number], self._known_ids()
        day = self.days.date(bill.day if bill.dated is None else bill.dated)
        company = {"company_id": known["branch"]} if bill.is_of_branch else {}  # the journal's, unless it is said
        partner = not bill.is_nameless and known["vendors"][bill.vendor]
        return {
            **company,
            "move_type": "in_invoice",
            "journal_id": known["journal"],
            "partner_id": partner,
            "invoice_date": day,
            "date": day,
            "ref": bill.ref,
            "partner_bank_id": bill.bank_account and partner and known["banks"][partner, bill.bank_account],
            "invoice_user_id": False,
            "line_ids": [(0, 0, line) for line in [*self._expense_lines(number), self._payable_line(bill, partner)]],
        }

    def _expense_lines(self, number):
        for place, (account, amount) in enumerate(self.plan[number].lines):
            yield {
                "name": f"{account}, {LINE_TEXTS[(number + place) % len(LINE_TEXTS)]}",
                "account_id": self._known_ids()["accounts"][account],
                "quantity": 1,
                "price_unit": amount,
                "balance": amount,
                "amount_currency": amount,
                "tax_ids": [],
            }

    def _payable_line(self, bill, partner):
        total = round(sum(amount for _account, amount in bill.lines), 2)
        term_days = (self.vendors[bill.vendor].term_days or 0) if partner else 0
        return {
            "display_type": "payment_term",
            "name": bill.ref,
            "account_id": self._known_ids()["payable"],
            "quantity": 0,
            "balance": -total,
            "amount_currency": -total,
            "discount_amount_currency": 0.0,
            "discount_balance": 0.0,
            "date_maturity": self.days.date(bill.day) + timedelta(days=term_days),
        }

    def _known_ids(self):
        if self._known is None:
            env = self.env
            parameters = env["ir.config_parameter"].sudo()
            accounts = env["account.account"].search([("code", "in", list(ACCOUNTS.values()))])
            banks = env["res.partner.bank"].search([])
            self._known = {
                "vendors": json.loads(parameters.get_param("harrow_creek.vendor_ids")),
                "accounts": {account.name: account.id for account in accounts},
                "banks": {(bank.partner_id.id, bank.acc_number): bank.id for bank in banks},
                "payable": env["res.partner"].new({}).property_account_payable_id.id,
                "branch": branch_of(env).id,
                "journal": env["account.journal"].search([("type", "=", "purchase")], limit=1).id,
            }
        return self._known
