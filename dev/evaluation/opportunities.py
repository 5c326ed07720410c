"""What pairs of inputs are worth: a purely additive card, one with pairs, and unrestricted trees on the same rows.

On made-up opportunities in which pairs act together, and, with --data, on the bank's calls: once drawn at random
without regard to time, and once the first 70 % before the last 30 %.

"""

import numpy as np

from odoo.addons.ai_deployment.ml import performance
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.training import train_scorecard

from . import _lead_file, _opportunities
from ._judge import Figures

PLAIN = True
SMALL = 1_000
COUNT = 20_000
SEEDS = (1, 2, 3)
LEARNED = 0.7  # share of the rows
CLOSE = 0.005  # of AUC, to the unrestricted trees
ALL_ROWS = (0.85, 0.15, 0.0)  # the rows to test on are kept outside


def run(env, options, say):
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # as in the product
        return _figures(options, say)


def _figures(options, say):
    figures = Figures()
    count = options.limit or COUNT
    found = []
    for seed in SEEDS[:1] if options.small else SEEDS:
        say(f"Opportunities, seed {seed} ...")
        columns, labels, odds = _opportunities.make(count, seed)
        rows = np.arange(count)
        cut = round(count * LEARNED)
        found.append(_compare(columns, labels, rows.astype(float), rows[:cut], rows[cut:]))
        figures.note(f"opportunities.{seed}.auc_of_the_truth", performance.auc(labels[cut:], odds[cut:]))
        _report(figures, f"opportunities.{seed}", *found[-1])
    gaps = [
        performance.auc(labels, values["trees"]) - performance.auc(labels, values["pairs"]) for labels, values in found
    ]
    figures.note("opportunities.mean_gap", np.mean(gaps), "", ("≤", CLOSE))
    if options.data:
        _leads(figures, options, say)
    return figures


def _leads(figures, options, say):
    calls = _lead_file.read(options.data, options.limit)
    columns = {
        **{name: make_column(name, CATEGORY, [getattr(call, name) for call in calls]) for name in _lead_file.OWN},
        **{name: make_column(name, NUMBER, [call.properties[name] for call in calls]) for name in _lead_file.NUMBERS},
        **{
            name: make_column(name, CATEGORY, [call.properties[name] for call in calls])
            for name in _lead_file.CATEGORIES
        },
    }
    labels = np.array([call.won for call in calls])
    rows, cut = np.arange(len(calls)), round(len(calls) * LEARNED)
    drawn = np.random.default_rng(0).permutation(rows)
    for name, order in (("leads_at_random", drawn), ("leads_in_time", rows)):
        say(f"{name} ...")
        moments = np.empty(len(rows))
        moments[order] = rows
        found = _compare(columns, labels, moments, order[:cut], order[cut:])
        _report(figures, name, *found, close=CLOSE)


def _compare(columns, labels, moments, learn, test):
    """(labels, values by who) of the rows to test on."""
    known = {name: column.take(learn) for name, column in columns.items()}
    asked = {name: column.take(test) for name, column in columns.items()}
    values = {"trees": _trees(known, labels[learn], asked)}
    for name, pairs in (("additive", 0), ("pairs", 6)):
        trained = train_scorecard(known, labels[learn], moments[learn], pairs=pairs, shares=ALL_ROWS)
        values[name] = trained.card.score(asked).values
    return labels[test], values


def _trees(known, labels, asked):
    """Gradient boosting free to combine all inputs, stopped on rows of its own."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    places = {name: _places(column) for name, column in known.items() if column.kind == CATEGORY}
    model = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=500,
        early_stopping=True,
        n_iter_no_change=20,
        categorical_features=[name in places for name in known],
        random_state=0,
    )
    model.fit(_matrix(known, places), labels)
    return model.predict_proba(_matrix(asked, places))[:, 1]


def _places(column):
    levels, counts = np.unique(column.values[column.values != None], return_counts=True)  # noqa: E711
    return {level: place for place, level in enumerate(levels[np.argsort(-counts)][:250])}


def _matrix(columns, places):
    return np.stack(
        [
            [places[name].get(value, np.nan) for value in column.values] if name in places else column.values
            for name, column in columns.items()
        ],
        axis=1,
    ).astype(float)


def _report(figures, name, labels, values, close=None):
    for who, scores in values.items():
        figures.note(f"{name}.{who}.auc", performance.auc(labels, scores))
        figures.note(f"{name}.{who}.brier", performance.brier(labels, scores))
    for who in ("additive", "pairs"):
        gap = performance.auc_difference(labels, values["trees"], values[who])
        figures.note(
            f"{name}.trees_minus_{who}.auc", gap.estimate, "", ("≤", close) if close and who == "pairs" else None
        )
        figures.note(f"{name}.trees_minus_{who}.interval", [round(gap.low, 4), round(gap.high, 4)])
