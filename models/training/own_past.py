"""What the inputs of closed records held halfway through their life: from the log of their scores, and from tracking.

The log keeps inputs as they were read. Tracking keeps each change: the value at a moment is the old value of the first
change after it, or the value now where there is none. A record without any tracked change may never have been watched
(it was imported), so nothing is known of it.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml.columns import Column, make_column
from ...ml.leaks import Past
from ..documents.leak_row import LeakRow
from ..features import values
from ..features.feature_reader import Step, walk_path

TRACKED_IN = {
    "integer": "old_value_integer",
    "boolean": "old_value_integer",
    "many2one": "old_value_integer",
    "float": "old_value_float",
    "monetary": "old_value_float",
    "char": "old_value_char",
    "selection": "old_value_char",
    "text": "old_value_text",
    "date": "old_value_datetime",
    "datetime": "old_value_datetime",
}


class OwnPast:
    """Earlier values of the inputs of one deployment, for the leak check.

    :param deployment: ai.deployment with all rights
    :param rows: records of the comparison; of closed ones the past is looked for
    """

    def __init__(self, deployment: BaseModel, rows: list[LeakRow]):
        self.deployment = deployment
        self.env = deployment.env
        self.documents = self.env[deployment.res_model]
        self.place = {row.res_id: number for number, row in enumerate(rows)}
        self.halfway: dict[int, datetime] = {}
        self.ended: dict[int, datetime] = {}
        for row in rows:
            if row.closed and row.age_days and isinstance(row.created, datetime):
                self.halfway[row.res_id] = row.created + timedelta(days=row.age_days / 2)
                self.ended[row.res_id] = row.created + timedelta(days=row.age_days)

    def of(self, specs: list[dict[str, Any]], columns: dict[str, Column]) -> dict[str, Past]:
        """Return {key: `Past`} of the inputs `specs` of which something is known.

        :param columns: {key: column of the values now}, rows as handed in
        """
        if not self.halfway:
            return {}
        logged, watched = self._logged(), self._watched()
        found = {}
        for spec in specs:
            now = columns[spec["key"]]
            earlier, known = self._tracked(spec), np.zeros(len(now), dtype=bool)
            if earlier is not None:
                known[[self.place[res_id] for res_id in watched]] = True
            earlier = {**(earlier or {}), **logged.get(spec["key"], {})}
            known[[self.place[res_id] for res_id in earlier]] = True
            if known.any():
                found[spec["key"]] = Past(self._with(spec, now, earlier), known)
        return found

    def _with(self, spec: dict[str, Any], now: Column, earlier: dict[int, Any]) -> Column:
        """Return `now` with the `earlier` values where they are known."""
        places = [self.place[res_id] for res_id in earlier]
        then, merged = make_column(spec["key"], spec["kind"], list(earlier.values())), now.values.copy()
        merged[places] = then.values
        return Column(now.name, now.kind, merged)

    def _logged(self) -> dict[str, dict[int, Any]]:
        """Return {key: {record id: value}} as scored last in the first half of its life, else first before its end."""
        lines = self.env["ai.deployment.inference"]
        lines.flush_model(["deployment_id", "version_id", "res_id", "date", "inputs"])
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (line.res_id) line.res_id, line.version_id, line.inputs"
                " FROM ai_deployment_inference line"
                " JOIN unnest(%s::int[], %s::timestamp[], %s::timestamp[]) AS closed (id, halfway, ended)"
                " ON closed.id = line.res_id WHERE line.deployment_id = %s AND line.res_model = %s"
                " AND line.inputs IS NOT NULL AND line.date < closed.ended"
                " ORDER BY line.res_id, line.date <= closed.halfway DESC,"
                " ABS(EXTRACT(EPOCH FROM line.date - closed.halfway))",
                list(self.halfway),
                list(self.halfway.values()),
                list(self.ended.values()),
                self.deployment.id or None,  # one that is not made yet has no log
                self.documents._name,
            )
        )
        found: dict[str, dict[int, Any]] = defaultdict(dict)
        versions = self.env["ai.deployment.version"]
        for res_id, version_id, inputs in rows:
            keys = list(versions.browse(version_id)._specs())
            if len(keys) == len(inputs):
                for key, value in zip(keys, inputs, strict=True):
                    found[key][res_id] = tuple(value) if isinstance(value, list) else value
        return found

    def _watched(self) -> list[int]:
        """Return the ids of records with a tracked change of whichever field."""
        self.env["mail.tracking.value"].flush_model()
        self.env["mail.message"].flush_model(["date", "model", "res_id"])
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT message.res_id FROM mail_message message"
                " JOIN mail_tracking_value value ON value.mail_message_id = message.id"
                " WHERE message.model = %s AND message.res_id = ANY(%s)",
                self.documents._name,
                list(self.halfway),
            )
        )
        return [res_id for (res_id,) in rows]

    def _tracked(self, spec: dict[str, Any]) -> dict[int, Any] | None:
        """Return {record id: value halfway} where it changed later; None where tracking does not tell."""
        steps = walk_path(self.documents, spec["path"]) if spec["source"] == "path" else None
        if not steps or len(steps) > 1:
            return None
        [step] = steps
        field = step.field
        if step.property_name or not getattr(field, "tracking", None) or field.type not in TRACKED_IN:
            return None
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (message.res_id) message.res_id, value.%s FROM mail_message message"
                " JOIN mail_tracking_value value ON value.mail_message_id = message.id AND value.field_id = %s"
                " JOIN unnest(%s::int[], %s::timestamp[]) AS closed (id, halfway) ON closed.id = message.res_id"
                " WHERE message.model = %s AND message.date > closed.halfway"
                " ORDER BY message.res_id, message.date, value.id",
                SQL.identifier(TRACKED_IN[field.type]),
                self.env["ir.model.fields"]._get(self.documents._name, field.name).id,
                list(self.halfway),
                list(self.halfway.values()),
                self.documents._name,
            )
        )
        convert = values.converter(spec, spec["path"], steps) or (lambda value: value)
        return {res_id: convert(value) for res_id, value in self._as_stored(rows, step)}

    def _as_stored(self, rows: list[tuple], step: Step) -> list[tuple[int, Any]]:
        """Return (record id, value as the database holds it on the record)."""
        kind = step.field.type
        if kind == "selection":  # tracking keeps the label, in the language of who changed it
            labels = {}
            for lang, _name in self.env["res.lang"].get_installed():
                options = step.field._description_selection(self.documents.with_context(lang=lang).env)
                labels |= {label: option for option, label in options}
            return [(res_id, labels.get(label) if label else None) for res_id, label in rows]
        if kind == "boolean":
            return [(res_id, bool(value)) for res_id, value in rows]
        if kind in values.NUMBERS:
            return [(res_id, value or 0) for res_id, value in rows]
        if kind == "date":
            return [(res_id, value and value.date()) for res_id, value in rows]
        return [(res_id, value or None) for res_id, value in rows]
