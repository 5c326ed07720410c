"""Rows that are wrong: the sentence names the row and the field."""

from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.pushing.rows import RowCheck, check_key, digest_of

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
