"""Set-based writing: what arrives is what was sent, whatever it looks like."""

import datetime
import json
import math

import numpy as np
from markupsafe import Markup

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.tools import batch_insert as bulk

AWKWARD = ["plain", "", "NULL", "null", None, 'a "quoted" one', "back\\slash", "{curly, comma}", "it's", "línea\nnew"]


@tagged("post_install", "-at_install")
class TestBulk(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute(
            "CREATE TEMP TABLE bulk_rows (id serial PRIMARY KEY, name varchar, number float8, size int4, yes bool,"
            " day date, moment timestamp, doc jsonb) ON COMMIT DROP"
        )

    def sent(self, column, kind, values):
        """What a column of `kind` holds after `values` were sent, beside one that makes the rows differ."""
        self.env.cr.execute("DELETE FROM bulk_rows")
        bulk.insert(self.env, "bulk_rows", {"size": ("int4", list(range(len(values)))), column: (kind, values)})
        query = SQL("SELECT %s FROM bulk_rows ORDER BY size", SQL.identifier(column))
        return [row[0] for row in self.env.execute_query(query)]

    def test_text_arrives_as_it_was(self):
        self.assertEqual(self.sent("name", "varchar", AWKWARD), AWKWARD)
        self.assertEqual(self.sent("name", "varchar", [Markup('<b a="1">'), "x"]), ['<b a="1">', "x"])

    def test_text_without_gaps_arrives_as_it_was(self):
        texts = [text for text in AWKWARD if text is not None]
        self.assertEqual(self.sent("name", "varchar", texts), texts)
        with self.assertRaisesRegex(ValueError, "NUL"):
            bulk.insert_statement("bulk_rows", {"name": ("varchar", ["a", "b\0c"])})

    def test_numbers_and_truths_arrive_as_they_were(self):
        numbers = [0.1, -1e300, 3, None, 1 / 3, float("inf")]
        self.assertEqual(self.sent("number", "float8", numbers), numbers)
        self.assertTrue(math.isnan(self.sent("number", "float8", [math.nan, 1.0])[0]))
        self.assertEqual(self.sent("yes", "bool", [True, None, False]), [True, None, False])
        self.assertEqual(self.sent("number", "float8", [np.float64(0.25), None]), [0.25, None], "NumPy's numbers too")

    def test_days_arrive_as_they_were(self):
        days = [datetime.date(2026, 2, 28), None]
        self.assertEqual(self.sent("day", "date", days), days)
        moments = [datetime.datetime(2026, 2, 28, 23, 59, 59, 123456), None]
        self.assertEqual(self.sent("moment", "timestamp", moments), moments)

    def test_json_arrives_as_it_was(self):
        documents = [["a\\b", 'say "so"', None, 1.5], {}]
        self.assertEqual(self.sent("doc", "jsonb", [json.dumps(each) for each in documents]), documents)

    def test_a_column_of_one_value_arrives_in_every_row(self):
        for kind, column, value in (("varchar", "name", "same"), ("float8", "number", None), ("bool", "yes", False)):
            self.assertEqual(self.sent(column, kind, [value] * 3), [value] * 3)
        self.env.cr.execute("DELETE FROM bulk_rows")
        bulk.insert(
            self.env, "bulk_rows", {"name": ("varchar", ["one"] * 4), "number": ("float8", [np.float64(2)] * 4)}
        )
        self.env.cr.execute("SELECT name, number, COUNT(*) FROM bulk_rows GROUP BY 1, 2")
        self.assertEqual(self.env.cr.fetchall(), [("one", 2.0, 4)])

    def test_no_rows_is_no_statement(self):
        self.assertIsNone(bulk.insert_statement("bulk_rows", {"name": ("varchar", [])}))
        with self.assertQueryCount(0):
            bulk.write(self.env, {"none": None})

    def test_a_later_statement_reads_what_an_earlier_one_returned(self):
        self.env.cr.execute("CREATE TEMP TABLE bulk_copies (source int4, name varchar) ON COMMIT DROP")
        with self.assertQueryCount(1):
            bulk.write(
                self.env,
                {
                    "added": bulk.insert_statement(
                        "bulk_rows", {"name": ("varchar", ["a", "b", "c"])}, returning=("id", "name")
                    ),
                    "left_out": None,
                    "copied": bulk.insert_from(
                        "added",
                        "bulk_copies",
                        {"source": SQL.identifier("id"), "name": SQL("upper(name)")},
                        where=SQL("name <> 'b'"),
                    ),
                },
            )
        self.env.cr.execute("SELECT copy.name, rows.name FROM bulk_copies copy JOIN bulk_rows rows ON rows.id = source")
        self.assertEqual(sorted(self.env.cr.fetchall()), [("A", "a"), ("C", "c")])
