"""Rows that are wrong: the sentence names the row and the field."""

from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.models.pushing.rows import (
    LARGEST,
    PushedRow,
    RowCheck,
    check_key,
    columns_with,
    digest_of,
)
from odoo.addons.ai_deployment.remote.answer_fields import AnswerField

GOOD = {"res_id": 7, "score": 0.5}
BAD = [
    ("x", "row"),
    ({**GOOD, "more": 1}, "more"),
    ({"score": 0.5}, "res_id"),
    ({**GOOD, "res_id": True}, "res_id"),
    ({**GOOD, "res_id": "7"}, "res_id"),
    ({**GOOD, "res_id": 2**31}, "res_id"),
    ({**GOOD, "res_id": 0}, "res_id"),
    ({"res_id": 7}, "score"),
    ({**GOOD, "score": "0.5"}, "score"),
    ({**GOOD, "score": True}, "score"),
    ({**GOOD, "score": float("nan")}, "score"),
    ({**GOOD, "score": -0.1}, "score"),
    ({**GOOD, "score": 10**400}, "score"),
    ({**GOOD, "inputs": {"amount": 10**400}}, "inputs.amount"),
    ({**GOOD, "score": 1.001}, "score"),
    ({**GOOD, "confidence": 1.7}, "confidence"),
    ({**GOOD, "m" * 50: 1}, "m" * 40),
    ({**GOOD, "inputs": {"m" * 50: 1}}, f"inputs.{'m' * 40}"),
    ({**GOOD, "inputs": []}, "inputs"),
    ({**GOOD, "inputs": {"unheard": 1}}, "inputs.unheard"),
    ({**GOOD, "inputs": {"amount": "5"}}, "inputs.amount"),
    ({**GOOD, "inputs": {"amount": float("inf")}}, "inputs.amount"),
    ({**GOOD, "inputs": {"country": ["BE"]}}, "inputs.country"),
    ({**GOOD, "failure": {"message": "x"}}, "score"),
    ({"res_id": 7, "confidence": 1.7, "failure": {"message": "x"}}, "confidence"),
    ({"res_id": 7, "failure": {}}, "failure.message"),
    ({"res_id": 7, "failure": {"message": " "}}, "failure.message"),
    ({"res_id": 7, "failure": {"message": 3}}, "failure.message"),
    ({"res_id": 7, "failure": {"message": "x", "more": 1}}, "failure"),
    ({"res_id": 7, "answers": {}, "failure": {"message": "x"}}, "answers"),
    ({**GOOD, "answers": {}}, "answers"),
    ({7: 1}, "row"),
    ({**GOOD, "inputs": {"amount": 2 * LARGEST}}, "inputs.amount"),
    ({**GOOD, "inputs": {"amount": -2 * LARGEST}}, "inputs.amount"),
    ({**GOOD, "inputs": {"country": float("nan")}}, "inputs.country"),
    ({"res_id": 7, "failure": "x"}, "failure"),
    ({"res_id": 7, "failure": {"message": "x", "details": 3}}, "failure.details"),
]


@tagged("post_install", "-at_install")
class TestRows(TransactionCase):
    def setUp(self):
        super().setUp()
        self.check = RowCheck(self.env, {"amount": "number", "country": "category"})

    def test_what_is_wrong_names_row_and_field(self):
        for row, field in BAD:
            with self.assertRaises(ValidationError, msg=row) as caught:
                self.check.rows([{"res_id": 1, "score": 0.1}, row])
            self.assertIn(f"Row 2, {field}:", str(caught.exception), row)

    def test_the_ends_of_what_may_be_pushed(self):
        for res_id, score, sure in ((1, 0, 1), (2**31 - 1, 1, 1), (7, 0.2, 0.8), (7, 0.75, 0.75)):
            [row] = self.check.rows([{"res_id": res_id, "score": score}])
            self.assertEqual((row.res_id, row.answer), (res_id, (score, sure)))
        [row] = self.check.rows([{"res_id": 1, "score": 0.2, "confidence": 0.0}])
        self.assertEqual(row.answer, (0.2, 0.0))
        many = [{"res_id": number + 1, "score": 0.5} for number in range(1001)]
        self.assertEqual([row.res_id for row in self.check.rows(many[:1000])], list(range(1, 1001)))
        with self.assertRaisesRegex(ValidationError, "1 to 1000 rows"):
            self.check.rows(many)
        for key in ("x", "x" * 200):
            self.assertEqual(check_key(key, self.env), key)
        [row] = self.check.rows([{"res_id": 7, "failure": {"message": "m" * 301, "details": "first" + "d" * 4096}}])
        self.assertEqual((row.answer.reason, row.details), ("m" * 300, "d" * 4096))

    def test_good_rows_and_the_same_record_twice(self):
        [row] = self.check.rows([{**GOOD, "inputs": {"amount": 3, "country": None}}])
        self.assertEqual((row.res_id, row.answer), (7, (0.5, 0.5)))
        with self.assertRaises(ValidationError) as caught:
            self.check.rows([GOOD, {"res_id": 8, "score": 0.1}, GOOD])
        self.assertIn("Row 3, res_id: row 1 is about the same record", str(caught.exception))
        for rows in (None, [], {}, "x", [GOOD] * 1001):
            with self.assertRaises(ValidationError):
                self.check.rows(rows)

    def test_texts_are_made_so_that_they_can_be_stored(self):
        failure = {"message": "a\0b\ud800", "details": "\0" * 5000}
        [row] = self.check.rows([{"res_id": 7, "failure": failure}])
        self.assertEqual((row.answer.reason, len(row.details)), ("a\ufffdb?", 4096))
        self.assertNotIn("\0", row.details)

    def test_keys_and_fingerprints(self):
        self.assertEqual(digest_of([{"a": 1, "b": 2}], self.env), digest_of([{"b": 2, "a": 1}], self.env))
        for key in ("", None, 5, "x" * 201, "a\nb"):
            with self.assertRaises(ValidationError):
                check_key(key, self.env)
        for rows in ([float("nan")], [object()]):
            with self.assertRaises(ValidationError):
                digest_of(rows, self.env)
        self.assertNotEqual(digest_of([{"a": 1}], self.env), digest_of([{"a": 2}], self.env))

    def test_inputs_are_single_values_of_their_kind(self):
        for inputs in (
            None,
            {},
            {"amount": LARGEST},
            {"amount": -LARGEST},
            {"amount": None, "country": "BE"},
            {"country": 7},
            {"country": True},
        ):
            [row] = self.check.rows([{**GOOD, "inputs": inputs}])
            self.assertEqual(row.inputs, inputs or {})

    def test_a_version_with_answers_takes_no_score(self):
        check = RowCheck(self.env, {}, [AnswerField("total", "Total", "number")])
        answers = {"total": "12", "total_confidence": 0.7}
        [row] = check.rows([{"res_id": 7, "answers": answers}])
        self.assertEqual((row.answer, row.told.values), ((0.7, 0.7), {"total": ("12", 0.7)}))
        for row, field in (
            ({"res_id": 7, "answers": answers, "score": 0.5}, "score"),
            ({"res_id": 7, "answers": answers, "confidence": 0.0}, "confidence"),
            ({"res_id": 7}, "answers"),
        ):
            with self.assertRaisesRegex(ValidationError, f"Row 1, {field}:"):
                check.rows([row])
        [row] = check.rows([{"res_id": 7, "failure": {"message": " It failed. "}}])
        self.assertEqual((row.answer.reason, row.details, row.told), ("It failed.", "", None))

    def test_what_is_pushed_takes_the_place_of_what_odoo_holds(self):
        columns = {name: make_column(name, NUMBER, [1, None, 3]) for name in ("amount", "other")}
        rows = [
            PushedRow(7, (0.5, 0.5), {"amount": 5}),
            PushedRow(8, (0.5, 0.5), {}),
            PushedRow(9, (0.5, 0.5), {"amount": None}),
            PushedRow(10, (0.5, 0.5), {"amount": 9}),  # not among the rows
        ]
        found = columns_with(columns, rows, {8: 0, 7: 1, 9: 2}, make_column)
        self.assertIs(found["other"], columns["other"])
        self.assertEqual([str(value) for value in found["amount"].values], ["1.0", "5.0", "nan"])
        self.assertEqual(columns["amount"].values[0], 1.0)
