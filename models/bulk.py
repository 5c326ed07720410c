"""Set-based writing: many rows in one INSERT, from lists of plain Python values.

The ORM's `create` costs milliseconds a row; a chunk of scores has thousands. What the ORM would do beside the INSERT
(defaults, stored computes, tracking) is not done here: the callers give every column.
"""

import datetime

from odoo.tools import SQL


def reserve_ids(env, table, count):
    """`count` new ids of `table`, ascending: known before the insert, so that other rows can refer to them."""
    sequence = f"{table}_id_seq"
    return [row[0] for row in env.execute_query(SQL("SELECT nextval(%s) FROM generate_series(1, %s)", sequence, count))]


def write(env, statements):
    """Run several inserts as one statement: one way to the database and back. None among them is left out."""
    *others, last = [statement for statement in statements if statement] or [None]
    if last:
        parts = [SQL("%s AS (%s)", SQL.identifier(f"part_{n}"), statement) for n, statement in enumerate(others)]
        env.cr.execute(SQL("WITH %s %s", SQL(", ").join(parts), last) if parts else last)


def insert(env, table, columns, conflict=None):
    """Run one `insert_statement`."""
    write(env, [insert_statement(table, columns, conflict)])


def insert_statement(table, columns, conflict=None):
    """INSERT of one row per position of the lists in `columns`, as SQL; None where there is no row.

    Lists travel as array literals: one constant each. As array constructors every single value would be an expression
    of its own, and parsing them takes PostgreSQL many times as long as writing the rows.

    :param columns: {column: (PostgreSQL type, list of values or one value for all rows)}
    :param conflict: SQL after the values, such as ON CONFLICT …
    """
    count = max((len(values) for _type, values in columns.values() if isinstance(values, list)), default=0)
    if not count:
        return None
    arrays, selected = [], []
    for number, (kind, values) in enumerate(columns.values()):
        if isinstance(values, list):
            # jsonb travels as text: an array of jsonb would need escaping twice
            arrays.append(SQL("%s::%s[]", _literal(values), SQL("text" if kind == "jsonb" else kind)))
            selected.append(SQL("%s::%s", SQL.identifier("new_rows", f"c{number}"), SQL(kind)))
        else:
            selected.append(SQL("%s::%s", values, SQL(kind)))
    names = [SQL.identifier(f"c{n}") for n, (_k, values) in enumerate(columns.values()) if isinstance(values, list)]
    return SQL(
        "INSERT INTO %s (%s) SELECT %s FROM unnest(%s) AS new_rows (%s) %s",
        SQL.identifier(table),
        SQL(", ").join(map(SQL.identifier, columns)),
        SQL(", ").join(selected),
        SQL(", ").join(arrays),
        SQL(", ").join(names),
        conflict or SQL(),
    )


def _literal(values):
    """Plain values (None, bool, int, float, str, date) as the text of a PostgreSQL array."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value):
    if value is None:
        return "NULL"
    if isinstance(value, str):
        # str's own method: that of Markup would escape for HTML
        return '"' + str.replace(str.replace(value, "\\", "\\\\"), '"', '\\"') + '"'
    if isinstance(value, (datetime.date, datetime.datetime)):
        return f'"{value}"'
    return repr(value.item() if hasattr(value, "item") else value)  # NumPy writes itself as np.float64(0.1)
