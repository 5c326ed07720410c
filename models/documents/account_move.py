"""Vendor bills: which moves are bills, what came before them, and Odoo's own warnings (amount, duplicates)."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...ml.value import MEAN, SHARE
from ..tools import clock
from ..tools.sampling import in_drawn_order
from ..tools.wording import number, plain
from .bill_inputs import bill_inputs
from .expected_bills import expected_texts
from .field_texts import field_texts
from .measure import Measure

PURCHASE_TYPES = ("in_invoice", "in_refund", "in_receipt")
STAKE = timedelta(days=90)  # so long whoever wrote a bank account has a stake in bills that are paid to it
# Filled by posting, paying or reconciling.
KNOWN_TOO_LATE = {
    "amount_residual",
    "amount_residual_signed",
    "checked",
    "inalterable_hash",
    "invoice_has_outstanding",
    "is_manually_modified",
    "is_move_sent",
    "name",
    "payment_reference",
    "payment_state",
    "posted_before",
    "sequence_number",
    "sequence_prefix",
    "state",
    "status_in_payment",
    "write_date",
    "write_uid",
}
# What the fingerprint of a bill is made of, beside its bank account.
FINGERPRINT_FIELDS = (
    "amount_total",
    "amount_untaxed",
    "commercial_partner_id",
    "currency_id",
    "invoice_date",
    "move_type",
    "partner_bank_id",
    "partner_id",
    "ref",
)
TWINS_WITHIN_DAYS = 14  # between two bills that may be one: what comes every month is farther apart
ODOOS_WARNINGS = ("abnormal_amount_warning", "abnormal_date_warning", "duplicated_ref_ids")


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "ai.deployment.scorable.mixin"]

    _ai_comes_in_order = False  # the date on a bill is its vendor's
    _ai_list_action = "account.action_move_in_invoice_type"
    _ai_responsible_field = "invoice_user_id"
    _ai_shows_chance = False

    ai_score = fields.Float("Unusualness")
    ai_expected_text = fields.Text(
        "Usual for This Vendor",
        compute="_compute_ai_expected_text",
        copy=False,
        help="Amounts and bank account of the last posted bills of the same vendor, in the same currency.",
    )
    ai_band = fields.Selection([("high", "Very unusual"), ("middle", "Unusual"), ("low", "Normal")], "Assessment")

    @api.model
    def _ai_fields_known_too_late(self):
        return KNOWN_TOO_LATE

    @api.model
    def _ai_usual_inputs(self):
        return bill_inputs(self.env)

    @api.model
    def _ai_words(self):
        return {
            "records": self.env._("bills"),
            "positive": self.env._("unusual"),
            "negative": self.env._("usual"),
        }

    @api.model
    def _ai_base_domain(self):
        return Domain("move_type", "in", PURCHASE_TYPES)

    @api.model
    def _ai_open_domain(self):
        return Domain("state", "=", "draft")

    @api.model
    def _ai_history_domain(self):
        return Domain("move_type", "in", PURCHASE_TYPES) & Domain("state", "=", "posted")

    @api.model
    def _ai_history_fellows_domain(self):
        return Domain("move_type", "in", PURCHASE_TYPES) & Domain("state", "=", "draft")

    @api.model
    def _ai_history_partition(self, amounts):
        # A refund says nothing about what a bill usually costs, nor does an amount in another currency.
        return ("move_type", "currency_id") if amounts else ("move_type",)

    @api.model
    def _ai_history_alike_sql(self, path, value):
        # A receipt is a bill that is paid on the spot: entered once as each, it is paid twice.
        return SQL("REPLACE(%s, 'in_receipt', 'in_invoice')", value) if path == "move_type" else value

    @api.model
    def _ai_moment_sql(self, alias):
        return SQL("COALESCE(%s, %s)", SQL.identifier(alias, "invoice_date"), SQL.identifier(alias, "date"))

    @api.model
    def _ai_training_rows(self, deployment, now):
        """Posted bills up to now; nobody has judged them, so there is no label."""
        domain = deployment._record_domain() & self._ai_history_domain() & deployment._company_domain()
        query = self.sudo()._search(domain)
        moment = self._ai_moment_sql(self._table)
        query.add_where(SQL("%s <= %s", moment, now.date()))
        query.order = SQL("%s, %s", moment, in_drawn_order(SQL.identifier(self._table, "id")))
        self.flush_model(["invoice_date", "date"])
        return self.env.execute_query(query.select(SQL.identifier(self._table, "id"), moment, SQL("NULL::boolean")))

    @api.model
    def _ai_came_true(self, deployment, landmarks, from_score=False):
        """A bill that a credit note reverses within the horizon was wrong; drafts and what is gone say nothing."""
        self.flush_model(["reversed_entry_id", "state"])
        rows = self.env.execute_query(
            SQL(
                "SELECT bill.id, EXISTS (SELECT FROM account_move note WHERE note.reversed_entry_id = bill.id"
                " AND note.state <> 'cancel' AND note.create_date >= scored.moment"
                " AND note.create_date <= scored.moment + %s::interval)"
                " FROM account_move bill JOIN unnest(%s::int[], %s::timestamp[]) AS scored (id, moment)"
                " ON scored.id = bill.id WHERE bill.state = 'posted'",
                f"{deployment.horizon_days} days",
                list(landmarks),
                list(landmarks.values()),
            )
        )
        return dict(rows)

    @api.model
    def _ai_amount_sql(self, alias):
        return SQL("ABS(%s)::float8", SQL.identifier(alias, "amount_total_signed"))

    @api.model
    def _ai_directions(self):
        return self.env._("unusual"), self.env._("as usual")

    @api.depends("partner_id", "amount_total", "currency_id", "partner_bank_id", "state")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_ai_expected_text(self):
        """Of bills that show a score only: what is expected explains why one is unusual."""
        self.ai_expected_text = False
        texts = expected_texts(self.filtered("ai_score_text"))
        for bill in self:
            bill.ai_expected_text = texts.get(bill._origin.id, False)

    def action_ai_vendor_bills(self):
        """Open the last posted bills of this vendor."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id("account.action_move_in_invoice_type")
        vendor = self.commercial_partner_id
        action.update(
            name=self.env._("Bills of %s", vendor.display_name),
            domain=[
                *self._ai_history_domain(),
                ("commercial_partner_id", "=", vendor.id),
                ("id", "!=", self.id),
            ],
            context={"default_move_type": "in_invoice"},
        )
        return action

    def _ai_score_meaning(self, score):
        return self.env._("Compared with earlier bills. Unusual is not wrong, but worth a look.")

    @api.model
    def _ai_new_partner_sql(self, alias, company_id, together=()):
        """Of the commercial partner, no bill was in the books before this one, whatever its date and currency.

        What is in the books before is said in `feature_reader`. Bills are found by the contact on them, which has an
        index; the commercial partner has none.
        """
        return SQL(
            "%(partner)s IS NOT NULL AND NOT EXISTS (SELECT FROM account_move earlier WHERE earlier.partner_id = ANY("
            "ARRAY(SELECT contact.id FROM res_partner contact WHERE contact.commercial_partner_id = %(partner)s))"
            " AND earlier.company_id IN %(ours)s AND earlier.move_type IN %(types)s AND earlier.id <> %(id)s"
            " AND CASE earlier.state WHEN 'posted' THEN %(state)s <> 'posted' OR earlier.id < %(id)s"
            " WHEN 'draft' THEN %(state)s <> 'posted' AND earlier.id < %(id)s AND earlier.id = ANY(%(together)s) END)",
            partner=SQL.identifier(alias, "commercial_partner_id"),
            ours=self.env["res.company"]._ai_branches_sql(company_id),
            types=PURCHASE_TYPES,
            id=SQL.identifier(alias, "id"),
            state=SQL.identifier(alias, "state"),
            together=list(together),
        )

    @api.model
    def _ai_told_by_reasons(self):
        return {
            "amount": ("amount_total_signed", "amount_total", "amount_untaxed_signed", "amount_untaxed"),
            "new_vendor": ("commercial_partner_id", "partner_id"),
        }

    def _ai_currency(self):
        return self.sudo().exists().currency_id

    def _ai_amounts(self):
        return {bill.id: abs(bill.amount_total_signed) for bill in self}

    def _ai_incumbent(self):
        """1 where Odoo warns of the amount, of the date or of a duplicate; only drafts get an opinion.

        As it is now: other bills have come since the form of this one was opened, and whoever posts by a program
        switches the warnings off for speed.
        """
        drafts = self.sudo().filtered(lambda move: move.state == "draft")
        drafts = drafts.with_context(disable_abnormal_invoice_detection=False)
        drafts.invalidate_recordset(ODOOS_WARNINGS, flush=False)
        return {move.id: float(any(move[name] for name in ODOOS_WARNINGS)) for move in drafts}

    @api.model
    def _ai_traits(self):
        return ("journal_id", "commercial_partner_id", "invoice_user_id", "create_uid")

    @api.model
    def _ai_setup_models(self):
        return ("account.journal", "account.tax", "account.payment.term")

    def _ai_essentials(self):
        self.ensure_one()
        names = (
            "partner_id",
            "amount_total",
            "invoice_date",
            "ref",
            "invoice_date_due",
            "journal_id",
            "invoice_user_id",
            "create_uid",
        )
        essentials = field_texts(self, names, partner_id=self.env._("Vendor"), invoice_date=self.env._("Bill Date"))
        vendor = self.commercial_partner_id
        if vendor:
            earlier = self.search_count(
                self._ai_history_domain()
                & Domain("commercial_partner_id", "=", vendor.id)
                & Domain("company_id", "child_of", self.company_id.sudo().root_id.id)
                & Domain("id", "!=", self.id)
            )
            essentials.append((self.env._("Earlier Bills"), number(self.env, earlier)))
        return essentials + [(self.env._("Odoo Warning"), text) for text in self._ai_warnings()]

    def _ai_warnings(self):
        """Return the warnings of Odoo itself on this bill."""
        warnings = [self.abnormal_amount_warning, self.abnormal_date_warning]
        duplicates = self.sudo().duplicated_ref_ids  # it cannot even be computed where one of them is hidden
        if duplicates:
            names = ", ".join(duplicates.with_env(self.env)._filtered_access("read").mapped("display_name"))
            warnings.append(self.env._("Possible duplicate of %s.", names or self.env._("another bill")))
        return [warning for warning in warnings if warning]

    @api.model
    def _ai_incumbent_text(self, value):
        # shown behind "Odoo:"
        return self.env._("warns as well") if value else self.env._("does not warn")

    @api.model
    def _ai_answers(self):
        return {
            "agreed": (self.env._("Agreed with the vendor"), "any", False),
            "as_ordered": (self.env._("As ordered and delivered"), "any", False),
            "wrong_amount": (self.env._("A wrong amount or price"), "any", False),
            "billed_twice": (self.env._("Billed twice"), "any", False),
            "not_ordered": (self.env._("Not ordered or not delivered"), "any", False),
            "entered_wrongly": (self.env._("Entered wrongly"), "any", False),
            "asked_vendor": (self.env._("Asked the vendor, no answer yet"), "unsure", False),
            "other": (self.env._("Something else"), "any", True),
        }

    @api.model
    def _ai_makers_sql(self, alias):
        """Beside whoever wrote the bill: who entered its lines, or lately wrote the bank account that it is paid to.

        A bill that came by mail was made by nobody.
        """
        record, account = SQL.identifier(alias, "id"), SQL.identifier(alias, "partner_bank_id")
        return SQL(
            "%s UNION SELECT create_uid FROM account_move_line WHERE move_id = %s AND display_type = 'product'"
            " UNION SELECT user_id FROM ai_deployment_edit WHERE res_model = 'res.partner.bank' AND res_id = %s"
            "  AND date >= LEAST(%s, %s)",
            super()._ai_makers_sql(alias),
            record,
            account,
            SQL.identifier(alias, "create_date"),
            clock.now() - STAKE,
        )

    def _ai_flush_makers(self):
        self.flush_model(["create_date", "partner_bank_id"])
        self.env["account.move.line"].flush_model(["create_uid", "display_type", "move_id"])
        self.env["res.partner.bank"].flush_model(["acc_number", "partner_id"])
        return super()._ai_flush_makers()

    @api.model
    def _ai_fingerprint_sql(self, alias):
        """SQL of what somebody answered for or passed: another amount, vendor or bank account is another bill."""
        return SQL(
            "MD5(ROW(%(move)s.move_type, %(move)s.commercial_partner_id, %(move)s.partner_id,"
            " %(move)s.partner_bank_id, (SELECT ROW(acc_number, partner_id)::text FROM res_partner_bank"
            " WHERE id = %(move)s.partner_bank_id), %(move)s.currency_id, %(move)s.amount_total,"
            " %(move)s.amount_untaxed, %(move)s.invoice_date, %(move)s.ref)::text)",
            move=SQL.identifier(alias),
        )

    def _ai_fingerprints(self):
        if not self.ids:
            return {}
        self.flush_model(FINGERPRINT_FIELDS)
        self.env["res.partner.bank"].flush_model(["acc_number", "partner_id"])
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, %s FROM account_move WHERE id = ANY(%s)",
                    self._ai_fingerprint_sql("account_move"),
                    self.ids,
                )
            )
        )

    @api.model
    def _ai_obsolete_domain(self):
        return Domain("state", "=", "cancel")

    @api.model
    def _ai_value_domain(self):
        return Domain("move_type", "in", ("in_invoice", "in_receipt")) & Domain("state", "=", "posted")

    @api.model
    def _ai_value_measures(self, deployment, alias):
        """Minutes are real where a reviewer's time was taken; nobody's where Odoo itself posted the bill."""
        record, minutes = SQL.identifier(alias, "id"), deployment.value_minutes
        alone = SQL("(%s = %s)", self._ai_posted_by_sql(alias), self.env.ref("base.user_root").id)
        reviewed = SQL(
            "(SELECT SUM(review.seconds_spent) / 60 FROM ai_deployment_review review WHERE review.deployment_id = %s"
            " AND review.res_id = %s AND review.state = 'decided' AND review.seconds_spent > 0)",
            deployment.id,
            record,
        )
        return {
            "minutes": Measure(
                self.env._("Minutes per bill"),
                MEAN,
                "minutes",
                SQL(
                    "COALESCE(%s, CASE WHEN %s THEN 0 WHEN NOT %s THEN %s END)", reviewed, alone, alone, minutes or None
                ),
                -deployment.value_hourly_cost / 60 if deployment.value_hourly_cost else None,
                self.env._("%s minutes for each bill posted without a review", plain(self.env, minutes))
                if minutes
                else "",
                holds_reviews=True,
                basis=f"{minutes:g}" if minutes else "",
            ),
            "duplicates": Measure(
                self.env._("Losses by duplicates and wrong bills, per bill"),
                MEAN,
                "money",
                self._ai_lost_sql(alias, deployment),
                -1.0,
            ),
            "unattended": Measure(
                self.env._("Posted without a review"),
                SHARE,
                "share",
                SQL("CASE WHEN %s THEN 1 WHEN NOT %s THEN 0 END", alone, alone),
            ),
        }

    @api.model
    def _ai_posted_by_sql(self, alias):
        """SQL of who posted a bill, by its tracking; NULL where that was not tracked."""
        return SQL(
            "(SELECT message.create_uid FROM mail_message message"
            " JOIN mail_tracking_value tracked ON tracked.mail_message_id = message.id"
            " WHERE message.model = %s AND message.res_id = %s AND tracked.field_id = %s"
            " ORDER BY tracked.id DESC LIMIT 1)",
            self._name,
            SQL.identifier(alias, "id"),
            self.env["ir.model.fields"]._get(self._name, "state").id,
        )

    @api.model
    def _ai_lost_sql(self, alias, deployment):
        """SQL of the money in a bill that should not have been paid: credited in time, or paid a second time.

        Paid a second time is a bill like an earlier one of nearly the same date only where a reviewer called one of
        the two wrong: ten rents under one reference, or part deliveries of one order, are as they should be. Where a
        credit note says it, the money counts once, on the credited bill.
        """
        bill, amount = SQL.identifier(alias), SQL("ABS(%s)", SQL.identifier(alias, "amount_total_signed"))
        same = SQL(" AND ").join(
            SQL("%s = %s", SQL.identifier("twin", name), SQL.identifier(alias, name))
            for name in ("ref", "move_type", "commercial_partner_id", "currency_id", "amount_total")
        )
        paid_twice = SQL(
            "%(bill)s.payment_state IN ('paid', 'in_payment', 'partial') AND EXISTS (SELECT FROM account_move twin"
            " WHERE %(same)s AND twin.state = 'posted' AND twin.id < %(bill)s.id AND twin.company_id IN %(ours)s"
            " AND %(then)s BETWEEN %(now)s - %(near)s::interval AND %(now)s + %(near)s::interval"
            " AND %(credited)s IS NULL AND EXISTS (SELECT FROM ai_deployment_review review"
            "  WHERE review.deployment_id = %(deployment)s AND review.res_id IN (%(bill)s.id, twin.id)"
            "  AND review.state = 'decided' AND review.is_label AND review.ground_truth = 'positive'))",
            bill=bill,
            same=same,
            ours=self.env["res.company"]._ai_branches_sql(deployment.company_id.id),
            then=self._ai_moment_sql("twin"),
            now=self._ai_moment_sql(alias),
            near=f"{TWINS_WITHIN_DAYS} days",
            credited=self._ai_credited_sql("twin", deployment.horizon_days),
            deployment=deployment.id,
        )
        credited = self._ai_credited_sql(alias, deployment.horizon_days)
        return SQL("CASE WHEN %s THEN %s ELSE LEAST(%s, COALESCE(%s, 0)) END", paid_twice, amount, amount, credited)

    @api.model
    def _ai_credited_sql(self, alias, days):
        """SQL of what credit notes took back of a bill within `days`; NULL where there is none."""
        return SQL(
            "(SELECT SUM(ABS(note.amount_total_signed)) FROM account_move note WHERE note.reversed_entry_id = %s"
            " AND note.state = 'posted' AND %s <= %s + %s::interval)",
            SQL.identifier(alias, "id"),
            self._ai_moment_sql("note"),
            self._ai_moment_sql(alias),
            f"{days} days",
        )
