"""What rows have in common: known cases, and silence where nothing is."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ai_deployment.ml.causes import MIN_ROWS, common_trait


def objects(*values):
    return np.array(values, dtype=object)


def test_names_what_sets_them_apart():
    question = [True] * 20 + [False] * 80
    traits = {
        "team": objects(*["north"] * 100),  # all have it: says nothing
        "source": objects(*["import"] * 17, *["web"] * 3, *["import"] * 8, *["web"] * 72),
    }
    trait = common_trait(traits, question)
    assert (trait.name, trait.value) == ("source", "import")
    assert trait.share == 0.85
    assert trait.share_of_others == 0.1


def test_the_widest_gap_wins():
    question = [True] * 20 + [False] * 20
    traits = {"a": objects(*["x"] * 12, *["y"] * 28), "b": objects(*["x"] * 20, *["y"] * 20)}
    assert common_trait(traits, question).name == "b"


def test_missing_values_are_no_trait():
    assert common_trait({"a": objects(*[None] * 20, *["x"] * 20)}, [True] * 20 + [False] * 20) is None


def test_few_rows_or_no_others_have_no_trait():
    few = MIN_ROWS - 1
    assert common_trait({"a": objects(*["x"] * few, *["y"] * 50)}, [True] * few + [False] * 50) is None
    assert common_trait({"a": objects(*["x"] * 50)}, [True] * 50) is None


@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=40, max_size=80), st.integers(0, 2**32 - 1))
def test_shares_are_those_of_the_rows(values, seed):
    question = np.random.default_rng(seed).random(len(values)) < 0.5
    trait = common_trait({"t": objects(*values)}, question)
    if trait:
        has = np.array([value == trait.value for value in values])
        assert trait.share == has[question].mean()
        assert trait.share_of_others == has[~question].mean()
