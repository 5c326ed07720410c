import json
import math
import time
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml.columns import (
    CATEGORY,
    LONGEST_LEVEL,
    NUMBER,
    make_column,
)
from odoo.addons.ai_deployment.ml.errors import InvalidFeature


def one_number(value):
    column = make_column("x", NUMBER, [value])
    assert not column.errors
    return column.values[0]


def one_level(value):
    column = make_column("x", CATEGORY, [value])
    assert not column.errors
    return column.values[0]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (3, 3.0),
        (True, 1.0),
        (False, 0.0),
        (Decimal("2.50"), 2.5),
        (Fraction(1, 4), 0.25),
        (" 12.5 ", 12.5),
        ("-1e3", -1000.0),
        (date(1970, 1, 2), 1.0),
        (date(1969, 12, 31), -1.0),
        (datetime(1970, 1, 2, 12), 1.5),
        (datetime(1970, 1, 2, 2, tzinfo=timezone(timedelta(hours=2))), 1.0),
        (b"7", 7.0),
        (np.float32(0.5), 0.5),
        (10**400, math.inf),
        (-(10**400), -math.inf),
        (float("inf"), math.inf),
    ],
)
def test_numbers_come_in_many_clothes(raw, expected):
    assert one_number(raw) == expected


@pytest.mark.parametrize("raw", [None, "", "  ", float("nan"), Decimal("NaN"), Decimal("sNaN"), "nan", np.nan])
def test_a_missing_number_is_nan_and_no_error(raw):
    assert math.isnan(one_number(raw))


@pytest.mark.parametrize("raw", ["abc", "1,5", "1_000", b"\xff", [1], {}, object(), 1j])
def test_what_is_no_number_is_an_error_of_its_row_only(raw):
    column = make_column("x", NUMBER, [1, raw, 3])
    assert list(column.errors) == [1]
    assert isinstance(column.errors[1], InvalidFeature) and column.errors[1].feature == "x"
    assert column.values[0] == 1 and math.isnan(column.values[1]) and column.values[2] == 3


@pytest.mark.parametrize("beside", ["3", datetime(1970, 1, 4), True, 2.5])
def test_dates_beside_others_are_read_one_by_one(beside):
    days = [date(1970, 1, 2), None, date(1969, 12, 31)]
    alone, mixed = make_column("x", NUMBER, days), make_column("x", NUMBER, [*days, beside])
    np.testing.assert_array_equal(alone.values, [1.0, np.nan, -1.0])
    np.testing.assert_array_equal(mixed.values[:3], alone.values)
    assert mixed.values[3] == make_column("x", NUMBER, [beside]).values[0] and not mixed.errors


def test_every_kind_of_number_beside_a_text_leaves_the_text_to_its_own_rule():
    column = make_column("x", NUMBER, [2.5, 1, True, Decimal("4"), None, "1_000"])
    np.testing.assert_array_equal(column.values, [2.5, 1.0, 1.0, 4.0, np.nan, np.nan])
    assert list(column.errors) == [5]


def test_an_error_never_quotes_the_value():
    errors = make_column("iban", NUMBER, ["CH93-secret"]).errors
    assert "secret" not in str(errors[0])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Bern", "Bern"),
        (" Bern ", "Bern"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (3.0, "3"),
        (-0.0, "0"),
        (2.5, "2.5"),
        (Decimal("4.00"), "4"),
        (np.int64(4), "4"),
        (np.bool_(True), "true"),
        (date(2024, 2, 29), "2024-02-29"),
        (b"caf\xc3\xa9", "café"),
        ("cafe\u0301", "café"),  # two spellings that look equal
        ("a\x00b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
    ],
)
def test_levels_come_in_many_clothes(raw, expected):
    assert one_level(raw) == expected


@pytest.mark.parametrize("raw", [None, "", " \t", float("nan"), Decimal("NaN")])
def test_a_missing_level_is_none(raw):
    assert one_level(raw) is None


def test_equal_keys_of_different_types_stay_different_levels():
    assert make_column("x", CATEGORY, [1, True, 1.0, "1", False, 0]).values.tolist() == [
        "1",
        "true",
        "1",
        "1",
        "false",
        "0",
    ]


def test_unreadable_levels_are_errors_of_their_rows():
    column = make_column("x", CATEGORY, ["a", [1], b"\xff", "b"])
    assert sorted(column.errors) == [1, 2]
    assert column.values.tolist() == ["a", None, None, "b"]


def test_long_levels_are_cut_and_stay_different():
    one, two = "x" * 5000 + "1", "x" * 5000 + "2"
    a, b = make_column("x", CATEGORY, [one, two]).values
    assert a != b and max(len(a), len(b)) <= LONGEST_LEVEL


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.binary()), max_size=20))
def test_whatever_comes_in_can_be_stored_as_json(raw):
    for kind in (NUMBER, CATEGORY):
        column = make_column("x", kind, raw)
        assert len(column) == len(raw)
        if kind == CATEGORY:
            for level in column.values:
                assert level is None or (level and "\0" not in level and len(level) <= LONGEST_LEVEL)
                json.dumps(level).encode("utf-8")
                assert level is None or level.encode("utf-8")


def test_take_carries_the_errors_to_the_new_rows():
    column = make_column("x", NUMBER, ["a", 1, "b", 2])
    part = column.take(np.array([2, 3]))
    assert list(part.errors) == [0] and part.values[1] == 2
    assert list(column.take(np.array([True, False, False, True])).errors) == [0]


def test_unknown_kind_is_our_bug():
    with pytest.raises(ValueError, match="kind"):
        make_column("x", "text", [])


def test_a_large_chunk_is_fast():
    n = 100_000
    raw = {
        "floats": [float(i) for i in range(n)],
        "decimals": [Decimal(i % 100) for i in range(n)],
        "dates": [date(2020, 1, 1)] * n,
        "levels": [f"level {i % 50}" for i in range(n)],
    }
    started = time.process_time()
    for name, values in raw.items():
        make_column(name, CATEGORY if name == "levels" else NUMBER, values)
    assert time.process_time() - started < 0.6  # 12 columns stay well under 2 s even on a busy machine
