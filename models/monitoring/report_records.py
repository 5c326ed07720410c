"""The records behind a line of a report: which ones are in question, and what these have in common.

The log is read here, for one window and one line; a report itself reads counts only.
"""

from collections import Counter
from typing import cast

import numpy as np

from odoo import fields
from odoo.models import BaseModel
from odoo.tools import SQL, format_datetime

from ...ml import quality
from ...ml.binning import FIRST
from ...ml.causes import Trait, common_trait
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


class ReportRecords:
    """The records that a line of a report is about.

    :param line: `ai.deployment.report.line`; read in sudo, so that who calls filters what a user may see
    """

    def __init__(self, line: BaseModel) -> None:
        self.line = line.sudo()
        self.env = self.line.env
        self.report, self.version = self.line.report_id, self.line.report_id.version_id
        self.documents = self.env[self.line.deployment_id.res_model]

    def ids(self) -> list[int]:
        """Return the ids of the records in question, at most `MOST_RECORDS` are searched."""
        return [res_id for res_id, in_question in self._window_rows() if in_question]

    def common_text(self) -> str:
        """Return “82 % of them came with …”; empty where the records in question have nothing in common."""
        if not self.line.has_records or self.line.test == quality.VOLUME:
            return ""
        rows = dict(self._window_rows())
        if not rows:  # retention has passed over the window
            return ""
        trait = common_trait(self._traits(list(rows)), list(rows.values()))
        return self._trait_text(trait) if trait else ""

    def _window_rows(self) -> list[tuple[int, bool]]:
        """Return (id, whether it is in question) of the latest records first scored in the window, once each."""
        logged = (
            SQL("(failure_type IS NOT NULL OR is_first_inference)")
            if self.line.test == quality.FAILED
            else SQL("is_first_inference")
        )
        return self.env.execute_query(
            SQL(
                "SELECT res_id, bool_or(COALESCE(%s, FALSE)) FROM ai_deployment_inference line"
                " WHERE deployment_id = %s AND version_id = %s AND %s AND date >= %s AND date < %s"
                " GROUP BY res_id ORDER BY res_id DESC LIMIT %s",
                self._in_question_sql(),
                self.report.deployment_id.id,
                self.report.version_id.id,
                logged,
                fields.Datetime.to_datetime(self.report.window_start),
                fields.Datetime.to_datetime(self.report.window_end),
                MOST_RECORDS,
            )
        )

    def _in_question_sql(self) -> SQL:
        """Return a condition on a `line` of the log: the line of the report is about it."""
        key, codes = self.line.key, self.line.codes or []
        column = key
        if isinstance(codes, dict):  # of one tag
            column, codes = codes["column"], codes["codes"]
        if key == quality.ROWS:
            table = SQL.identifier(self.documents._table)
            return {
                quality.FAILED: SQL("failure_type IS NOT NULL"),
                quality.REVIEW: SQL("route = 'review' AND failure_type IS NULL"),
                quality.LATE: SQL(
                    "(SELECT create_date FROM %s document WHERE document.id = line.res_id) < line.date - %s",
                    table,
                    LATE,
                ),
            }.get(self.line.test, SQL("TRUE"))
        if key == PREDICTION:
            return SQL("prediction = ANY(%s)", [code > FIRST for code in codes])
        card = self.version._card()
        if key in (SCORE, CONFIDENCE):
            bins = card.score_bins if key == SCORE else CONFIDENCE_BINS
            column = SQL("predicted_value") if key == SCORE else SQL("confidence")
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

    def _traits(self, ids: list[int]) -> dict[str, np.ndarray]:
        """Return {name: (n,) values} of what is known of records `ids` beside the inputs, and which look imported."""
        documents, key = self.documents, self.line.key
        specs = self.version._specs()
        own = {specs[key]["path"].split(".")[0]} if key in specs else set()
        hidden = {specs[key]["path"].split(".")[0] for key in self.version._sensitive_keys() if key in specs}
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
        made = [(user_id, minute) for user_id, minute, *_told in rows]
        at_once = Counter(made)
        imports = [origin if all(origin) and at_once[origin] >= ONE_IMPORT else None for origin in made]
        traits = {"import": np.fromiter(imports, dtype=object, count=len(rows))}
        for place, name in enumerate(names):
            traits[name] = np.array([told[place] for _user, _minute, *told in rows], dtype=object)
        return traits

    def _trait_text(self, trait: Trait) -> str:
        share, others = percent(self.env, trait.share), percent(self.env, trait.share_of_others)
        documents = self.documents
        if trait.name == "import":
            user_id, minute = cast("tuple", trait.value)
            return self.env._(
                "%(share)s of them were created within one minute, on %(when)s by %(who)s, as an import does; "
                "%(others)s of the others",
                share=share,
                others=others,
                when=format_datetime(self.env, minute, dt_format="short"),
                who=self.env["res.users"].browse(user_id).name,
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
