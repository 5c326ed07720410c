"""The records behind a line of a report: a list one click away, and what those in question have in common.

The log is read here, for one window and one line; a report itself reads counts only.
"""

import numpy as np

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_datetime

from ...ml import quality
from ...ml.binning import FIRST
from ...ml.causes import common_trait
from ...ml.profile import (
    CONFIDENCE,
    CONFIDENCE_BINS,
    PREDICTION,
    SCORE,
)
from ..scoring.inference_writer import LATE
from ..tools.wording import percent

MOST_RECORDS = 5000  # that a list opens with, or that are searched for what they have in common
ONE_IMPORT = 20  # records by one person within a minute: nobody types that fast


class AiDeploymentReportLine(models.Model):
    _inherit = "ai.deployment.report.line"

    has_records = fields.Boolean(compute="_compute_has_records")

    def _compute_has_records(self):
        for line in self:
            line.has_records = bool(line.codes) or line.key == quality.ROWS

    def action_open_records(self):
        """The records of the window that this line is about, those that the user may read."""
        self.ensure_one()
        self.check_access("read")
        report, version = self.report_id, self.report_id.version_id.sudo()
        sensitive = self.key in version._sensitive_keys() and self.test != "missing"
        if sensitive and not self.env.user.has_group("ai_deployment.group_sensitive"):
            raise AccessError(self.env._("“%s” is protected: which records have which value is not shown.", self.label))
        ids = [res_id for res_id, in_question in self.sudo()._window_rows() if in_question]
        documents = self.env[report.deployment_id.res_model].with_context(active_test=False)
        found = documents.search([("id", "in", ids)])
        if not found:
            raise UserError(self.env._("None of these records is left, or you may not read them."))
        return {
            "type": "ir.actions.act_window",
            "name": self.text or self.label,
            "res_model": documents._name,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", found.ids)],
            "context": {"active_test": False, "create": False},
        }

    def _window_rows(self):
        """(id, whether it is in question) of the latest records first scored in the window, once each."""
        report = self.report_id
        logged = SQL("(failure_type IS NOT NULL OR is_intake)") if self.test == quality.FAILED else SQL("is_intake")
        rows = self.env.execute_query(
            SQL(
                "SELECT res_id, bool_or(COALESCE(%s, FALSE)) FROM ai_deployment_inference line"
                " WHERE deployment_id = %s AND version_id = %s AND %s AND date >= %s AND date < %s"
                " GROUP BY res_id ORDER BY res_id DESC LIMIT %s",
                self._in_question_sql(),
                report.deployment_id.id,
                report.version_id.id,
                logged,
                fields.Datetime.to_datetime(report.window_start),
                fields.Datetime.to_datetime(report.window_end),
                MOST_RECORDS,
            )
        )
        return rows

    def _in_question_sql(self):
        """SQL on a `line` of the log: is it one that this line of the report is about?"""
        version, codes, column = self.report_id.version_id, self.codes or [], self.key
        if isinstance(codes, dict):  # of one tag
            column, codes = codes["column"], codes["codes"]
        if self.key == quality.ROWS:
            table = SQL.identifier(self.env[self.deployment_id.res_model]._table)
            return {
                quality.FAILED: SQL("failure_type IS NOT NULL"),
                quality.REVIEW: SQL("route = 'review' AND failure_type IS NULL"),
                quality.LATE: SQL(
                    "(SELECT create_date FROM %s document WHERE document.id = line.res_id) < line.date - %s",
                    table,
                    LATE,
                ),
            }.get(self.test, SQL("TRUE"))
        if self.key == PREDICTION:
            return SQL("prediction = ANY(%s)", [code > FIRST for code in codes])
        card = version._card()
        if self.key in (SCORE, CONFIDENCE):
            bins = card.score_bins if self.key == SCORE else CONFIDENCE_BINS
            column = SQL("predicted_value") if self.key == SCORE else SQL("confidence")
            within = [bins.bounds(code) for code in codes if code >= FIRST]
            return (
                SQL(" OR ").join(
                    SQL("(%s >= %s AND (%s < %s OR %s >= %s))", column, low, column, high, high, bins.high)
                    for low, high in within
                )
                if within
                else SQL("FALSE")
            )
        place = list(card.bins_by_name).index(column)
        return SQL("substr(codes, %s, 2) = ANY(%s)", 2 * place + 1, [f"{code:02x}" for code in codes])

    # What they have in common

    def _common_text(self):
        """“82 % of them came with …”; empty where the records in question have nothing in common."""
        self.ensure_one()
        if not self.has_records or self.test == quality.VOLUME:
            return ""
        rows = dict(self.sudo()._window_rows())
        if not rows:  # retention has passed over the window
            return ""
        trait = common_trait(self._traits(list(rows)), list(rows.values()))
        return self._trait_text(trait) if trait else ""

    def _traits(self, ids):
        """What is known of records `ids` beside the inputs: {name: (n,) values}, and what looks like an import."""
        documents, version = self.env[self.deployment_id.res_model].sudo(), self.report_id.version_id.sudo()
        specs = version._specs()
        own = {specs[self.key]["path"].split(".")[0]} if self.key in specs else set()
        hidden = {specs[key]["path"].split(".")[0] for key in version._sensitive_keys() if key in specs}
        names = [name for name in documents._ai_traits() if name not in own | hidden and documents._fields[name].store]
        columns = [SQL.identifier("document", name) for name in names]
        rows = self.env.execute_query(
            SQL(
                "SELECT create_uid, date_trunc('minute', create_date) %s"
                " FROM unnest(%s::int[]) WITH ORDINALITY AS asked (id, n)"
                " LEFT JOIN %s document ON document.id = asked.id ORDER BY n",
                SQL("").join(SQL(", %s", column) for column in columns),
                ids,
                SQL.identifier(documents._table),
            )
        )
        by_minute = {}
        for row in rows:
            by_minute[row[:2]] = by_minute.get(row[:2], 0) + 1
        imports = [row[:2] if row[0] and by_minute[row[:2]] >= ONE_IMPORT else None for row in rows]
        traits = {"import": np.fromiter(imports, dtype=object, count=len(rows))}
        for place, name in enumerate(names):
            traits[name] = np.array([row[2 + place] for row in rows], dtype=object)
        return traits

    def _trait_text(self, trait):
        share, others = percent(self.env, trait.share), percent(self.env, trait.share_of_others)
        documents = self.env[self.deployment_id.res_model].sudo()
        if trait.name == "import":
            user_id, minute = trait.value
            return self.env._(
                "%(share)s of them were created within one minute, on %(when)s by %(who)s, as an import does; "
                "%(others)s of the others",
                share=share,
                others=others,
                when=format_datetime(self.env, minute, dt_format="short"),
                who=self.env["res.users"].sudo().browse(user_id).name,
            )
        field = documents._fields[trait.name]
        value = documents._ai_level_names(trait.name, [str(trait.value)]).get(str(trait.value), trait.value)
        if trait.name == "create_uid":
            return self.env._(
                "%(share)s of them were created by %(who)s, %(others)s of the others",
                share=share,
                who=value,
                others=others,
            )
        return self.env._(
            "%(share)s of them have “%(value)s” as %(field)s, %(others)s of the others",
            share=share,
            value=value,
            field=field._description_string(self.env),
            others=others,
        )
