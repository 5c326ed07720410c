"""Set-based writing: many rows in one INSERT, from lists of plain Python values.

The ORM's `create` costs milliseconds a row; a chunk of scores has thousands. What the ORM would do beside the INSERT
(defaults, stored computes, tracking) is not done here: the callers give every column.
"""

import datetime
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from odoo.api import Environment
from odoo.tools import SQL

from .quiet_sql import quiet_sql


def write(env: Environment, statements: dict[str, SQL | None]) -> None:
    """Run several statements as one: one way to the database and back. None among them is left out.

    :param statements: {name: SQL}; a later one may read what an earlier one returns from the table of its name
    """
    some = [(name, statement) for name, statement in statements.items() if statement]
    *before, (name, statement) = some or [("", None)]
    if statement:
        parts = [SQL("%s AS (%s)", SQL.identifier(other), earlier) for other, earlier in before]
        with quiet_sql(f"Rows written at once: {', '.join([*(other for other, _earlier in before), name])}"):
            env.cr.execute(SQL("WITH %s %s", SQL(", ").join(parts), statement) if parts else statement)


def insert(env: Environment, table: str, columns: dict, conflict: SQL | None = None) -> None:
    """Run one `insert_statement`."""
    write(env, {"new": insert_statement(table, columns, conflict)})


def insert_statement(
    table: str, columns: dict, conflict: SQL | None = None, returning: Iterable[str] = ()
) -> SQL | None:
    """INSERT of one row per position of the lists in `columns`, as SQL; None where there is no row.

    Lists travel as array literals: one constant each. As array constructors every single value would be an expression
    of its own, and parsing them takes PostgreSQL many times as long as writing the rows.

    :param columns: {column: (PostgreSQL type, list of values or one value for all rows)}
    :param conflict: SQL after the values, such as ON CONFLICT …
    :param returning: names of columns that other statements read
    """
    selected = rows_sql(columns)
    if selected is None:
        return None
    returned = SQL("RETURNING %s", names_sql(tuple(returning))) if returning else SQL()
    return SQL("%s %s %s %s", _into(table, tuple(columns)), selected, conflict or SQL(), returned)


def rows_sql(columns: dict) -> SQL | None:
    """Return the SELECT of one row per position of the lists in `columns`; None where there is no row.

    :param columns: as for `insert_statement`
    """
    count = max((len(values) for _type, values in columns.values() if isinstance(values, list)), default=0)
    if not count:
        return None
    arrays, singles, shape = [], [], []
    for name, (kind, values) in columns.items():
        distinct = set(values) if isinstance(values, list) else {values}
        is_array = isinstance(values, list) and (len(distinct) > 1 or not arrays)  # the first list says how many rows
        if is_array:
            arrays.append(_literal(values, distinct))
        else:
            [value] = distinct
            singles.append(value.item() if hasattr(value, "item") else value)
        shape.append((name, kind, is_array))
    return SQL(_rows_template(tuple(shape)).code, *singles, *arrays)


@lru_cache
def _rows_template(shape: tuple[tuple[str, str, bool], ...]) -> SQL:
    """Return the SELECT of `rows_sql`, with a place for each single value and then one for each array.

    Remembered: a statement of 25 columns is put together from more than a hundred parts, for each record that is saved.

    :param shape: (column, PostgreSQL type, whether its values travel as an array) of each
    """
    place = SQL("%s", None)
    arrays, names, selected = [], [], []
    for number, (name, kind, is_array) in enumerate(shape):
        value = place
        if is_array:
            # jsonb travels as text: an array of jsonb would need escaping twice
            arrays.append(SQL("%s::%s[]", place, SQL("text" if kind == "jsonb" else kind)))
            names.append(SQL.identifier(f"c{number}"))
            value = SQL.identifier("new_rows", f"c{number}")
        selected.append(SQL("%s::%s AS %s", value, SQL(kind), SQL.identifier(name)))
    return SQL(
        "SELECT %s FROM unnest(%s) AS new_rows (%s)",
        SQL(", ").join(selected),
        SQL(", ").join(arrays),
        SQL(", ").join(names),
    )


@lru_cache
def names_sql(names: tuple[str, ...]) -> SQL:
    """Return the names of columns as SQL, with commas between them; remembered."""
    return SQL(", ").join(map(SQL.identifier, names))


@lru_cache
def _into(table: str, columns: tuple[str, ...]) -> SQL:
    return SQL("INSERT INTO %s (%s)", SQL.identifier(table), names_sql(columns))


@lru_cache
def replaced_sql(names: tuple[str, ...]) -> SQL:
    """Return SQL after DO UPDATE SET that takes the columns `names` from the row that could not be inserted."""
    return SQL(", ").join(SQL("%s = %s", SQL.identifier(name), SQL.identifier("excluded", name)) for name in names)


def insert_from(
    source: str,
    table: str,
    columns: dict,
    where: SQL | None = None,
    conflict: SQL | None = None,
    join: SQL | None = None,
) -> SQL:
    """INSERT of rows that an earlier statement of the same `write` returned, as SQL.

    :param source: the name of that statement
    :param columns: {column: SQL of its value}
    :param join: SQL after the source
    """
    return SQL(
        "%s SELECT %s FROM %s %s %s %s",
        _into(table, tuple(columns)),
        SQL(", ").join(columns.values()),
        SQL.identifier(source),
        join or SQL(),
        SQL("WHERE %s", where) if where else SQL(),
        conflict or SQL(),
    )


def _literal(values: list, distinct: set) -> str:
    """Plain values (None, bool, int, float, str, date) as the text of a PostgreSQL array; `distinct` is their set."""
    kinds = set(map(type, distinct))
    if kinds == {str}:  # escaped all at once: no text in PostgreSQL holds a NUL
        joined = "\0".join(values)
        if joined.count("\0") >= len(values):
            raise ValueError("A text holds a NUL, which PostgreSQL cannot store.")
        return '{"' + _escaped(joined).replace("\0", '","') + '"}'
    if any(issubclass(kind, (str, datetime.date)) for kind in kinds):
        elements = {value: _element(value) for value in distinct}
        return "{" + ",".join([elements[value] for value in values]) + "}"
    if any(hasattr(kind, "item") for kind in kinds):  # NumPy writes itself as np.float64(0.1)
        values = [value.item() if hasattr(value, "item") else value for value in values]
    return "{" + str(values)[1:-1].replace("None", "NULL") + "}"  # Python writes numbers as PostgreSQL reads them


def _element(value: Any) -> str:
    return "NULL" if value is None else f'"{_escaped(str(value))}"'


def _escaped(text: str) -> str:
    # str's own methods: those of Markup would escape for HTML
    return str.replace(str.replace(text, "\\", "\\\\"), '"', '\\"')
