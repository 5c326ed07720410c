"""What others make of the same rows: each learns from `known` columns and gives the chances of `asked` ones.

==================  ====================================================================================
l2_logistic         standardised numbers, one column per level, C chosen by five folds (nine steps)
naive_bayes         normal numbers, levels with a Laplace count of 1: Odoo's scoring is the second half of it
hist_boosting       HistGradientBoostingClassifier with its defaults
==================  ====================================================================================

All with a median, or a level of its own, for what is missing. InterpretML's EBM runs in its own environment
(`lib.interpret`).
"""

import numpy as np

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER

MOST_LEVELS = 200


def l2_logistic(known, labels, asked):
    from sklearn.linear_model import LogisticRegressionCV

    folds = int(min(5, labels.sum(), (~labels).sum()))
    model = LogisticRegressionCV(Cs=np.logspace(-3, 2, 9), cv=folds, scoring="neg_log_loss", max_iter=1000)
    learned, rows = _numbers(known, asked)
    levels = [_levels(known[name], asked[name]) for name in _named(known, CATEGORY)]
    for seen, new, count in levels:
        learned, rows = (
            np.concatenate([matrix, codes[:, None] == np.arange(count)], axis=1)
            for matrix, codes in ((learned, seen), (rows, new))
        )
    return model.fit(learned, labels).predict_proba(rows)[:, 1]


def naive_bayes(known, labels, asked):
    prior = (labels.sum() + 1) / (len(labels) + 2)
    odds = np.full(len(next(iter(asked.values()))), np.log(prior / (1 - prior)))
    learned, rows = _numbers(known, asked)
    for j in range(learned.shape[1]):
        for side, sign in ((labels, 1), (~labels, -1)):
            mean, deviation = learned[side, j].mean(), learned[side, j].std() + 1e-3
            odds += sign * (-np.log(deviation) - ((rows[:, j] - mean) / deviation) ** 2 / 2)
    for name in _named(known, CATEGORY):
        seen, new, count = _levels(known[name], asked[name])
        for side, sign in ((labels, 1), (~labels, -1)):
            share = (np.bincount(seen[side], minlength=count) + 1) / (side.sum() + count)
            odds += sign * np.log(share)[new]
    return 1 / (1 + np.exp(-np.clip(odds, -500, 500)))


def hist_boosting(known, labels, asked):
    from sklearn.ensemble import HistGradientBoostingClassifier

    numbers, levels = _named(known, NUMBER), _named(known, CATEGORY)
    coded = {name: _levels(known[name], asked[name]) for name in levels}
    learned, rows = (
        np.stack(
            [*(columns[name].values for name in numbers), *(coded[name][side].astype(float) for name in levels)], axis=1
        )
        for side, columns in enumerate((known, asked))
    )
    model = HistGradientBoostingClassifier(
        categorical_features=[False] * len(numbers) + [True] * len(levels), random_state=0
    )
    return model.fit(learned, labels).predict_proba(rows)[:, 1]


PEERS = {"l2_logistic": l2_logistic, "naive_bayes": naive_bayes, "hist_boosting": hist_boosting}


def as_task(known, labels, asked):
    """One task for `lib.interpret.predictions`, as plain JSON."""
    kinds = {name: "continuous" if column.kind == NUMBER else "nominal" for name, column in known.items()}
    plain = [{name: _plain(column) for name, column in columns.items()} for columns in (known, asked)]
    return {"learn": plain[0], "asked": plain[1], "labels": labels.astype(int).tolist(), "kinds": kinds}


def _plain(column):
    if column.kind == NUMBER:
        return [None if value != value else value for value in column.values.tolist()]
    return ["(empty)" if value is None else value for value in column.values.tolist()]


def _named(columns, kind):
    return [name for name, column in columns.items() if column.kind == kind]


def _numbers(known, asked):
    """Both as (rows, numbers), standardised by what is known, with its median where a value is missing."""
    sides = ([], [])
    for name in _named(known, NUMBER):
        learned = known[name].values
        finite = learned[np.isfinite(learned)]
        middle, mean, deviation = (np.median(finite), finite.mean(), finite.std()) if len(finite) else (0.0, 0.0, 1.0)
        for side, values in zip(sides, (learned, asked[name].values), strict=True):
            side.append((np.where(np.isfinite(values), values, middle) - mean) / (deviation or 1.0))
    rows = [len(next(iter(columns.values()))) for columns in (known, asked)]
    return [np.stack(side, axis=1) if side else np.zeros((count, 0)) for side, count in zip(sides, rows, strict=True)]


def _levels(known, asked):
    """(codes of what is known, codes of what is asked, number of codes); 0 is missing, never seen or rare."""
    levels, counts = np.unique([str(value) for value in known.values], return_counts=True)
    place = {level: number for number, level in enumerate(levels[np.argsort(-counts)][:MOST_LEVELS], start=1)}
    codes = [np.array([place.get(str(value), 0) for value in column.values]) for column in (known, asked)]
    return *codes, len(place) + 1
