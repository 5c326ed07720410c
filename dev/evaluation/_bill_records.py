"""Payments as posted vendor bills: one balanced move each, a product line and a payable line."""

import itertools

from odoo import Command
from odoo.tools import SQL

from . import _copies
from ._copies import new, scaled

MOVE_AMOUNTS = (
    "amount_untaxed amount_total amount_residual amount_untaxed_signed amount_total_signed amount_residual_signed"
    " amount_total_in_currency_signed amount_untaxed_in_currency_signed"
).split()
LINE_AMOUNTS = (
    "debit credit balance amount_currency amount_residual amount_residual_currency"
    " price_unit price_subtotal price_total"
).split()
STAGED = {
    "id": "int4",
    "ref": "varchar",
    "day": "date",
    "partner_id": "int4",
    "vendor": "varchar",
    "department_id": "varchar",
    "account_id": "int4",
    "journal_id": "int4",
    "invoice_origin": "varchar",
    "amount": "numeric",
    "name": "varchar",
    "sequence_prefix": "varchar",
    "sequence_number": "int4",
}


class Bills:
    """Loads payments; `ids` holds the move of each, in the same order, ascending."""

    def __init__(self, env, payments):
        self.env = env
        self.payments = payments
        self.partner = self._vendors()
        self.account = self._accounts()
        self.department = self._departments()
        self.journal = self._journals()
        self.ids = self._load()

    def records(self, rows):
        return self.env["account.move"].browse(self.ids[row] for row in rows)

    # What bills refer to

    def _names(self, attribute):
        return sorted({getattr(payment, attribute) for payment in self.payments})

    def _vendors(self):
        names = self._names("vendor")
        template = self.env["res.partner"].create({"name": "Template", "is_company": True, "supplier_rank": 1})
        ids = _reserve(self.env, "res_partner", len(names))
        _copies.stage(self.env, "new_vendors", {"id": "int4", "name": "varchar"}, zip(ids, names, strict=True))
        overrides = {"id": new("id"), "commercial_partner_id": new("id")}
        overrides |= {column: new("name") for column in ("name", "complete_name")}
        _copies.copy(self.env, template, "new_vendors", overrides)
        template.active = False
        return dict(zip(names, ids, strict=True))

    def _accounts(self):
        names = self._names("account")
        accounts = self.env["account.account"].create(
            [{"name": name, "code": f"EV{number:04}", "account_type": "expense"} for number, name in enumerate(names)]
        )
        return dict(zip(names, accounts.ids, strict=True))

    def _departments(self):
        names = self._names("department")
        plan = self.env["account.analytic.plan"].create({"name": "Departments"})
        accounts = self.env["account.analytic.account"].create([{"name": name, "plan_id": plan.id} for name in names])
        return dict(zip(names, accounts.ids, strict=True))

    def _journals(self):
        names = self._names("document_type")
        journals = self.env["account.journal"].create(
            [{"name": f"Bills {name}", "code": name[:5], "type": "purchase"} for name in names]
        )
        return dict(zip(names, journals, strict=True))

    # Bills

    def _load(self):
        ids = _reserve(self.env, "account_move", len(self.payments))
        rows = list(self._rows(ids))
        for is_refund in (False, True):
            chosen = [row for row, payment in zip(rows, self.payments, strict=True) if payment.is_refund == is_refund]
            if chosen:
                self._copy("in_refund" if is_refund else "in_invoice", chosen)
        _copies.analyze(self.env, "account_move", "account_move_line", "res_partner")
        return ids

    def _rows(self, ids):
        numbers = {}
        for move_id, payment in zip(ids, self.payments, strict=True):
            journal = self.journal[payment.document_type]
            prefix = f"{journal.code}/{payment.day.year}/"
            number = next(numbers.setdefault(prefix, itertools.count(1)))
            yield (
                move_id,
                payment.reference,
                payment.day,
                self.partner[payment.vendor],
                payment.vendor,
                self.department[payment.department],
                self.account[payment.account],
                journal.id,
                payment.contract,
                payment.amount,
                f"{prefix}{number:06}",
                prefix,
                number,
            )

    def _copy(self, move_type, rows):
        move = self._template(move_type)
        _copies.stage(self.env, "new_bills", STAGED, rows)
        same = "ref partner_id journal_id".split()
        on_move = ["id", "name", "sequence_prefix", "sequence_number", "invoice_origin"]
        dates = "invoice_date date invoice_date_due create_date write_date".split()
        _copies.copy(
            self.env,
            move,
            "new_bills",
            {name: new(name) for name in same + on_move}
            | {name: new("partner_id") for name in ("commercial_partner_id", "partner_shipping_id")}
            | {name: new("day") for name in dates}
            | {"invoice_partner_display_name": new("vendor")}
            | scaled(MOVE_AMOUNTS),
        )
        common = {name: new(name) for name in same}
        common |= {name: new("day") for name in ("invoice_date", "date", "create_date", "write_date")}
        common |= {"move_id": new("id"), "move_name": new("name")} | scaled(LINE_AMOUNTS)
        product = move.line_ids.filtered(lambda line: line.display_type == "product")
        payable = move.line_ids - product
        distribution = SQL("jsonb_build_object(%s, 100.0)", new("department_id"))
        own = {"account_id": new("account_id"), "analytic_distribution": distribution}
        _copies.copy(self.env, product, "new_bills", common | own)
        _copies.copy(self.env, payable, "new_bills", common | {"name": new("ref"), "date_maturity": new("day")})
        move.button_draft()
        move.with_context(force_delete=True).unlink()

    def _template(self, move_type):
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": next(iter(self.partner.values())),
                "invoice_date": "2016-01-01",
                "date": "2016-01-01",
                "ref": f"Template {move_type}",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Services",
                            "price_unit": 1.0,
                            "tax_ids": [],
                            "account_id": next(iter(self.account.values())),
                            "analytic_distribution": {str(next(iter(self.department.values()))): 100},
                        }
                    )
                ],
            }
        )
        move.action_post()
        return move


def _reserve(env, table, count):
    """`count` consecutive new ids."""
    sequence = f"{table}_id_seq"
    first = env.execute_query(SQL("SELECT nextval(%s)", sequence))[0][0]
    env.cr.execute("SELECT setval(%s, %s)", [sequence, first + count - 1])
    return list(range(first, first + count))
