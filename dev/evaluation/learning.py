"""The scorecard and its peers on the same rows of eight public tables, from 40 rows to all.

For each table and size ten draws: so many rows are learned from, the others (at most 4,000) are asked. "First" means
that the mean of the draws is the best, or within one standard error of it: that of the paired differences to the best
over the draws. Slopes are those of all asked rows of a table and size together. With `--data FILE` the bank's calls
are the eighth table. InterpretML's EBM takes seconds to minutes where the others take none: it plays the first draws
only, and is compared on these. Peers that cannot be installed are named, and left out.

The product has no model below 15 wins; here every draw is learned from, and `draws_below_15` says how many it would
have refused.
"""

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from odoo.addons.ai_deployment.ml import artifact, performance
from odoo.addons.ai_deployment.ml.logistic import log_loss, logit
from odoo.addons.ai_deployment.ml.training import train_scorecard

from lib import interpret

from . import _learning_peers, _learning_tables
from ._judge import Figures

PLAIN = True
SMALL = 2  # draws
DATA = "bank-additional-full.csv.gz"
SIZES = (40, 80, 150, 300, 1000)
SMALL_CELLS = (("wine", 40), ("rossi", 150))
FEWEST = 2  # cases of either class, to learn at all
REFUSED = 15
ALL = "all"
DRAWS = 10
ASKED = 4_000  # rows, at most
LEAST = 100  # rows that must be left to ask
SHARE = 0.75  # that is learned from where all are
ALL_DRAWS = {"bank": 3}  # a booster free to pair takes minutes on it
EBM_DRAWS = 2
ALL_ROWS = (0.85, 0.15, 0.0)  # the rows to test on are kept outside
CARD, EBM = "scorecard", "ebm"
MOST_CERTAIN = 1e-6
SLOPE = (0.8, 1.2)


def run(env, options, say):
    from threadpoolctl import threadpool_limits

    tables, missing = _learning_tables.tables(options.data, say)
    cells = [(name, size) for name in tables for size in (*SIZES, ALL)]
    if options.small:
        cells = [(name, size) for name, size in SMALL_CELLS if name in tables]
    contest = Contest(options.limit or DRAWS, 1 if options.small else EBM_DRAWS, say)
    with threadpool_limits(1):  # as in the product
        for name, size in cells:
            contest.play(tables[name], size)
    figures = contest.figures()
    for name, why in missing.items():
        figures.note(f"missing.{name}", why)
    return figures


class Contest:
    """What everybody said of each draw: `cells[table, size][who]` lists (AUC, log loss, seconds, values, labels)."""

    def __init__(self, draws, ebm_draws, say):
        self.draws, self.ebm_draws, self.say = draws, ebm_draws, say
        self.cells, self.unable, self.sizes, self.refused = {}, {}, {}, {}

    def play(self, table, size):
        n = len(table.labels)
        learned = round(n * SHARE) if size == ALL else size
        if size != ALL and n - learned < LEAST:
            return
        draws = min(ALL_DRAWS.get(table.name, self.draws) if size == ALL else self.draws, self.draws)
        tasks, cell = [], {}
        for draw in range(draws):
            order = np.random.default_rng([draw, learned]).permutation(n)
            first, rest = order[:learned], order[learned : learned + ASKED]
            rarer = min(table.labels[first].sum(), (~table.labels[first]).sum())
            self.refused[table.name, size] = self.refused.get((table.name, size), 0) + int(rarer < REFUSED)
            if rarer < FEWEST:
                continue
            known, asked = (
                {name: column.take(rows) for name, column in table.columns.items()} for rows in (first, rest)
            )
            labels, truth = table.labels[first], table.labels[rest]
            for who, learner in {CARD: self._card, **_learning_peers.PEERS}.items():
                started = time.process_time()
                values = learner(known, labels, asked)
                _note(cell, who, truth, values, time.process_time() - started)
            tasks.append((_learning_peers.as_task(known, labels, asked), truth))
        self.say(f"{table.name}, {size} rows: {len(tasks)} draws")
        self._ask_ebm(cell, tasks, size)
        if cell:
            self.cells[table.name, size] = cell

    def _card(self, known, labels, asked):
        moments = np.arange(float(len(labels)))
        card = train_scorecard(known, labels, moments, shares=ALL_ROWS, min_cases=FEWEST).card
        self.sizes.setdefault(len(labels), []).append(len(json.dumps(artifact.dump(card))))
        return card.score(asked).values

    def _ask_ebm(self, cell, tasks, size):
        tasks = tasks[: min(self.ebm_draws, 1) if size == ALL else self.ebm_draws]
        if EBM in self.unable or not tasks:
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "tasks.json")
            path.write_text(json.dumps([task for task, _truth in tasks]))
            told, trouble = interpret.predictions(path)
        if trouble:
            self.unable[EBM] = trouble
            self.say(f"Skipped: {EBM}, {trouble}")
            return
        for answer, (_task, truth) in zip(told, tasks, strict=True):
            _note(cell, EBM, truth, np.array(answer["values"]), answer["seconds"])

    def figures(self):
        figures, firsts = Figures(), {"below": [], ALL: []}
        for (table, size), cell in self.cells.items():
            for measure, place, sign in (("auc", 0, 1), ("log_loss", 1, -1)):
                for who, draws in cell.items():
                    figures.note(f"{table}.{size}.{measure}.{who}", np.mean([draw[place] for draw in draws]))
                first = _is_first(cell, place, sign)
                figures.note(f"{table}.{size}.{measure}.is_first", first)
                firsts[ALL if size == ALL else "below"].append(((table, size, measure), first))
            slope = _slope(cell[CARD])
            figures.note(f"{table}.{size}.slope", slope)
            figures.note(f"{table}.{size}.draws_below_{REFUSED}", self.refused[table, size])
            figures.note(f"{table}.{size}.slope_in_range", bool(SLOPE[0] <= slope <= SLOPE[1]))
            for who, draws in cell.items():
                figures.note(f"{table}.{size}.seconds.{who}", np.mean([draw[2] for draw in draws]), "s")
        below = [first for (_table, size, _measure), first in firsts["below"] if size != SIZES[-1]]
        figures.note("first.below_1000", np.mean(below), "", ("≥", 0.9))
        of_1000 = [first for (_table, size, _measure), first in firsts["below"] if size == SIZES[-1]]
        if of_1000:
            figures.note("first.at_1000", np.mean(of_1000))
        names = {table for (table, _size, _measure), _first in firsts[ALL]}
        if names:
            whole = [all(first for (table, _s, _m), first in firsts[ALL] if table == name) for name in names]
            figures.note("first.all_rows", sum(whole), "tables", ("≥", len(whole) - 1))
        slopes = [SLOPE[0] <= _slope(cell[CARD]) <= SLOPE[1] for cell in self.cells.values()]
        figures.note("slope_in_range", np.mean(slopes), "", ("≥", 1.0))
        for rows, own in self.sizes.items():
            figures.note(f"artifact_bytes.{rows}", np.mean(own), "B")
        for who, why in self.unable.items():
            figures.note(f"not_measured.{who}", why)
        return figures


def _note(cell, who, truth, values, seconds):
    values = np.clip(values, MOST_CERTAIN, 1 - MOST_CERTAIN)
    loss = log_loss(truth.astype(float), logit(values)).mean()
    cell.setdefault(who, []).append((performance.auc(truth, values), loss, seconds, values, truth))


def _is_first(cell, place, sign):
    """Is the card the best, or within one standard error of it?"""
    own = cell[CARD]
    gaps = {
        who: [sign * (one[place] - two[place]) for one, two in zip(draws, own, strict=False)]
        for who, draws in cell.items()
        if who != CARD
    }
    return all(
        np.mean(gap) <= (np.std(gap, ddof=1) / np.sqrt(len(gap)) if len(gap) > 1 else 0.0) for gap in gaps.values()
    )


def _slope(draws):
    truth, values = (np.concatenate([draw[place] for draw in draws]) for place in (4, 3))
    return performance.calibration_slope(truth, values)
