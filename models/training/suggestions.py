"""Inputs that a deployment could have, ranked by what the company's own records say of them.

Looked at are the stored fields of the record itself, on a bounded sample of records that the user may read. With an
outcome they are ranked by how surely they tell of it *in time*: by earlier values where the record's own past is known
(`OwnPast`), and with the verdict of the leak check. Without one, the inputs with which such records are usually
compared come first, and then what is filled and varies. What happened to records until a moment (their course) comes
first where versions learn from later moments. Left out are technical fields, scores, fields known too late, dates
(their value is the calendar's), names that never repeat, and fields about a person's private life.
"""

import re
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from odoo.models import BaseModel

from ...ml import leaks, suggestions
from ...ml.columns import NUMBER, TAGS, Column
from ..documents.leak_row import LeakRow
from ..features.course import AGE
from ..features.input_names import proposed_name
from ..features.past import known_since
from ..features.readable_inputs import unreadable_keys
from ..tools.score_fields import SCORE_FIELDS
from ..tools.wording import plain
from .leak_check import UNKNOWN_MOST, findings, unknown_share
from .own_past import OwnPast
from .table import read_moments

MOST_ROWS = 2500  # closed, and open; without an outcome twice as many
MOST_EXAMINED = 20  # candidates that the leak check looks at
FEWEST_TICKED, MOST_TICKED = 3, 12  # inputs that are chosen ahead, where none tells and where many do
TYPES = frozenset(("boolean", "char", "float", "integer", "many2many", "many2one", "monetary", "selection"))
TECHNICAL = frozenset(
    "active color company_id company_currency create_uid currency_id display_name duration_tracking id is_blacklisted "
    "lang_code sequence write_date write_uid create_date".split()
)
NOISE = re.compile(r"^(ai|message|activity|access|website_message|my_activity|rating|has_message)_|_(ids|token)$")
PRIVATE = re.compile(
    r"(^|_)(age|birth\w*|children|civil|disability|ethnic\w*|gender|health|marital|married|nationality|political|race"
    r"|religion|sex|sexual|sick\w*|title|union)(_|$)"
)
FILLED_FROM, REPEATS_FROM = 0.02, 0.5  # share of rows; of filled rows
TELLS_FROM = 3.0  # as `ml.suggestions.tells`: rarely by chance


class Suggestion(NamedTuple):
    """An input that could be declared.

    ``declaration`` are values of ai.deployment.feature, ``fill_share`` is from 0 to 1 (None where it was not read),
    ``example`` what people read, ``tells`` see `ml.suggestions` (None without outcomes), ``auc`` of the input alone in
    time, ``verdict`` and ``reason`` those of the leak check ("" where it did not look), ``is_chosen`` whether it is
    proposed.
    """

    declaration: dict[str, Any]
    name: str
    fill_share: float | None
    example: str
    tells: float | None = None
    auc: float | None = None
    verdict: str = ""
    reason: str = ""
    is_chosen: bool = False


class Suggestions:
    """Suggest inputs for one deployment.

    :param deployment: ai.deployment with the rights of the user: what he may not read is neither read nor suggested
    """

    def __init__(self, deployment: BaseModel):
        deployment.ensure_one()
        self.deployment = deployment
        self.told = deployment.sudo()
        self.env = deployment.env
        self.documents = self.env[deployment.res_model].with_context(active_test=False)

    def find(self, now: datetime) -> list[Suggestion]:
        """Return what could be declared and is not yet, the most telling first."""
        self.documents.check_access("read")
        beside, ended = self._rows(now)
        rows = beside + ended
        ids = [row.res_id for row in rows]
        usual = self._specs(
            [
                {name: value for name, value in declared.items() if name != "together"}
                for declared in self.documents._ai_usual_inputs()
            ]
        )
        own = self._specs([{"path": path} for path in self._paths()])
        # histories compare with all earlier records: too slow for what is only looked through
        read = [spec for spec, _values in usual + own if spec["source"] == "path"]
        columns = self.told._columns(read, ids)
        if any(row.closed for row in rows):
            return self._of_course(now) + self._by_outcome(own, columns, rows, len(beside))
        return self._without_outcome(usual, own, columns)

    def _rows(self, now: datetime) -> tuple[list[LeakRow], list[LeakRow]]:
        """Return samples of records that the user may read: those of the leak check, and further closed ones.

        The leak check compares closed and open records of the same time, which in a small company are too few to say
        what an input tells: that is asked of all that were closed. Without an outcome, the latest records.
        """
        outcomes = self.told.env[self.told.res_model]._ai_outcomes(self.told)
        beside, ended = outcomes.leak_rows(now, MOST_ROWS), outcomes.closed_rows(now, MOST_ROWS)
        domain = self.told._record_domain() & self.documents._ai_base_domain() & self.told._company_domain()
        if beside or ended:
            known = {row.res_id for row in beside}
            ended = [row for row in ended if row.res_id not in known]
            readable = set(self.documents.search([("id", "in", [row.res_id for row in beside + ended])]).ids)
            beside, ended = ([row for row in rows if row.res_id in readable] for rows in (beside, ended))
            return beside, ended
        latest = self.documents.search(domain, order="id desc", limit=2 * MOST_ROWS)
        return [LeakRow(res_id, False, 0.0, None, None) for res_id in latest.ids], []

    # Candidates

    def _paths(self) -> list[str]:
        """Return the names of the fields of the record that could be an input."""
        too_late = self.documents._ai_fields_known_too_late()
        found = []
        for name, field in self.documents._fields.items():
            if field.type not in TYPES or not field.store or field.groups or field.company_dependent:
                continue
            if name in too_late or name in SCORE_FIELDS or name in TECHNICAL:
                continue
            if field.type != "many2many" and NOISE.search(name) or PRIVATE.search(name):
                continue
            if field.relational and self._is_noise(field):
                continue
            found.append(name)
        return found

    def _is_noise(self, field: Any) -> bool:
        """Return whether a relation is to people's inboxes, files or settings of Odoo itself."""
        return field.comodel_name.startswith(("mail.", "ir.", "bus.", "rating.", "ai.deployment", "base."))

    def _specs(self, declarations: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return [(spec, declaration)] of what is not declared yet and the user may read."""
        declared = set(self.told.feature_ids.mapped("key"))
        features = self.told.env["ai.deployment.feature"]
        found = []
        for values in declarations:
            spec = features.new({"deployment_id": self.told.id, **values})._to_spec()
            if spec["key"] not in declared:
                found.append((spec, values))
        hidden = unreadable_keys(self.documents, {spec["key"]: spec for spec, _values in found})
        return [(spec, values) for spec, values in found if spec["key"] not in hidden]

    def _useful(self, own: list[tuple[dict, dict]], columns: dict[str, Column]) -> list[tuple[dict, dict]]:
        """Return those that are filled, vary (or are filled on some records only) and repeat."""
        found = []
        for spec, values in own:
            column = columns[spec["key"]]
            share = suggestions.filled(column)
            varies = suggestions.variety(column) > 0 or share < 1
            if share >= FILLED_FROM and varies and suggestions.repeats(column) >= REPEATS_FROM:
                found.append((spec, values))
        return found

    def _of_course(self, now: datetime) -> list[Suggestion]:
        """Return what the course of records could tell, ranked on moments at which they were open.

        Only where versions learn from later moments: elsewhere nothing of it is known when a record comes.
        """
        course = self.documents._ai_course() if self.told.landmarks else None
        if course is None:
            return []
        rows = self.told.env[self.told.res_model]._ai_outcomes(self.told).landmark_rows(now)
        readable = set(self.documents.search([("id", "in", list({res_id for res_id, *_told in rows}))]).ids)
        rows = [row for row in rows if row[0] in readable][-2 * MOST_ROWS :]
        if not rows:
            return []
        specs = self._specs([{"source": "course", "course": name} for name in course.measures])
        specs += self._specs([{"path": name} for name in sorted(self.documents._ai_known_by_tracking())])
        columns, known = read_moments(self.told, [spec for spec, _values in specs], [(row[0], row[2]) for row in rows])
        labels, found = np.array([bool(row[3]) for row in rows]), []
        _since, never = known_since(self.documents, [spec for spec, _values in specs])
        for spec, values in specs:
            column = columns[spec["key"]]
            is_unknown = spec["key"] in never or unknown_share(known[spec["key"]], labels) > UNKNOWN_MOST
            if is_unknown or not suggestions.variety(column):
                continue  # nobody tracked it, or it never happens
            tells = suggestions.tells(column, labels)
            found.append(
                self._suggestion(spec, values, columns)._replace(
                    tells=round(tells, 1),
                    auc=leaks.auc_alone(column, labels),
                    verdict=leaks.FINE,
                    # without the age, time that passes would change nothing
                    is_chosen=spec["measure"] == AGE or tells >= TELLS_FROM,
                )
            )
        return sorted(found, key=lambda one: (one.declaration.get("course") != AGE, -(one.tells or 0.0)))

    # Ranked

    def _by_outcome(
        self, own: list[tuple[dict, dict]], columns: dict[str, Column], rows: list[LeakRow], beside: int
    ) -> list[Suggestion]:
        """Return those that are useful, the most telling first.

        :param beside: how many of `rows`, from the first on, the leak check looks at
        """
        closed = np.flatnonzero([row.closed for row in rows])
        labels = np.array([bool(rows[place].label) for place in closed])
        own = self._useful(own, columns)
        past = OwnPast(self.told, rows).of([spec for spec, _values in own], columns)
        ranked = []
        for spec, values in own:
            key = spec["key"]
            in_time = (past[key].column if key in past else columns[key]).take(closed)
            ranked.append((suggestions.tells(in_time, labels), leaks.auc_alone(in_time, labels), spec, values))
        ranked = sorted(ranked, key=lambda one: -one[0])[:MOST_EXAMINED]
        specs = [spec for _tells, _auc, spec, _values in ranked]
        judged = {spec["key"]: columns[spec["key"]].take(np.arange(beside)) for spec in specs}
        found = findings(self.told, specs, judged, rows[:beside])
        usable = [place for place, one in enumerate(found) if one.verdict in (leaks.FINE, leaks.CANNOT_JUDGE)]
        telling = [place for place in usable if ranked[place][0] >= TELLS_FROM][:MOST_TICKED]
        # Where nothing tells, a few are proposed all the same: the replay says what they are worth.
        chosen = set(telling or usable[:FEWEST_TICKED])
        return [
            self._suggestion(spec, values, columns)._replace(
                tells=round(tells, 1),
                auc=auc,
                verdict=found[place].verdict,
                reason=found[place].reason,
                is_chosen=place in chosen,
            )
            for place, (tells, auc, spec, values) in enumerate(ranked)
        ]

    def _without_outcome(
        self, usual: list[tuple[dict, dict]], own: list[tuple[dict, dict]], columns: dict[str, Column]
    ) -> list[Suggestion]:
        """Return the usual inputs, proposed, then others by how much they are filled and vary."""
        first = [self._suggestion(spec, values, columns)._replace(is_chosen=True) for spec, values in usual]
        known = {spec["key"] for spec, _values in usual}
        others = self._useful([one for one in own if one[0]["key"] not in known], columns)

        def weight(one: tuple[dict, dict]) -> float:
            column = columns[one[0]["key"]]
            return -suggestions.filled(column) * suggestions.variety(column)

        others = sorted(others, key=weight)[: MOST_EXAMINED - len(first)]
        return first + [
            self._suggestion(spec, values, columns)._replace(is_chosen=not first and place < MOST_TICKED)
            for place, (spec, values) in enumerate(others)
        ]

    def _suggestion(self, spec: dict[str, Any], values: dict[str, Any], columns: dict[str, Column]) -> Suggestion:
        column, name = columns.get(spec["key"]), proposed_name(self.documents, spec) or spec["name"]
        if not column:  # neither one that was not read nor one of no records
            return Suggestion(values, name, None, "")
        return Suggestion(values, name, suggestions.filled(column), self._example(spec, column))

    def _example(self, spec: dict[str, Any], column: Column) -> str:
        """Return the commonest level, or the median of a number, as the user reads it; empty where he may not."""
        if column.kind == NUMBER:
            numbers = column.values[~np.isnan(column.values)]
            return plain(self.env, round(float(np.median(numbers)), 2)) if len(numbers) else ""
        several = column.kind == TAGS
        filled = [value for value in column.values if value is not None]
        levels = [level for value in filled for level in (value if several else (value,))]
        if not levels:
            return ""
        found, counts = np.unique(levels, return_counts=True)
        level, field = str(found[np.argmax(counts)]), self.documents._fields[spec["path"]]
        if field.relational:
            record = self.env[field.comodel_name].browse(int(level))._filtered_access("read")
            return record.display_name or ""
        return str(self.documents._ai_level_names(spec["path"], [level]).get(level, level))
