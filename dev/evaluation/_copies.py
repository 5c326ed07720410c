"""Set-based loading: many records as copies of one that Odoo itself made.

The ORM makes one record of each shape; its row is then copied in one statement, with the columns overridden that
differ from record to record. What the ORM would have filled beside (defaults, stored computes) comes with the copy.
"""

import csv
import io

from odoo.tools import SQL


def stage(env, table, columns, rows):
    """Put `rows` into the temporary table `table`.

    :param columns: {column: PostgreSQL type}, in the order of the values of a row
    :param rows: iterable of tuples; None is NULL
    """
    names = [SQL("%s %s", SQL.identifier(name), SQL(kind)) for name, kind in columns.items()]
    env.cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(table)))
    env.cr.execute(SQL("CREATE TEMPORARY TABLE %s (%s)", SQL.identifier(table), SQL(", ").join(names)))
    text = io.StringIO()
    csv.writer(text).writerows([r"\N" if value is None else value for value in row] for row in rows)
    text.seek(0)
    env.cr.copy_expert(rf"COPY {table} FROM STDIN WITH (FORMAT csv, NULL '\N')", text)
    env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))


def copy(env, template, staged, overrides):
    """One copy of the record `template` per row of the staged table.

    :param overrides: {column: SQL}, in terms of the row to copy, `template`, and of the staged row, `new`
    """
    env.flush_all()
    table = template._table
    env.cr.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", [table]
    )
    columns = [name for (name,) in env.cr.fetchall() if name != "id" or name in overrides]
    values = [overrides.get(name, SQL.identifier("template", name)) for name in columns]
    env.cr.execute(
        SQL(
            "INSERT INTO %(table)s (%(columns)s) SELECT %(values)s FROM %(table)s AS template, %(staged)s AS new"
            " WHERE template.id = %(template)s",
            table=SQL.identifier(table),
            columns=SQL(", ").join(map(SQL.identifier, columns)),
            values=SQL(", ").join(values),
            staged=SQL.identifier(staged),
            template=template.id,
        )
    )
    env.invalidate_all()


def new(column):
    """SQL of a column of the staged row."""
    return SQL.identifier("new", column)


def scaled(columns):
    """Overrides that multiply columns of a template with the amount 1 by the staged row's amount."""
    return {name: SQL("%s * %s", SQL.identifier("template", name), new("amount")) for name in columns}


def analyze(env, *tables):
    """What autovacuum would do before long: without statistics the planner guesses."""
    for table in tables:
        env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
