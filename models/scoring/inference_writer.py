"""What a scored chunk leaves behind: log lines, reviews, current scores and counts, written by one statement.

Only the log is sent to the database; reviews and current scores are taken there from the lines just logged, so that
they cannot differ from them.
"""

import json
from collections import Counter
from dataclasses import dataclass

import numpy as np

from odoo import models
from odoo.tools import SQL

from ...ml import routing
from ...ml.columns import NUMBER
from ...ml.errors import VersionError
from ...ml.profile import Profile
from ..tools import batch_insert as bulk

# What reviews and current scores take from a line of the log.
TAKEN = (
    "id",
    "res_id",
    "company_id",
    "route",
    "review_reason",
    "predicted_value",
    "prediction",
    "confidence",
    "failure_type",
    "codes",
)


@dataclass
class Lines:
    """Log lines of one chunk, one entry per record; None where a record failed."""

    ids: list
    inputs: list
    codes: list
    values: list
    predictions: list
    confidences: list
    incumbents: list
    people: list
    routes: list
    reasons: list
    chances: list
    failures: list
    intake: list
    latency_ms: float


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _lines(self, call, ids, columns, scored, codes, rows):
        """What to log of `rows` of a scored chunk."""
        chosen, named = np.array(rows), [ids[row] for row in rows]
        incumbents = self._incumbents(call, named)
        why, chances = self._route(call, scored, chosen, named, incumbents)
        why = why.tolist()
        lines = Lines(
            ids=named,
            inputs=_json_rows(
                [columns[key].kind for key in call.specs], [columns[key].values[chosen] for key in call.specs]
            ),
            codes=[codes[row] for row in rows],
            values=scored.values[chosen].tolist(),
            predictions=scored.predictions[chosen].tolist(),
            confidences=scored.confidences[chosen].tolist(),
            incumbents=incumbents,
            people=[call.standing[res_id].person for res_id in named],
            routes=["review" if reason else "automatic" for reason in why],
            reasons=[reason or None for reason in why],
            chances=[
                chance if reason in (routing.AUTOMATIC, routing.AUDIT) else None
                for reason, chance in zip(why, chances.tolist(), strict=True)
            ],
            failures=[None] * len(rows),
            intake=[not call.standing[res_id].is_known for res_id in named],
            latency_ms=0.0,
        )
        for position, row in enumerate(rows) if scored.errors else ():
            if row in scored.errors:
                lines.codes[position] = lines.values[position] = lines.predictions[position] = None
                lines.confidences[position] = lines.chances[position] = None
                lines.routes[position] = "review" if why[position] else "retry"
                lines.failures[position] = scored.errors[row]
        return lines

    def _incumbents(self, call, ids):
        """What Odoo itself says of each of `ids`, None where it says nothing."""
        documents = self.env[self.res_model]
        if documents._ai_incumbent_sql(documents._table):
            return [call.standing[res_id].incumbent for res_id in ids]
        opinions = documents.browse(ids)._ai_incumbent()
        return [opinions.get(res_id) for res_id in ids]

    def _failed_lines(self, call, ids, error):
        """Lines of records that failed together: they wait where the version is at fault, else a person looks.

        They wait as well where nobody is to be asked about failures, or about no more of them today.
        """
        waits = isinstance(error, VersionError) or error.transient
        asked = [False] * len(ids) if waits else self._asks_about_failed(call.rules, ids)
        none = [None] * len(ids)
        return Lines(
            ids=list(ids),
            inputs=none,
            codes=none,
            values=none,
            predictions=none,
            confidences=none,
            incumbents=none,
            people=none,  # reading Odoo's opinion may be what failed
            routes=["review" if ask else "retry" for ask in asked],
            reasons=[routing.FAILED if ask else None for ask in asked],
            chances=none,
            failures=[error] * len(ids),
            intake=[False] * len(ids),
            latency_ms=0.0,
        )

    def _write_lines(self, call, lines, profile=None):
        """Keep the log lines of a chunk, the reviews, the current scores and the counts of `profile`."""
        failures = [self._failure(call, error) for error in lines.failures]
        routes = Counter(lines.routes)
        bulk.write(
            self.env,
            {
                **call.also,
                "logged": self._log_statement(call, lines, failures),
                "asked": self._review_statement(call) if routes["review"] else None,
                "counted": self.env["ai.deployment.profile"]._delta_statement(
                    self, call.version, profile or Profile(), call.now.date()
                ),
                "stands": self._score_statement(call),
            },
        )
        call.also = {}
        self._keep_requests(call, lines, failures)
        failed = sum(
            1 for route, error in zip(lines.routes, lines.failures, strict=True) if error and route == "review"
        )
        call.outcome.update(
            automatic=routes["automatic"], review=routes["review"], failed=failed, waiting=routes["retry"]
        )

    def _failure(self, call, error):
        if error is None:
            return None, None
        names = {key: spec["name"] for key, spec in call.specs.items()}
        return self.env["ai.deployment.inference"]._failure_values(error, names, call.sensitive)

    def _keep_requests(self, call, lines, failures):
        """What waits is kept as a request, so that it is tried again."""
        rows = [row for row, route in enumerate(lines.routes) if route == "retry"]
        if rows:
            ids = [lines.ids[row] for row in rows]
            companies = [call.standing[res_id].company_id for res_id in ids]
            failed = [failures[row] for row in rows]
            self.env["ai.deployment.request"]._add(self, call.day, ids, failed, call.earlier, companies)
            call.waiting.update(ids)

    # The parts of the statement

    def _log_statement(self, call, lines, failures):
        return bulk.insert_statement(
            "ai_deployment_inference",
            {
                "date": ("timestamp", call.now),
                "asked_day": ("date", call.day),
                "deployment_id": ("int4", self.id),
                "version_id": ("int4", call.version.id),
                "company_id": ("int4", [call.standing[res_id].company_id for res_id in lines.ids]),
                "user_id": ("int4", call.user_id),
                "res_model": ("varchar", self.res_model),
                "res_id": ("int4", lines.ids),
                "inputs": ("jsonb", lines.inputs),
                "codes": ("varchar", lines.codes),
                "predicted_value": ("float8", lines.values),
                "prediction": ("bool", lines.predictions),
                "confidence": ("float8", lines.confidences),
                "incumbent_value": ("float8", lines.incumbents),
                "person_value": ("float8", lines.people),
                "is_intake": ("bool", lines.intake),
                "route": ("varchar", lines.routes),
                "review_reason": ("varchar", lines.reasons),
                "audit_chance": ("float8", lines.chances),
                "failure_type": ("varchar", [kind for kind, _text in failures]),
                "failure_message": ("varchar", [text for _kind, text in failures]),
                "latency_ms": ("float8", lines.latency_ms),
            },
            returning=TAKEN,
        )

    def _review_statement(self, call):
        """A review for each line that a person should see, unless the record waits for one already."""
        taken = ("res_id", "failure_type", "predicted_value", "prediction", "confidence")
        return bulk.insert_from(
            "logged",
            "ai_deployment_review",
            {
                "deployment_id": SQL("%s", self.id),
                "version_id": SQL("%s", call.version.id),
                "company_id": SQL.identifier("company_id"),
                "res_model": SQL("%s", self.res_model),
                "inference_id": SQL.identifier("id"),
                "opened_date": SQL("%s::timestamp", call.now),
                "reason": SQL.identifier("review_reason"),
                "state": SQL("'open'"),
                "is_assigned": SQL("FALSE"),
                "kind": SQL("'first'"),
                **self._review_columns(call),
                "create_uid": SQL("%s", call.user_id),
                "create_date": SQL("%s::timestamp", call.now),
                "write_uid": SQL("%s", call.user_id),
                "write_date": SQL("%s::timestamp", call.now),
                **{name: SQL.identifier(name) for name in taken},
            },
            where=SQL("route = 'review'"),
            conflict=SQL("ON CONFLICT (deployment_id, res_id) WHERE state = 'open' DO NOTHING"),
        )

    def _score_statement(self, call):
        taken = ("predicted_value", "prediction", "confidence", "failure_type", "codes")
        more = self._score_columns(call)
        updated = ("version_id", "company_id", "date", "state", *taken, *more)
        return bulk.insert_from(
            "logged",
            "ai_deployment_score",
            {
                "deployment_id": SQL("%s", self.id),
                "res_model": SQL("%s", self.res_model),
                "res_id": SQL.identifier("res_id"),
                "version_id": SQL("%s", call.version.id),
                "company_id": SQL.identifier("company_id"),
                "date": SQL("%s::timestamp", call.now),
                "state": SQL(
                    "CASE WHEN route = 'retry' THEN 'waiting' WHEN failure_type IS NOT NULL THEN 'failed'"
                    " ELSE 'scored' END"
                ),
                **{name: SQL.identifier(name) for name in taken},
                **more,
            },
            conflict=SQL(
                "ON CONFLICT (deployment_id, res_id) DO UPDATE SET %s",
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), SQL.identifier("excluded", name)) for name in updated
                ),
            ),
        )


def hex_rows(codes):
    """Two hexadecimal digits per code: one text per row of `codes`, (n, k) uint8."""
    n, k = codes.shape
    digits = np.ascontiguousarray(codes).tobytes().hex()
    return [digits[2 * k * row : 2 * k * (row + 1)] for row in range(n)]


def _json_rows(kinds, columns):
    """The values of each record as a JSON list: column by column, which costs a third of row by row."""
    return [f"[{', '.join(row)}]" for row in zip(*map(_json_texts, kinds, columns), strict=True)]


def _json_texts(kind, values):
    """The JSON text of each value of a column; what is no finite number is null."""
    if kind == NUMBER:  # infinite minus itself is no number either
        return ["null" if value - value else repr(value) for value in values.tolist()]
    texts = {value: json.dumps(value) for value in set(values.tolist())}
    return [texts[value] for value in values.tolist()]
