"""All inputs of a chunk of records in one SQL statement.

`FeatureReader(documents, specs, company).read(ids)` gives a dict: feature key -> list of raw values, in the order of
`ids`. Paths become joins, ages become differences, histories become aggregates over earlier records, what happened to
a record until a moment becomes counts of dated records (`past`). The moment is now, or one per record in `past`, where
tracked fields are read as they were. Fields that are
not stored have no column and are read through the ORM, after the statement. What either gives becomes the value of an
input in `features.values`, so that both ways agree. What a card works out by itself (source "card") is None.

Earlier means in the books already, whatever the date on the record: for a record that is not in the books, all that
is, and what is judged together with it and has a lower id; for one that is, what has a lower id. So nothing sees
itself, of two alike only one sees the other, and training sees no record that came later. `place` is that order. A
window of days reaches both ways from the record's own date. See `docs/adr/0033-in-the-books.md`.

Inputs are read with elevated rights and in one language: what a version sees must not depend on who asks. Which records
may be scored is decided before, with the rights of the user.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from odoo.api import Environment
from odoo.fields import Domain, Field
from odoo.models import BaseModel
from odoo.tools import SQL
from odoo.tools.query import Query

from ...ml.columns import Column, make_column
from ..tools import clock
from . import values
from .past import KEPT, AsOf, source_of

MEASURES = {
    "count": "Number of earlier records",
    "days_since": "Days since the last one",
    "ratio": "Ratio to the usual amount",
    "ratio_max": "Ratio to the highest amount so far",
    "deviation": "Difference to the usual amount",
    "share": "Share among earlier records",
    "first_time": "Unusualness of a first occurrence",
    "repeat": "Unusualness of a repetition",
    "swapped": "Unusualness of two swapped digits",
    "shifted": "Unusualness of a shifted decimal point",
}
# Measures that compare amounts, so that only amounts in one currency may meet.
VALUE_MEASURES = ("ratio", "ratio_max", "deviation", "swapped", "shifted")
# Two classes of slips of the pen: an amount of the same digits as an earlier one, but for two neighbours or the point.
SLIP_MEASURES = ("swapped", "shifted")
EVENT_MEASURES = ("first_time", "repeat", *SLIP_MEASURES)
# Measures that compare a record with all others of its first group.
WIDE_MEASURES = ("share", *EVENT_MEASURES)
_TEXT_TYPES = ("char", "text", "html", "selection", "json", "many2many", "properties")
LONGEST_AMOUNT = 14  # digits, cents included; beyond, nobody types amounts
# Types of fields that read alike.
FORMS = {"float": "number", "integer": "number", "monetary": "number", "text": "char", "html": "char"}
# A spread is known only from some records on, and is never taken as smaller than 10 %: a vendor who always bills the
# same amount would else turn one cent into an alarm.
DEVIATION_MIN_COUNT = 5
DEVIATION_MIN_SPREAD = 0.1  # of the logarithm: amounts that hardly differ make no deviation large


class Group(NamedTuple):
    """Group fields shared by earlier records in one set of measures, as field paths."""

    always: tuple  # by the kind of document, see `_ai_history_partition`
    own: tuple  # as declared, the first one is the wider group that some measures compare with


class Step(NamedTuple):
    """One step of a path: the field, and the property where it is one of a properties field."""

    field: Field
    property_name: str = ""

    def label(self, env: Environment) -> str:
        """Return the label."""
        if self.property_name:
            return self.definition(env).get("string") or self.property_name
        return self.field._description_string(env)

    def definition(self, env: Environment) -> dict[str, Any]:
        """The definition of the property, {} where there is none; options of all containers that define it."""
        return property_definition(env[self.field.model_name], self.field, self.property_name)

    def type(self, env: Environment) -> str:
        """The type of the field, or of the property ("properties" where it is not defined)."""
        if self.property_name:
            return self.definition(env).get("type") or self.field.type
        return self.field.type


def property_definition(model: BaseModel, field: Any, name: str) -> dict[str, Any]:
    """Return the definition of the property `name` of a properties `field`: the first one, with the options of all.

    Each container (a team, a project) defines its own; copies of a container define the same property again.
    """
    container = model.env[model._fields[field.definition_record].comodel_name]
    definitions = container._fields[field.definition_record_field]
    rows = model.env.execute_query(
        SQL(
            "SELECT definition FROM %s AS container, jsonb_array_elements(%s) AS definition"
            " WHERE jsonb_typeof(%s) = 'array' AND definition ->> 'name' = %s ORDER BY container.id",
            SQL.identifier(container._table),
            SQL.identifier("container", field.definition_record_field, to_flush=definitions),
            SQL.identifier("container", field.definition_record_field),
            name,
        )
    )
    if not rows:
        return {}
    merged = dict(rows[0][0])
    for key in ("selection", "tags"):
        options = {option[0]: option for (definition,) in reversed(rows) for option in definition.get(key) or ()}
        if options:
            merged[key] = list(options.values())
    return merged


def walk_path(documents: BaseModel, path: str) -> list["Step"] | None:
    """The steps of a dotted `path` from `documents`, or None where it leads nowhere."""
    steps: list[Step] = []
    model, names = documents, path.split(".")
    while names:
        if model is None:
            return None
        name = names.pop(0)
        field = model._fields.get(name)
        if field is None or not name:
            return None
        if field.type == "properties":
            if len(names) != 1 or not names[0]:
                return None
            return [*steps, Step(field, names[0])]
        steps.append(Step(field))
        model = model.env.get(field.comodel_name) if field.relational else None
    return steps


def _known_path(documents: BaseModel, path: str) -> list["Step"]:
    """Return the steps of a path that leads somewhere, as every declared one does."""
    steps = walk_path(documents, path)
    if steps is None:
        raise ValueError(f"{path} leads nowhere from {documents._name}")
    return steps


def reads_alike(learned: dict[str, Any], step: Any) -> bool:
    """Return whether the end of a path still gives the kind of value that a version learned from.

    :param learned: dict with "type" and "model", as `describe_path` keeps it; None where it was not known
    :param step: Step, the end of the path now
    """
    if not learned or step.property_name:  # what a property holds is JSON whatever its type, and read as was learned
        return True
    model = step.field.comodel_name if step.field.type in ("many2one", "many2many") else ""
    return form_of(learned["type"]) == form_of(step.field.type) and (learned["model"] or model or "") == (model or "")


def form_of(kind: str) -> str:
    """The kind of value that fields of the type `kind` hold: types that read alike have the same."""
    return FORMS.get(kind, kind)


def paths_of(spec: dict[str, Any]) -> list[str]:
    """The paths that an input reads, as a list without empty ones."""
    paths = [spec["path"], spec["start_path"], spec["end_path"], *spec["group_paths"], spec["value_path"]]
    return [path for path in paths if path]


class FeatureReader:
    def __init__(
        self, documents: BaseModel, specs: Sequence[dict[str, Any]], company: BaseModel, together: Iterable[int] = ()
    ) -> None:
        """Prepare to read.

        :param together: ids of all records that are judged together, where those to read are only some of them
        """
        self.documents = documents.sudo().with_company(company).with_context(active_test=False, lang="en_US").browse()
        self.specs = specs
        self.company = company
        self._together = set(together)

    def read(self, ids: Iterable[int]) -> dict[str, list[Any]]:
        """Raw values per feature key, aligned with `ids`; a record that is gone has None everywhere."""
        read, _told = self._read(list(ids), None)
        return read

    def past(self, ids: Iterable[int], moments: Sequence[datetime]) -> tuple[dict[str, Column], dict[str, np.ndarray]]:
        """Return (columns as of a moment per record, {key: (rows,) bool, whether the value then is known}).

        The second one holds the inputs whose past is told by something; of the others the value now stands for it.

        :param ids: each record once
        :param moments: UTC, one per record
        """
        read, known = self.past_values(ids, moments)
        return {spec["key"]: make_column(spec["key"], spec["kind"], read[spec["key"]]) for spec in self.specs}, known

    def past_values(
        self, ids: Iterable[int], moments: Sequence[datetime]
    ) -> tuple[dict[str, list[Any]], dict[str, np.ndarray]]:
        """Return what `past` does, with raw values."""
        read, known = self._read(list(ids), list(moments))
        return read, {key: np.array(told, dtype=bool) for key, told in known.items()}

    def _read(
        self, ids: list[int], moments: list[datetime] | None
    ) -> tuple[dict[str, list[Any]], dict[str, list[bool]]]:
        in_sql = [spec for spec in self.specs if self._has_columns(spec)]
        told = [spec for spec in in_sql if moments is not None and source_of(self.documents, spec) != KEPT]
        rows = {}
        if ids and in_sql:
            statement = self._statement(in_sql, ids, moments, told)
            rows = {res_id: found for res_id, *found in self.documents.env.execute_query(statement)}
        empty = (None,) * (len(in_sql) + len(told))
        columns = zip(*(rows.get(res_id, empty) for res_id in ids), strict=True) if ids else ([] for _ in empty)
        found = list(map(list, columns))
        read = dict(zip((spec["key"] for spec in in_sql), found[: len(in_sql)], strict=True))
        known = dict(zip((spec["key"] for spec in told), found[len(in_sql) :], strict=True))
        for spec in self.specs:
            if spec["key"] not in read:
                read[spec["key"]] = self._read_through_orm(spec, ids)
            if spec["source"] == "path":
                convert = values.converter(spec, spec["path"], _known_path(self.documents, spec["path"]))
                if convert:
                    read[spec["key"]] = [convert(value) for value in read[spec["key"]]]
        return read, known

    # One statement

    def columns(self, ids: Iterable[int]) -> dict[str, Column]:
        """Return {key: `ml.columns.Column`} of the records `ids`, rows in their order."""
        read = self.read(ids)
        return {spec["key"]: make_column(spec["key"], spec["kind"], read[spec["key"]]) for spec in self.specs}

    def _statement(
        self,
        specs: Sequence[dict[str, Any]],
        ids: Sequence[int],
        moments: Sequence[datetime] | None = None,
        told: Sequence[dict[str, Any]] = (),
    ) -> SQL:
        """Return the statement; after the values of `specs` it gives whether those of `told` are known.

        :param moments: as of when, per record; None: now
        """
        table = self.documents._table
        query = Query(self.documents.env, table)
        query.add_where(SQL("%s = ANY(%s)", SQL.identifier(table, "id"), ids))
        histories = self._histories(specs)
        with_parts = self._history_parts(histories, ids)
        as_of = AsOf(self.documents, specs, moments is not None)
        if as_of:
            parts = as_of.parts(ids, clock.instant() if moments is None else moments)
            for alias, part in parts.items():
                with_parts.append(SQL("%s AS MATERIALIZED (%s)", SQL.identifier(alias), part))
                same = SQL("%s = %s", SQL.identifier(table, "id"), SQL.identifier(alias, "id"))
                query.add_join("LEFT JOIN", alias, alias, same)
        selected = [SQL.identifier(table, "id")]
        for number in range(len(histories)):
            alias = f"history_{number}"
            same = SQL("%s = %s", SQL.identifier(table, "id"), SQL.identifier(alias, "id"))
            query.add_join("LEFT JOIN", alias, alias, same)
        for spec in specs:
            if spec["source"] == "course" or spec in as_of.tracked:
                selected.append(as_of.value(spec, table, self._now(spec, table, query)))
            else:
                selected.append(self._expression(spec, table, query, histories))
        selected += [as_of.is_known(spec, table, self._now(spec, table, query)) for spec in told]
        select = query.select(*selected)
        return SQL("WITH %s %s", SQL(", ").join(with_parts), select) if with_parts else select

    def _now(self, spec: dict[str, Any], table: str, query: Any) -> SQL | None:
        """Return the column of a field of the record itself, None of what has none."""
        return self._column(self.documents, table, spec["path"], query, raw=True) if spec["path"] else None

    def _histories(self, specs: Sequence[dict[str, Any]]) -> dict[Any, list[dict[str, Any]]]:
        """History features by what earlier records share: {Group: [spec, ...]}."""
        by_groups: dict[Group, list[dict[str, Any]]] = {}
        for spec in specs:
            if spec["source"] == "history":
                by_groups.setdefault(self._group(spec), []).append(spec)
        return by_groups

    def _group(self, spec: dict[str, Any]) -> Any:
        own = tuple(spec["group_paths"])
        steps = (walk_path(self.documents, path) for path in own)
        amounts = spec["measure"] in VALUE_MEASURES or any(
            found and found[-1].field.type in ("monetary", "float") for found in steps
        )
        return Group(tuple(self.documents._ai_history_partition(amounts)), own)

    def _expression(
        self, spec: dict[str, Any], table: str, query: Any, histories: dict[Any, list[dict[str, Any]]]
    ) -> SQL:
        if spec["source"] == "path":
            return self._column(self.documents, table, spec["path"], query, raw=True)
        if spec["source"] == "zeros":
            return _zeros(self._column(self.documents, table, spec["path"], query))
        if spec["source"] == "age":
            start = self._column(self.documents, table, spec["start_path"], query)
            end = self._column(self.documents, table, spec["end_path"], query)
            return _days(SQL("%s::timestamp - %s::timestamp", end, start))
        group = self._group(spec)
        alias = f"history_{list(histories).index(group)}"
        return SQL.identifier(alias, f"m{histories[group].index(spec)}")

    def _column(self, model: BaseModel, alias: str, path: str, query: Any, *, raw: bool = False) -> SQL:
        """SQL of the value at the end of `path`, with the joins it needs added to `query`.

        Many2one steps join; a one2many step takes the first line that has a value (of numbers, one that is not 0); a
        path that ends on a one2many counts its lines, one over a many2many gives what all its records have.

        :param raw: as the database holds it, for `values.converter`; else lists and JSON are one text, to be compared
        """
        name, _dot, rest = path.partition(".")
        field = model._fields[name]
        if field.type == "properties":
            value = SQL("(%s -> %s)", model._field_to_sql(alias, name, query), rest)
            return value if raw else values.json_text_sql(value)
        if field.type == "one2many":
            return self._first_line(model, alias, field, rest, raw=raw)
        if field.type == "many2many":
            return self._all_linked(model, alias, field, rest, raw=raw)
        if rest:
            comodel, coalias = field.join(model, alias, query)
            return self._column(comodel, coalias, rest, query, raw=raw)
        value = model._field_to_sql(alias, name, query)
        if field.type == "json":
            return value if raw else values.json_text_sql(value)
        if field.type == "many2one_reference":
            model_name = model._field_to_sql(alias, field.model_field, query)
            return SQL("%s || ',' || NULLIF(%s, 0)", model_name, value)
        if field.type in values.TEXTS and not raw:
            return values.text_sql(value)
        exists = None if alias == self.documents._table else SQL("%s IS NOT NULL", SQL.identifier(alias, "id"))
        return values.unset_sql(field.type, value, exists)

    def _first_line(self, model: BaseModel, alias: str, field: Any, rest: str, *, raw: bool) -> SQL:
        """SQL of the value at the end of `rest` in the first line of a one2many that has one; of their number."""
        lines = model.env[field.comodel_name]
        query = lines._search(Domain(field.get_comodel_domain(model)), bypass_access=True)
        query.add_where(SQL("%s = %s", SQL.identifier(query.table, field.inverse_name), SQL.identifier(alias, "id")))
        if not rest:
            return query.subselect(SQL("COUNT(*)"))
        value = self._column(lines, query.table, rest, query, raw=raw)
        last = _known_path(lines, rest)[-1]
        filled = value
        if last.property_name or last.field.type == "json":
            filled = self._column(lines, query.table, rest, query)  # an empty JSON value is not NULL
        query.add_where(SQL("%s IS NOT NULL", filled))
        query.order = SQL.identifier(query.table, "id")
        if last.field.type in values.NUMBERS:
            query.order = SQL("%s = 0, %s", value, query.order)
        query.limit = 1
        return query.subselect(value)

    def _all_linked(self, model: BaseModel, alias: str, field: Any, rest: str, *, raw: bool) -> SQL:
        """SQL of the ids that a many2many links, or of what these have at the end of `rest`: a list, or one text."""
        linked = SQL.identifier(field.relation, field.column2)
        owner = SQL("%s = %s", SQL.identifier(field.relation, field.column1), SQL.identifier(alias, "id"))
        if rest:
            comodel = model.env[field.comodel_name]
            query = Query(comodel.env, comodel._table)
            value = self._column(comodel, comodel._table, rest, query, raw=raw)
            query.add_join(
                "JOIN",
                field.relation,
                field.relation,
                SQL("%s = %s AND %s", linked, SQL.identifier(comodel._table, "id"), owner),
            )
            if raw:
                return query.subselect(SQL("array_agg(to_jsonb(%s))", value))
            return query.subselect(SQL("string_agg(DISTINCT %s::text, ',' ORDER BY %s::text)", value, value))
        table = SQL.identifier(field.relation)
        if raw:
            return SQL("(SELECT array_agg(%s) FROM %s WHERE %s)", linked, table, owner)
        return SQL("(SELECT string_agg(%s::text, ',' ORDER BY %s) FROM %s WHERE %s)", linked, linked, table, owner)

    # Histories

    def _history_parts(self, histories: dict[Any, list[dict[str, Any]]], ids: Sequence[int]) -> list[SQL]:
        """WITH parts: candidate rows once per first group, and on them the measures of each set of groups.

        Candidates are materialised: a value that is looked up per row (the first line of a bill) must not be looked up
        again in every window and every set.
        """
        parts: list[SQL] = []
        bases: dict[Any, list[Group]] = {}
        for group in histories:
            bases.setdefault(group.own[0], []).append(group)
        numbers = {group: number for number, group in enumerate(histories)}
        for base, (first, sets) in enumerate(bases.items()):
            always_paths = list(dict.fromkeys(path for group in sets for path in group.always))
            group_paths = list(dict.fromkeys(path for group in sets for path in group.own))
            specs = [spec for group in sets for spec in histories[group]]
            value_paths = list(dict.fromkeys(spec["value_path"] for spec in specs if spec["value_path"]))
            columns = {
                **{("always", path): f"k{n}" for n, path in enumerate(always_paths)},
                **{("group", path): f"p{n}" for n, path in enumerate(group_paths)},
                **{("value", path): f"v{n}" for n, path in enumerate(value_paths)},
            }
            alias = f"earlier_{base}"
            candidates = self._candidates(first, columns, ids)
            parts.append(SQL("%s AS MATERIALIZED (%s)", SQL.identifier(alias), candidates))
            for group in sets:
                parts += self._slips(alias, numbers[group], group, histories[group], columns)
                parts += self._neighbours(alias, numbers[group], group, histories[group], columns)
                measures = self._measures(alias, numbers[group], group, histories[group], columns)
                parts.append(SQL("%s AS (%s)", SQL.identifier(f"history_{numbers[group]}"), measures))
        return parts

    def _candidates(self, first: Any, columns: Any, ids: Sequence[int]) -> SQL:
        """The asked records, and others that share the first group with one of them and may count as earlier.

        `known` is in the books; `counts` may be earlier for another one, and is so for all with a higher `place`.
        """
        table, model = self.documents._table, self.documents
        known = self._where(model._ai_history_domain() & self._company_domain())
        together = SQL("%s = ANY(%s)", SQL.identifier(table, "id"), sorted({*self._together, *ids}))
        fellow = SQL("(%s AND %s)", together, self._where(model._ai_history_fellows_domain() & self._company_domain()))
        query = Query(model.env, table)
        asked = SQL("%s = ANY(%s)", SQL.identifier(table, "id"), ids)
        query.add_where(SQL("(%s OR (%s) OR %s)", asked, known, fellow))
        if model._fields[first.split(".")[0]].type != "one2many":
            # A value of the lines is looked up per row: once, below, and not again for a filter.
            group = self._column(model, table, first, query)
            query.add_where(SQL("%s IN (%s)", group, self._asked_groups(first, ids)))
        moment = model._ai_moment_sql(table)
        order = SQL("%s, %s", moment, SQL.identifier(table, "id")) if self._in_order else SQL.identifier(table, "id")
        selected = [
            SQL("%s AS id", SQL.identifier(table, "id")),
            SQL("%s AS moment", moment),
            SQL("(%s) AS asked", asked),
            SQL("((%s) OR %s) AS counts", known, fellow),
            SQL("ROW_NUMBER() OVER (ORDER BY NOT (%s), %s) AS place", known, order),
        ]
        for (kind, path), name in columns.items():
            value = self._column(model, table, path, query)
            if kind == "always":
                value = model._ai_history_alike_sql(path, value)
            if kind == "value":
                value = SQL("ABS(%s)::float8", value)
            elif _known_path(model, path)[-1].field.type in _TEXT_TYPES:
                value = SQL('(%s) COLLATE "C"', value)  # only equal or not: no need to sort as people do
            selected.append(SQL("%s AS %s", value, SQL.identifier(name)))
        return query.select(*selected)

    def _where(self, domain: Any) -> SQL:
        where = self.documents._search(domain, bypass_access=True).where_clause
        return where or SQL("TRUE")

    @property
    def _in_order(self) -> bool:
        """Return whether records are in the order of their own dates: no record after one of a later date."""
        return self.documents._ai_comes_in_order

    def _measures(self, alias: str, place: int, group: Any, specs: Sequence[dict[str, Any]], columns: Any) -> SQL:
        """One row per asked record: the measures of one set of groups, over the candidates in `alias`."""
        always, own = self._partition_names(group, columns)
        whole, first = SQL(", ").join([*always, *own]), SQL(", ").join([*always, own[0]])
        complete = SQL(" AND ").join(SQL("%s IS NOT NULL", name) for name in own)
        wide = any(spec["measure"] in WIDE_MEASURES for spec in specs)
        same = SQL(", ").join(own[:1] if wide else own)
        rows = SQL("SELECT * FROM %s", SQL.identifier(alias))
        for number, spec in enumerate(specs):
            if self._has_neighbours(spec):
                joined = SQL.identifier(f"near_{place}_{number}")
                rows = SQL("%s LEFT JOIN %s USING (id)", rows, joined)
        rows = SQL(
            "%s WHERE (%s) IN (SELECT %s FROM %s WHERE asked)",
            rows,
            same,
            same,
            SQL.identifier(alias),
        )
        for happens in (self._happens, self._counts):  # what counts is seen in what happened
            events = [
                happens(place, number, spec, whole)
                for number, spec in enumerate(specs)
                if spec["measure"] in EVENT_MEASURES
            ]
            if events:
                rows = SQL("SELECT *, %s FROM (%s) AS rows", SQL(", ").join(events), rows)
        selected = [
            SQL(
                "CASE WHEN %s THEN %s END AS %s",
                complete,
                self._measure(
                    number, SQL.identifier(columns.get(("value", spec["value_path"]), "id")), spec, whole, first
                ),
                SQL.identifier(f"m{number}"),
            )
            for number, spec in enumerate(specs)
        ]
        return SQL(
            "SELECT * FROM (SELECT id, asked, %s FROM (%s) AS rows) AS measured WHERE asked",
            SQL(", ").join(selected),
            rows,
        )

    def _partition_names(self, group: Any, columns: Any) -> tuple:
        """(what every history is apart by, what this one is), as column names of the candidates."""
        return tuple(
            [SQL.identifier(columns[kind, path]) for path in paths]
            for kind, paths in zip(("always", "group"), group, strict=True)
        )

    # Earlier records within days of a record, where these do not come in the order of their dates

    def _has_neighbours(self, spec: dict[str, Any]) -> bool:
        """Return whether a measure is aggregated over pairs of records: no frame expresses both "came before" and
        "within
        days"."""
        if self._in_order or spec["measure"] in SLIP_MEASURES:
            return False
        return bool(spec["window_days"]) or spec["measure"] == "days_since"

    def _neighbours(
        self, alias: str, place: int, group: Any, specs: Sequence[dict[str, Any]], columns: Any
    ) -> list[SQL]:
        """WITH parts: per record what `_frames` gives elsewhere, aggregated over its pairs with earlier records.

        Records meet those of the same, the last and the next stretch of `window_days`: all within the window are in
        there, and PostgreSQL can find them by equality.
        """
        always, own = self._partition_names(group, columns)
        parts = []
        for number, spec in enumerate(specs):
            if not self._has_neighbours(spec):
                continue
            days, wide = spec["window_days"], spec["measure"] in WIDE_MEASURES
            names = [*always, own[0]] if spec["measure"] == "share" else [*always, *own]
            others = own[1:] if spec["measure"] == "share" else []
            value = (
                SQL.identifier(columns[("value", spec["value_path"])]) if spec["value_path"] else SQL("NULL::float8")
            )
            shared = SQL(", ").join([*names, *others])
            stretch = SQL("FLOOR(%s / %s)", _days(SQL("moment")), days) if days else SQL("0")
            earlier = SQL(
                "SELECT place, moment, %s, %s AS amount, %s + side.step AS stretch FROM %s"
                " CROSS JOIN (VALUES (-1), (0), (1)) AS side (step) WHERE counts AND (%s OR side.step = 0)",
                shared,
                value,
                stretch,
                SQL.identifier(alias),
                bool(days),
            )
            if spec["measure"] == "days_since":  # of one day, the one that came first says it all: far fewer pairs
                earlier = SQL(
                    "SELECT MIN(place) AS place, moment, %s, NULL::float8 AS amount, stretch FROM (%s) AS one_by_one"
                    " GROUP BY moment, %s, stretch",
                    shared,
                    earlier,
                    shared,
                )
            within = SQL("TRUE")
            if days:
                span = SQL("%s::interval", f"{days} days")
                within = SQL("earlier.moment BETWEEN now.moment - %s AND now.moment + %s", span, span)
            same = SQL(" AND ").join(SQL("earlier.%s = now.%s", name, name) for name in others) or SQL("TRUE")
            parts.append(
                SQL(
                    "%s AS MATERIALIZED (SELECT now.id, COUNT(*) FILTER (WHERE %s) AS %s, COUNT(*) AS %s,"
                    " AVG(LN(NULLIF(amount, 0))) AS %s, STDDEV_SAMP(LN(NULLIF(amount, 0))) AS %s, MAX(amount) AS %s,"
                    " MIN(ABS(%s)) AS %s"
                    " FROM (SELECT *, %s AS stretch FROM %s WHERE asked OR %s) AS now JOIN (%s) AS earlier"
                    " ON %s AND earlier.stretch = now.stretch AND earlier.place < now.place AND %s GROUP BY now.id)",
                    SQL.identifier(f"near_{place}_{number}"),
                    same,
                    *(SQL.identifier(f"{letter}{number}") for letter in ("n", "w", "u", "d", "x")),
                    _days(SQL("now.moment::timestamp - earlier.moment::timestamp")),
                    SQL.identifier(f"g{number}"),
                    stretch,
                    SQL.identifier(alias),
                    wide and spec["measure"] != "share",
                    earlier,
                    SQL(" AND ").join(SQL("now.%s = earlier.%s", name, name) for name in names),
                    within,
                )
            )
        return parts

    def _frames(
        self, number: float, value: Any, spec: dict[str, Any], partition: Any, first_partition: Any
    ) -> dict[str, SQL]:
        """SQL of what a measure needs to know of the earlier records of a row.

        :return: {"n": how many, "w": how many in the first group, "u": mean and "d": deviation of the logarithms of
            their amounts, "x": their highest amount, "g": days to the nearest}
        """
        if self._has_neighbours(spec):
            found = {letter: SQL.identifier(f"{letter}{number}") for letter in "nwudxg"}
            return {**found, **{letter: SQL("COALESCE(%s, 0)", found[letter]) for letter in "nw"}}
        window, wider = self._window(spec, partition), self._window(spec, first_partition)
        return {
            "n": SQL("COUNT(*) FILTER (WHERE counts) OVER %s", window),
            "w": SQL("COUNT(*) FILTER (WHERE counts) OVER %s", wider),
            "u": SQL("AVG(LN(NULLIF(%s, 0))) FILTER (WHERE counts) OVER %s", value, window),
            "d": SQL("STDDEV_SAMP(LN(NULLIF(%s, 0))) FILTER (WHERE counts) OVER %s", value, window),
            "x": SQL("MAX(%s) FILTER (WHERE counts) OVER %s", value, window),
            "g": _days(SQL("moment::timestamp - (MAX(moment) FILTER (WHERE counts) OVER %s)::timestamp", window)),
        }

    def _slips(self, alias: str, place: int, group: Any, specs: Sequence[dict[str, Any]], columns: Any) -> list[SQL]:
        """WITH parts: the ids of records whose amount is, but for a slip of the pen, an earlier one of their group.

        Only amounts of the same digits can be that, so only these are compared with each other. An amount that was
        there before in just this form is a repeat, not a slip.
        """
        always, own = self._partition_names(group, columns)
        names = [*always, *own]
        parts = []
        for number, spec in enumerate(specs):
            if spec["measure"] not in SLIP_MEASURES:
                continue
            digits, slips = SQL.identifier(f"digits_{place}_{number}"), SQL.identifier(f"slips_{place}_{number}")
            shared = SQL(", ").join(names)
            value = SQL.identifier(columns["value", spec["value_path"]])
            parts.append(
                SQL(
                    "%s AS MATERIALIZED (SELECT *, MIN(cents) OVER alike < MAX(cents) OVER alike AS has_others"
                    " FROM (SELECT id, counts, place, moment, %s, cents, %s AS digits FROM"
                    " (SELECT *, ROUND(%s::numeric * 100)::int8 AS cents FROM %s WHERE %s >= 0.01 AND %s < %s)"
                    " AS amounts) AS coded WINDOW alike AS (PARTITION BY %s, digits))",
                    digits,
                    shared,
                    _digits(SQL("cents")),
                    value,
                    SQL.identifier(alias),
                    value,
                    value,
                    10.0 ** (LONGEST_AMOUNT - 2),
                    shared,
                )
            )
            recent = SQL("TRUE")
            if spec["window_days"]:
                span = SQL("%s::interval", f"{spec['window_days']} days")
                recent = SQL("earlier.moment BETWEEN now.moment - %s AND now.moment + %s", span, span)
            joined = [SQL("now.%s = earlier.%s", name, name) for name in [*names, SQL.identifier("digits")]]
            parts.append(
                SQL(
                    "%s AS MATERIALIZED (SELECT now.id FROM %s AS now JOIN"
                    " (SELECT %s, digits, cents, moment, MIN(place) AS place FROM %s WHERE counts AND has_others"
                    " GROUP BY %s, digits, cents, moment) AS earlier"
                    " ON %s AND earlier.place < now.place WHERE now.has_others GROUP BY now.id"
                    " HAVING BOOL_OR(%s AND %s) AND NOT BOOL_OR(now.cents = earlier.cents))",
                    slips,
                    digits,
                    shared,
                    digits,
                    shared,
                    SQL(" AND ").join(joined),
                    recent,
                    _IS_SLIP[spec["measure"]],
                )
            )
        return parts

    def _asked_groups(self, path: str, ids: Sequence[int]) -> SQL:
        """The values of the first group among the asked records: histories of others need not be read."""
        table = self.documents._table
        query = Query(self.documents.env, table)
        query.add_where(SQL("%s = ANY(%s)", SQL.identifier(table, "id"), ids))
        return query.select(self._column(self.documents, table, path, query))

    def _company_domain(self) -> Any:
        ours = self.company._ai_branches_sql(self.company.id)
        return Domain("company_id", "in", ours) | Domain("company_id", "=", False)

    def _happens(self, place: int, number: float, spec: dict[str, Any], partition: Any) -> SQL:
        """Return whether this is a first time, a repeat, a slip."""
        if spec["measure"] in SLIP_MEASURES:
            happened = SQL("id IN (SELECT id FROM %s)", SQL.identifier(f"slips_{place}_{number}"))
        else:
            before = self._frames(number, SQL("NULL"), spec, partition, partition)["n"]
            happened = SQL("%s = 0" if spec["measure"] == "first_time" else "%s > 0", before)
        return SQL("%s AS %s", happened, SQL.identifier(f"h{number}"))

    def _counts(self, place: int, number: float, spec: dict[str, Any], partition: Any) -> SQL:
        """Three columns: whether it surprises, whether later records count it, and whether among what.

        Ten bills of one day on one new account are ten bills, but one new account. An amount that comes each month
        repeats each month, but only once for the first time: counted are amounts, not bills.
        """
        happened = SQL.identifier(f"h{number}")
        always = self._window({**spec, "window_days": 0}, partition)
        is_first = SQL("COUNT(*) FILTER (WHERE counts) OVER %s = 0", always)
        match spec["measure"]:
            case "first_time":
                surprises, counted, among = happened, is_first, SQL("TRUE")
            case "repeat":
                surprises = SQL("%s AND COUNT(*) FILTER (WHERE counts AND %s) OVER %s = 0", happened, happened, always)
                counted, among = surprises, is_first
            case _:
                surprises, counted, among = happened, happened, SQL("TRUE")
        return SQL(
            "%s AS %s, %s AS %s, %s AS %s",
            surprises,
            SQL.identifier(f"e{number}"),
            counted,
            SQL.identifier(f"c{number}"),
            among,
            SQL.identifier(f"a{number}"),
        )

    def _measure(self, number: float, value: Any, spec: dict[str, Any], partition: Any, first_partition: Any) -> SQL:
        earlier = self._frames(number, value, spec, partition, first_partition)
        match spec["measure"]:
            case "count":
                return earlier["n"]
            case "days_since":
                return earlier["g"]
            case "ratio":
                return SQL("EXP(LN(NULLIF(%s, 0)) - %s)", value, earlier["u"])
            case "ratio_max":
                return SQL("%s / NULLIF(%s, 0)", value, earlier["x"])
            case "deviation":
                return SQL(
                    "CASE WHEN %s >= %s THEN (LN(NULLIF(%s, 0)) - %s) / GREATEST(%s, %s) END",
                    earlier["n"],
                    DEVIATION_MIN_COUNT,
                    value,
                    earlier["u"],
                    earlier["d"],
                    DEVIATION_MIN_SPREAD,
                )
            case "share":
                return SQL("(%s)::float / NULLIF(%s, 0)", earlier["n"], earlier["w"])
            case "first_time" | "repeat" | "swapped" | "shifted":
                # How often this happened in the first group so far; 1 where it does not happen now. A vendor with whom
                # everything is new surprises nobody with something new.
                event, counted, among = (SQL.identifier(f"{letter}{number}") for letter in "eca")
                window = self._window({**spec, "window_days": 0}, first_partition)
                return SQL(
                    "CASE WHEN %s THEN (COUNT(*) FILTER (WHERE counts AND %s) OVER %s + 0.5)"
                    " / (COUNT(*) FILTER (WHERE counts AND %s) OVER %s + 1.0) ELSE 1 END",
                    event,
                    counted,
                    window,
                    among,
                    window,
                )
        raise ValueError(f"Unknown measure {spec['measure']!r}")

    def _window(self, spec: dict[str, Any], partition: Any) -> SQL:
        """Earlier records only: the frame ends before the record's own place.

        A microsecond per place tells records of one moment apart: a window is by as much as a second too long for it.
        """
        if not spec["window_days"]:
            return SQL("(PARTITION BY %s ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)", partition)
        return SQL(
            "(PARTITION BY %s ORDER BY moment::timestamp + place * INTERVAL '1 microsecond'"
            " RANGE BETWEEN %s::interval PRECEDING AND INTERVAL '1 microsecond' PRECEDING)",
            partition,
            f"{spec['window_days']} days 1 second",
        )

    # What has no column

    def _has_columns(self, spec: dict[str, Any]) -> bool:
        """Return whether every field on the path has a column (or is a relation that leads to one)."""
        if spec["source"] in ("history", "course"):
            return True
        if spec["source"] == "card":
            return False
        paths = [spec["start_path"], spec["end_path"]] if spec["source"] == "age" else [spec["path"]]
        return all(_has_column(step.field) for path in paths for step in _known_path(self.documents, path))

    def _read_through_orm(self, spec: dict[str, Any], ids: Sequence[int]) -> list[Any]:
        if spec["source"] == "card":
            return [None] * len(ids)
        records = self.documents.browse(ids)
        if spec["source"] == "zeros":
            return [zeros_at_end(_follow(record, spec["path"])) for record in records]
        if spec["source"] == "age":
            pairs = zip(
                (_follow(record, spec["start_path"]) for record in records),
                (_follow(record, spec["end_path"]) for record in records),
                strict=True,
            )
            return [(end - start).total_seconds() / 86400 if start and end else None for start, end in pairs]
        return [_follow(record, spec["path"]) for record in records]


def _has_column(field: Any) -> bool:
    """Return whether SQL can read it: a stored field, or a relation of records that leads to one."""
    if field.type in ("one2many", "many2many"):
        return field.store and not field.inherited
    if field.type == "many2one_reference" and not field.store:
        return False
    return field.store or field.related or field.inherited


def zeros_at_end(amount: float | None) -> int | None:
    """Zeros at the end of an amount written with two decimals, None where there is no amount.

    >>> zeros_at_end(2500), zeros_at_end(-12.3), zeros_at_end(9.99), zeros_at_end(0)
    (4, 1, 0, None)
    """
    written = f"{abs(Decimal(str(amount or 0))):.2f}".replace(".", "")
    return len(written) - len(written.rstrip("0")) if written.strip("0") else None


def _zeros(amount: float | None) -> SQL:
    """`zeros_at_end` in SQL."""
    written = SQL("NULLIF(ROUND(ABS(%s)::numeric, 2), 0)::text", amount)
    written = SQL("REPLACE(%s, '.', '')", written)
    return SQL("LENGTH(%s) - LENGTH(RTRIM(%s, '0'))", written, written)


def _digits(cents: SQL) -> SQL:
    """SQL of a number that says which digits `cents` has, whatever their order; zeros in front count."""
    weights = SQL("ARRAY[%s]::int8[]", SQL(", ").join(SQL("%s", (LONGEST_AMOUNT + 1) ** digit) for digit in range(10)))
    places = (SQL("(%s)[1 + %s / %s %% 10]", weights, cents, 10**place) for place in range(LONGEST_AMOUNT))
    return SQL("(%s)", SQL(" + ").join(places))


# Of two amounts with the same digits, `now` and `earlier`: in cents, the difference of two that differ by a swap of
# neighbours is 9, times ten to the power of their place, times the difference of the two digits.
_LARGE, _SMALL = SQL("GREATEST(now.cents, earlier.cents)"), SQL("LEAST(now.cents, earlier.cents)")
_NINTH = SQL("((%s - %s) / 9)", _LARGE, _SMALL)
_PLACE = SQL("(10 ^ (LENGTH(%s::text) - 1))::int8", _NINTH)
_IS_SLIP = {
    "swapped": SQL(
        "now.cents <> earlier.cents AND LENGTH(now.cents::text) = LENGTH(earlier.cents::text) AND %s %% %s = 0"
        " AND %s / (10 * %s) %% 10 - %s / %s %% 10 = %s / %s",
        _NINTH,
        _PLACE,
        _LARGE,
        _PLACE,
        _LARGE,
        _PLACE,
        _NINTH,
        _PLACE,
    ),
    "shifted": SQL("%s %% %s = 0 AND %s / %s IN (10, 100, 1000)", _LARGE, _SMALL, _LARGE, _SMALL),
}


def _days(interval: SQL) -> SQL:
    return SQL("(EXTRACT(EPOCH FROM (%s)) / 86400.0)", interval)


def _follow(record: BaseModel, path: str) -> Any:
    """The raw value at the end of `path`, read through the ORM by the rules of `FeatureReader._column`."""
    name, _dot, rest = path.partition(".")
    if not record:
        return None
    field = record._fields[name]
    if field.type == "properties":
        return values.raw_value(record, name, rest)
    if not rest:
        return values.raw_value(record, name)
    if field.type == "many2many":
        return [_follow(linked, rest) for linked in record[name]]
    if field.type == "one2many":
        found = [_follow(line, rest) for line in record[name].sorted("id")]
        found = [value for value in found if value is not None and value != ""]
        # Of numbers, the first that is not 0; False of a boolean is a value.
        return next((value for value in found if isinstance(value, bool) or value != 0), found[0] if found else None)
    return _follow(record[name], rest)
