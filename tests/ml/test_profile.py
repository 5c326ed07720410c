import json

import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.ml.profile import (
    CONFIDENCE,
    PREDICTION,
    PREDICTION_BINS,
    RESERVED,
    SCORE,
    Profile,
    bins_of,
)
from odoo.addons.ai_deployment.ml.scorecard import CardFeature, Scorecard

BINS = NumericBins(0, 10, [5], whole=True)
CARD = Scorecard(
    [CardFeature("age", NUMBER, BINS, np.array([0, -1, 1, -1, 1.0]), True, np.array([0, 0, 0, 5, 5]))],
    0.0,
    Identity(),
    NumericBins(0.2, 0.8, [0.5]),
)


def scored(ages):
    return CARD.score({"age": make_column("age", NUMBER, ages)})


def test_every_scored_row_counts_once_in_every_column_and_failures_only_as_failures():
    found = Profile.of(CARD, scored([1, 7, 7, None, "old", 99]))
    assert (found.rows, found.failed) == (4, 2)
    assert found.counts["age"].tolist() == [0, 0, 1, 1, 2]
    assert found.counts[SCORE].tolist() == [0, 0, 0, 1, 3]
    assert found.counts[PREDICTION].tolist() == [0, 0, 0, 1, 3]
    assert all(counts.sum() == found.rows for counts in found.counts.values())


def test_a_mask_picks_the_intake():
    rows = scored([1, 7, None, 7])
    part = Profile.of(CARD, rows, np.array([True, False, True, True]))
    assert (part.rows, part.failed) == (2, 1) and part.counts["age"].tolist() == [0, 0, 0, 1, 1]
    rest = Profile.of(CARD, rows, np.array([False, True, False, False]))
    assert part + rest == Profile.of(CARD, rows)


def test_chunks_add_up_to_the_whole():
    ages = [1, 7, 3, None, 9, 12, -4]
    whole = Profile.of(CARD, scored(ages))
    assert sum(Profile.of(CARD, scored(ages[i : i + 2])) for i in range(0, 7, 2)) == whole
    assert whole + Profile() == whole == Profile() + whole
    assert sum([]) == 0


def test_profiles_of_different_versions_do_not_add_up():
    with pytest.raises(ValueError, match="versions"):
        Profile(1, {"a": [1]}) + Profile(1, {"b": [1]})
    with pytest.raises(ValueError, match="versions"):
        Profile(1, {"a": [1]}) + Profile(1, {"a": [1, 0]})


def test_how_sure_scores_are_is_counted_and_profiles_from_before_still_add_up():
    found = Profile.of(CARD, scored([1, 7, 7]), late=[True, False, True])
    assert found.counts[CONFIDENCE].sum() == 3 and found.late == 2
    before = Profile(5, {name: counts for name, counts in found.counts.items() if name != CONFIDENCE})
    both = before + found
    assert both.rows == 8 and CONFIDENCE not in both.counts
    assert both.counts["age"].tolist() == (2 * found.counts["age"]).tolist()


def test_plain_json_and_back():
    found = Profile.of(CARD, scored([1, None]), late=[True, True])
    found.reviewed = 1
    assert Profile.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_the_monitors_have_bins_for_every_column_that_is_counted():
    bins = bins_of(CARD)
    found = Profile.of(CARD, scored([1]))
    assert list(bins) == list(found.counts) and set(RESERVED) <= set(bins)
    assert all(len(found.counts[name]) == bins[name].size for name in bins)
    assert PREDICTION_BINS.label(3) == "no" and PREDICTION_BINS.label(4) == "yes"


def test_share():
    assert Profile(4, {"a": [1, 3]}).share("a", 1) == 0.75 and Profile(0, {"a": [0]}).share("a", 0) == 0
