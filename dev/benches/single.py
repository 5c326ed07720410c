"""Scoring one record: from its values to points, probability and reasons; and what has to be loaded for it."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from lib.figures import Figure

PLAIN = True
SMALL = 100
QUICK = True
ROUNDS = 5_000
MILLISECONDS = 0.2
SCORING = ("errors", "columns", "binning", "calibration", "cards", "scorecard", "artifact", "profile", "routing")
PACKAGE = "odoo.addons.ai_deployment.ml"


def run(env, options, say):
    card, columns = _card()
    one = [{name: column.take([row]) for name, column in columns.items()} for row in range(len(columns["number_0"]))]
    say("Scoring records one at a time ...")
    scored = _times(lambda row: card.score(one[row % len(one)]), options.limit or ROUNDS)
    codes = card.score(columns).codes
    explained = _times(lambda row: card.explain(codes[row % len(codes)]), options.limit or ROUNDS)
    middle = float(np.median(scored))
    loaded, seconds = _loaded()
    return [
        Figure("inputs", len(card.features)),
        Figure("points_for_one_record", round(middle, 4), "ms", f"≤ {MILLISECONDS}", middle <= MILLISECONDS),
        Figure("points_for_one_record_p99", round(float(np.quantile(scored, 0.99)), 4), "ms"),
        Figure("reasons_for_one_record", round(float(np.median(explained)), 4), "ms"),
        Figure("heavy_libraries_loaded", ", ".join(loaded) or "none", "", "none", not loaded),
        Figure("loading_what_scoring_needs", round(seconds, 2), "s"),
    ]


def _card():
    """A card of 14 inputs and two pairs, with bins as training makes them, and 100 rows to score."""
    from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
    from odoo.addons.ai_deployment.ml.calibration import PlattCalibration
    from odoo.addons.ai_deployment.ml.cards import CardFeature, CardPair
    from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
    from odoo.addons.ai_deployment.ml.scorecard import Scorecard

    random = np.random.default_rng(0)
    columns = {f"number_{j}": make_column(f"number_{j}", NUMBER, random.normal(size=5_000)) for j in range(7)}
    for j in range(7):
        levels = [f"level {code}" for code in random.zipf(1.6, 5_000) % 500]
        columns[f"category_{j}"] = make_column(f"category_{j}", CATEGORY, levels)
    features = []
    for name, column in columns.items():
        bins = (NumericBins if column.kind == NUMBER else CategoryBins).fit(column.values, 64)
        counts = np.bincount(bins.codes(column.values), minlength=bins.size)
        features.append(CardFeature(name, column.kind, bins, random.normal(size=bins.size), False, counts))
    pairs = [
        CardPair(one.name, two.name, random.normal(size=(one.bins.size, two.bins.size)))
        for one, two in (features[:2], features[-2:])
    ]
    card = Scorecard(features, -1.0, PlattCalibration(1.0, 0.0), NumericBins(0, 1, [0.5]), pairs)
    return card, {name: column.take(np.arange(100)) for name, column in columns.items()}


def _times(work, rounds):
    """(rounds,) milliseconds of each call, after some that warm up."""
    for row in range(50):
        work(row)
    times = np.empty(rounds)
    for row in range(rounds):
        started = time.perf_counter()
        work(row)
        times[row] = time.perf_counter() - started
    return times * 1000


def _loaded():
    """(heavy libraries that a fresh interpreter has loaded with what scoring needs, seconds that it took)."""
    code = (
        "import sys, time\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from lib.plain_addon import register\n"
        "register()\n"
        "import importlib\n"
        "started = time.perf_counter()\n"
        f"for name in {SCORING!r}: importlib.import_module('{PACKAGE}.' + name)\n"
        "print(time.perf_counter() - started)\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules} & {'sklearn', 'scipy', 'pandas', 'joblib'}))\n"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parents[1])]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return lines[1].split() if len(lines) > 1 else [], float(lines[0])
