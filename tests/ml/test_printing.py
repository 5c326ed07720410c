import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.binning import (
    ABOVE,
    FIRST,
    CategoryBins,
    NumericBins,
)
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, TAGS
from odoo.addons.ai_deployment.ml.printing import (
    MOST_CELLS,
    MOST_INTERVALS,
    MOST_LEVELS,
    interval_groups,
    lines_of,
    lines_of_tags,
    strongest_cells,
)
from odoo.addons.ai_deployment.ml.tags import NO, YES, TagBins, member_name

BINS = NumericBins.fit(np.linspace(0.1234567, 99.98765, 6000), 60)


def test_a_long_number_prints_short_and_keeps_its_mean_and_its_rows():
    points = np.r_[0.0, 0.0, 0.0, np.sin(np.linspace(0, 6, 60))]
    counts = np.r_[5, 0, 0, np.arange(60) + 1]
    lines = lines_of(BINS, points, counts, 2.0)
    assert lines[0].label == "missing" and len(lines) == 1 + MOST_INTERVALS
    assert sum(line.count for line in lines) == counts.sum()
    assert sum(line.count * line.points for line in lines) == pytest.approx((points * counts).sum())
    assert lines[1].label.startswith("0.123 to ") and lines[-1].label.endswith(" to 100")
    assert lines[1].label.split(" to ")[1] == lines[2].label.split(" to ")[0]


def test_points_that_hardly_differ_are_one_line_and_a_jump_is_kept():
    points = np.r_[0, 0, 0, np.full(30, 1.0) + np.linspace(0, 0.01, 30), np.full(30, -1.0)]
    assert interval_groups(points, np.ones(63), 0.04) == [(FIRST, FIRST + 29), (FIRST + 30, FIRST + 59)]
    assert len(lines_of(BINS, np.zeros(63), np.ones(63), 0.0)) == 4  # three codes of their own, one line for the rest


def test_the_strongest_levels_come_first_and_the_rest_is_one_line():
    names = [f"v{i}" for i in range(40)]
    bins = CategoryBins(names, dict.fromkeys(names, 10))
    lines = lines_of(bins, np.r_[0, 0, 0, np.linspace(0, 4, 40)], np.r_[0, 0, 0, np.full(40, 10)], 4.0, {"v39": "Best"})
    assert [line.label for line in lines[:2]] == ["Best", "v38"]
    assert len(lines) == MOST_LEVELS + 1 and lines[-1].label == "… 28 others" and lines[-1].count == 280


def test_the_strongest_tags_come_first_and_the_rest_is_one_line_with_the_mean_of_their_rows():
    tags = [f"v{number}" for number in range(MOST_LEVELS + 3)]
    rest = TagBins(["0"], {"0": 90}, members=tags)
    features = [CardFeature("tags", TAGS, rest, np.zeros(rest.size), False, np.array([0, 0, 0, 90]))]
    for number, tag in enumerate(tags):
        points = np.array([0.0, 0.0, 0.0, number * (-1.0) ** number, 0.25])
        bins = CategoryBins([YES, NO], {YES: 90, NO: 90})
        features.append(
            CardFeature(member_name("tags", tag), CATEGORY, bins, points, False, np.array([0, 0, 0, 10, 80]))
        )
    begin, *lines = lines_of_tags(features, {"v14": "Best"})
    assert (begin.points, begin.count) == (0.25 * len(tags), 90)
    assert [line.label for line in lines[:3]] == ["Best", "v13", "v12"]
    assert [line.points for line in lines[:3]] == [13.75, -13.25, 11.75]
    others = lines[MOST_LEVELS]
    assert (others.label, others.count) == ("… 3 others", 10)
    assert others.points == pytest.approx((-0.25 - 1.25 + 1.75) / 3)


def test_a_pair_names_its_strongest_cells():
    city = CategoryBins(["a", "b"], {"a": 9, "b": 9})
    number = NumericBins(0, 10, [2, 5], whole=True)
    table = np.zeros((5, 6))
    table[3, 4:6] = 2.0
    table[4, ABOVE] = 9.0  # nothing was ever seen there
    one = CardFeature("city", CATEGORY, city, np.zeros(5), False, np.array([0, 0, 0, 50, 50]))
    two = CardFeature("age", NUMBER, number, np.zeros(6), False, np.array([0, 0, 0, 40, 30, 30]))
    cells = strongest_cells(one, two, table, {"a": "Aachen"})
    assert cells == [("Aachen", "2 to 10", 2.0)] and len(cells) <= MOST_CELLS
