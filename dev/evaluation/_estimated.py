"""Performance estimated before the outcomes are known, against what made-up opportunities truly have.

A scorecard is trained, a reference of other rows is kept, and windows of 300 are drawn with one input shifted. The
estimated AUC is compared with the expected one of the same rows: even a perfect model misses a *realised* AUC by .02.
Beside it: the standing watch on the share of wrong answers, looked at after every one of 5,000 rows, and verdicts by
segment.
"""

import numpy as np

from odoo.addons.ai_deployment.ml import (
    estimated,
    outcomes,
    performance,
    risk,
    segments,
)

from ._judge import Figures
from ._windows import World

SEEDS = (1, 2, 3)
WINDOWS, ROWS = 100, 300  # per world
SMALL = {"windows": 6, "seeds": SEEDS[:1]}
RAISED, TURNED = 0.7, 0.7  # log odds by which more comes true, about ten points; share of rows that end as others would


def evaluate(options, figures, watch, say):
    """Add the figures of made-up opportunities."""
    with watch.on("estimated"):
        figures += figures_of(say, **(SMALL if options.small else {"windows": options.limit or WINDOWS}))


def figures_of(say, *, windows, seeds=SEEDS, rows=ROWS, **sizes):
    """All figures, of fewer windows for a quick look."""
    figures, worlds = Figures(), []
    for seed in seeds:
        say(f"Training scorecard {seed} ...")
        worlds.append(World(seed, **sizes))
    figures.note("cbpe.recalibrated", sum(world.reference.calibration is not None for world in worlds))
    say("Windows in which an input is shifted ...")
    _note_estimates(figures, worlds, windows, rows)
    say("Windows in which the same inputs end differently ...")
    _note_concept_drift(figures, worlds, windows, rows)
    say("Cohorts whose chances are not true any more ...")
    _note_hidden(figures, worlds, windows, rows)
    say("A risk that is looked at after every row ...")
    _note_risk(figures, windows)
    say("Twenty segments ...")
    _note_segments(figures, 5 * windows)
    return figures


def _drawn(worlds, windows, rows, **change):
    """(world, window, its estimate) of so many windows in each world."""
    for world in worlds:
        for _number in range(windows):
            window = world.window(rows, **change)
            yield world, window, estimated.estimate(world.reference, window.values, window.predictions)


def _note_estimates(figures, worlds, windows, rows):
    gaps, perfect, inside, alarms, refused = [], [], {name: [] for name in estimated.FIGURES}, [], 0
    for world, window, found in _drawn(worlds, windows, rows):
        if found.verdict != estimated.ESTIMATED:
            refused += 1
            continue
        labels = window.labels(world.random)
        truth = estimated.expected_auc(window.chances, window.values)
        gaps.append(found.band("auc").estimate - truth)
        perfect.append(performance.auc(labels, window.values) - truth)
        realised = _realised(labels, window)
        for band in found.bands:
            if band.name in inside:
                inside[band.name].append(band.low <= realised[band.name] <= band.high)
        alarms.append(estimated.gap(found, performance.auc(labels, window.values)).exceeded)
    figures.note("cbpe.windows", len(gaps))
    figures.note("cbpe.refused", refused)
    figures.note("cbpe.auc.mean_error", np.mean(np.abs(gaps)), "", ("≤", 0.02))
    figures.note("cbpe.auc.bias", np.mean(gaps))
    figures.note("cbpe.auc.95_percent_of_errors_below", np.quantile(np.abs(gaps), 0.95))
    figures.note("cbpe.auc.mean_error_of_realised", np.mean(np.abs(perfect)))
    for name, hits in inside.items():
        share = float(np.mean(hits))
        if name == "auc":
            figures.note("cbpe.auc.band_coverage_lower", share, "", ("≥", 0.90))
            figures.note("cbpe.auc.band_coverage_upper", share, "", ("≤", 0.98))
        else:
            figures.note(f"cbpe.{name}.band_coverage", share)
    figures.note("cbpe.gap.false_alarms", np.mean(alarms), "", ("≤", 0.01))


def _realised(labels, window):
    """Every figure of the estimate, of rows whose outcome is known."""
    called = window.predictions
    tp = float(labels[called].sum())
    return {
        "win_rate": labels.mean(),
        "error": np.mean(called != (labels == 1)),
        "precision": tp / max(called.sum(), 1),
        "recall": tp / max(labels.sum(), 1),
        "auc": performance.auc(labels, window.values),
        "brier": performance.brier(labels, window.values),
    }


def _note_concept_drift(figures, worlds, windows, rows):
    errors, alarms = [], []
    for world, window, found in _drawn(worlds, windows, rows, shifted=False, turned=TURNED):
        if found.verdict == estimated.ESTIMATED:
            errors.append(found.band("auc").estimate - estimated.expected_auc(window.chances, window.values))
            alarms.append(estimated.gap(found, performance.auc(window.labels(world.random), window.values)).exceeded)
    figures.note("cbpe.concept_drift.auc_error", np.mean(np.abs(errors)))
    figures.note("cbpe.concept_drift.gap_alarms", np.mean(alarms))


def _note_hidden(figures, worlds, windows, rows):
    for name, raised, target in (("true", 0.0, ("≤", 0.02)), ("raised", RAISED, ("≥", 0.90))):
        hidden, points = [], []
        for world in worlds:
            for _number in range(windows):
                window = world.window(rows, shifted=False, raised=raised)
                points.append(window.chances.mean() - window.values.mean())
                found = estimated.estimate(
                    world.reference,
                    window.values,
                    window.predictions,
                    calibration_stands=_stands(window.labels(world.random), window),
                )
                hidden.append(found.verdict == estimated.HIDDEN)
        figures.note(f"cbpe.hidden.chances_{name}.off_by", np.mean(points))
        figures.note(f"cbpe.hidden.chances_{name}", np.mean(hidden), "", target)


def _note_risk(figures, runs):
    random, looks, share = np.random.default_rng(1), 5000, 0.1
    references = [_wrong(random, 1000, share) for _run in range(runs)]
    alarms = [
        risk.look(risk.update(risk.start(each), _wrong(random, looks, share + risk.TOLERANCE))).exceeded
        for each in references
    ]
    figures.note("risk.looks", looks)
    figures.note("risk.false_alarms", np.mean(alarms), "", ("≤", risk.LEVEL))
    for before in (0, 2000):
        waited = []
        for reference in references[:30]:
            state, rows = risk.update(risk.start(reference), _wrong(random, before, share)), 0
            while not risk.look(state).exceeded and rows < looks:
                state, rows = risk.update(state, _wrong(random, 5, 2 * share)), rows + 5
            waited.append(rows)
        figures.note(f"risk.rows_until_a_doubled_share_is_seen_after_{before}", np.median(waited))


def _wrong(random, rows, share):
    return (random.random(rows) < share).astype(float)


def _note_segments(figures, cohorts, rows=1600, parts=20):
    """Small segments with few wins, all of them as was said; then the largest ends half as often."""
    random = np.random.default_rng(2)
    shares = np.arange(1, parts + 1) / np.arange(1, parts + 1).sum()
    false, seen = [], []
    for _number in range(cohorts):
        values = 1 / (1 + np.exp(-random.normal(-2.0, 1.2, rows)))
        places = random.choice(parts, rows, p=shares)
        drawn = random.random(rows)
        for found, chances in ((false, values), (seen, np.where(places == parts - 1, values / 2, values))):
            results = segments.judge_segments(drawn < chances, values, values > 0.5, places.tolist())
            found.append({each.segment for each in results if each.exceeded})
    figures.note("segments.cohorts", cohorts)
    figures.note("segments.false_alarms", np.mean([bool(found) for found in false]), "", ("≤", 0.01))
    figures.note("segments.halved_one_named", np.mean([parts - 1 in found for found in seen]))


def _stands(labels, window):
    """Calibration in the large, as the product tests it on a cohort whose outcomes are known."""
    results = outcomes.judge_outcomes(labels, window.values, window.predictions, np.zeros(len(labels), dtype=bool))
    return not any(found.exceeded for found in results if found.name == "in_the_large")
