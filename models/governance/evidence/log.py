"""The rule about the log: a sample of its lines is complete, and each score follows from what was logged."""

import json
import re
from datetime import date, timedelta
from typing import Any

import numpy as np

from odoo.models import BaseModel
from odoo.tools import SQL

from ....ml.columns import make_column
from ....ml.errors import VersionError
from ...tools import clock
from ...tools.wording import number
from .rule import Evidence, Rule

SPARE = 4  # times as many lines as needed are sampled from the index, so that enough are there
CLOSE = 1e-6  # a logged score has all its digits
COLUMNS = (
    "id",
    "res_id",
    "inputs",
    "codes",
    "predicted_value",
    "prediction",
    "confidence",
    "route",
    "latency_ms",
    "failure_type",
    "failure_message",
)


class LogComplete(Rule):
    """The log of the serving version has enough lines, and those of a daily sample are complete."""

    code = "log_complete"

    def find(self, check: BaseModel) -> Evidence:
        version, least = self.deployment.champion_id, int(check.minimum)
        if not version:
            return self._no_version()
        try:
            card, specs = version._card(), version._specs()
        except VersionError as error:
            return Evidence(False, self.env._("The serving version cannot be used: %s", error))
        lines = self.sampled_lines(version, least)
        if len(lines) < least:
            sentence = self.env._(
                "The log of %(version)s has %(count)s of %(least)s required lines so far.",
                version=version.name,
                count=number(self.env, len(lines)),
                least=number(self.env, least),
            )
            return Evidence(False, sentence)
        faults = [fault for line in lines for fault in [self.line_fault(line, card)] if fault]
        if not faults:
            faults = self._recomputed_faults(version, card, specs, [line for line in lines if not line["failure_type"]])
        if faults:
            sentence = self.env._(
                "%(count)s of %(all)s sampled log lines are incomplete or inconsistent: %(what)s",
                count=number(self.env, len(faults)),
                all=number(self.env, len(lines)),
                what=faults[0],
            )
            return Evidence(False, sentence, clock.now())
        sentence = self.env._(
            "%(count)s sampled log lines of today hold inputs, prediction and confidence, and each score can "
            "be recomputed from its inputs.",
            count=number(self.env, len(lines)),
        )
        return Evidence(True, sentence, clock.now())

    def satisfy(self, check: BaseModel) -> dict | bool:
        return self.deployment.action_view_inferences()

    def sampled_lines(self, version: BaseModel, least: int) -> list[dict[str, Any]]:
        """Return `least` first scores of `version` as dicts, sampled by a number that changes every day."""
        tomorrow = clock.today() + timedelta(days=1)
        days = self.env["ai.deployment.profile"]._counts_by_day(version, date.min, tomorrow)
        count = max(sum(days.values()), 1)
        number = SQL("(hashint4(res_id # %s) & 2147483647)", clock.today().toordinal() * 7919 % 2**31)
        share = min(SPARE * least / count, 1.0)
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM ai_deployment_inference WHERE version_id = %s AND deployment_id = %s AND "
                "is_first_inference AND %s <= %s ORDER BY %s, id LIMIT %s",
                SQL(", ").join(map(SQL.identifier, COLUMNS)),
                version.id,
                self.deployment.id,
                number,
                int(share * 2147483647),
                number,
                least,
            )
        )
        return [dict(zip(COLUMNS, row, strict=True)) for row in rows]

    def line_fault(self, line: dict[str, Any], card: Any) -> str:
        """Return what a line of the log lacks, or an empty string."""
        if line["failure_type"]:
            return "" if line["failure_message"] else self.env._("a failure without its reason")
        values = line["inputs"]
        values = json.loads(values) if isinstance(values, str) else values
        if not isinstance(values, list) or len(values) != len(card.inputs):
            return self.env._("inputs are missing")
        if not re.fullmatch(rf"[0-9a-f]{{{2 * len(card.names)}}}", line["codes"] or ""):
            return self.env._("the bins of the inputs are missing")
        if any(line[name] is None for name in ("predicted_value", "prediction", "confidence", "route", "latency_ms")):
            return self.env._("the prediction or its confidence is missing")
        return ""

    def _recomputed_faults(
        self, version: BaseModel, card: Any, specs: dict[str, dict], lines: list[dict[str, Any]]
    ) -> list[str]:
        """Return a fault for each line whose score does not follow from what was logged.

        Scorecards and trees score the codes of the inputs; an imported pipeline scores the inputs themselves. Of models
        that run elsewhere nothing can be computed.
        """
        if not lines or version.kind in ("remote", "pushed"):  # what it makes of its inputs is not known here
            return []
        if version.kind == "pipeline":
            rows = [json.loads(line["inputs"]) if isinstance(line["inputs"], str) else line["inputs"] for line in lines]
            columns = {
                key: make_column(key, spec["kind"], [row[place] for row in rows])
                for place, (key, spec) in enumerate(specs.items())
            }
            values = card.score(columns).values
        else:
            codes = np.array([list(bytes.fromhex(line["codes"])) for line in lines], dtype=np.uint8)
            values = card.calibration.apply(card.raw(codes))
        return [
            self.env._("a score differs from its inputs")
            for line, value in zip(lines, values.tolist(), strict=True)
            if not abs(line["predicted_value"] - value) <= CLOSE
        ]
