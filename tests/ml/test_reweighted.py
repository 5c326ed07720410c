import numpy as np
import pytest

from odoo.addons.ai_deployment.ml.anomaly_training import train_anomaly
from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.ml.reviewed import SURPRISE, surprise_column
from odoo.addons.ai_deployment.ml.reweighted import SLOPE, rarity, reweigh, worth

N = 4000
random = np.random.default_rng(31)
COLUMNS = {name: make_column(name, NUMBER, random.exponential(size=N)) for name in ("good", "bad", "context")}
CARD = train_anomaly(
    COLUMNS,
    np.arange(N),
    tails=dict.fromkeys(COLUMNS, "high"),
    pairs=[("bad", "context")],
    context=["context"],
).card
RANK = surprise_column(CARD, COLUMNS)[0].values
OVERALL = NumericBins.fit(RANK, 250, spacing="tails")
CODES = {f.name: f.bins.codes(COLUMNS[f.name].values) for f in CARD.features} | {SURPRISE: OVERALL.codes(RANK)}
SHOWN = np.argsort(-RANK)[:400]


def weighed(labels, rows=SHOWN, most_pairs=50):
    codes = {name: own[rows] for name, own in CODES.items()}
    return reweigh(CARD, (SURPRISE, OVERALL), codes, labels, np.ones(len(rows)), most_pairs)


def test_without_verdicts_the_order_is_that_of_the_anomaly_card():
    start = weighed(np.zeros(0, dtype=bool), rows=SHOWN[:0])
    assert start.tables[SURPRISE] == pytest.approx(SLOPE * rarity(OVERALL))
    assert not start.tables["good"].any() and not start.pairs[0].points.any()
    raw = start.raw(CODES)
    assert np.corrcoef(np.argsort(np.argsort(raw)), np.argsort(np.argsort(RANK)))[0, 1] > 0.999


def test_a_reason_that_is_confirmed_gains_one_that_is_rejected_loses():
    good = COLUMNS["good"].values[SHOWN] > COLUMNS["bad"].values[SHOWN]
    start = weighed(good)
    assert start.tables["good"].max() > 0.2 and start.tables["bad"].min() < -0.2
    assert "context" not in start.tables
    raw = start.raw({name: own[SHOWN] for name, own in CODES.items()})
    assert raw[good].mean() > raw[~good].mean()


def test_at_most_so_many_pairs_are_taken():
    assert weighed(np.arange(400) % 2 == 0, most_pairs=0).pairs == []


def test_the_log_of_surprise_begins_where_rows_are_usual():
    assert worth(np.array([-1.0, 0.0, np.e - 1])).tolist() == pytest.approx([0, 0, 1])
    found = rarity(NumericBins(0.0, 0.9, [0.5]))
    assert (np.diff(found[[3, 4, 2]]) > 0).all() and not rarity(NumericBins.fit(np.array([np.nan]), 4)).any()
