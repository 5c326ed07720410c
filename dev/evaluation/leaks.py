"""The leak guard: planted leaks that it finds, honest inputs that it refuses, on sales teams that it was not built on.

Leads end faster by one input, more often in a win by another, forms change, fields are filled in the course of work.
Found is a leak that is refused or asked about: both hold a version back. --limit takes that many teams.
"""

import time

import numpy as np

from odoo.addons.ai_deployment.ml import leaks
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.performance import auc

from . import _leak_firm
from ._judge import Figures

PLAIN = True
SMALL = 3
SEED = 404
TEAMS = 40
ROWS = (700, 2000, 5000)
TARGET_ROWS = 2000
STRENGTHS = (0.6, 1.5, 2.5)  # of one input alone, in standard deviations between wins and others
LEVELS = 25


def run(env, options, say):
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # as in the product
        return figures_of(say, options.limit or TEAMS, (TARGET_ROWS,) if options.small else ROWS)


def figures_of(say, teams, sizes):
    """All figures, of that many teams a size."""
    figures, started = Figures(), time.process_time()
    for rows in sizes:
        say(f"{teams} teams of {rows} leads ...")
        _note_teams(figures, rows, teams)
    say("Nothing is open ...")
    _note_closed(figures, teams)
    say("One input alone ...")
    _note_alone(figures, teams)
    figures.note("seconds", time.process_time() - started, "s")
    return figures


def _note_teams(figures, rows, teams):
    verdicts = {"good": {}, "leaks": {}}
    seconds = []
    for number in range(teams):
        team = _leak_firm.Team(np.random.default_rng([SEED, rows, number]), rows)
        for kind, inputs in (("good", _leak_firm.GOOD), ("leaks", _leak_firm.LEAKS)):
            for name, make in inputs.items():
                column, before = _column(name, make(team)), time.process_time()
                found = leaks.examine(column, team.ended, team.age, team.won, created=team.created)
                seconds.append(time.process_time() - before)
                verdicts[kind].setdefault(name, []).append(found.verdict)
    at_target = rows == TARGET_ROWS
    everyone = {kind: np.concatenate([np.array(found) for found in by.values()]) for kind, by in verdicts.items()}
    found = np.isin(everyone["leaks"], (leaks.REFUSED, leaks.ASK))
    figures.note(f"rows_{rows}.leaks_found", found.mean(), "", ("≥", 0.9) if at_target else None)
    figures.note(f"rows_{rows}.leaks_refused", np.mean(everyone["leaks"] == leaks.REFUSED))
    refused = np.mean(everyone["good"] == leaks.REFUSED)
    figures.note(f"rows_{rows}.good_refused", refused, "", ("≤", 0.05) if at_target else None)
    figures.note(f"rows_{rows}.good_asked_about", np.mean(everyone["good"] == leaks.ASK))
    figures.note(f"rows_{rows}.ms_per_input", 1000 * float(np.mean(seconds)), "ms")
    if at_target:
        for name, found in verdicts["leaks"].items():
            share = np.mean(np.isin(found, (leaks.REFUSED, leaks.ASK)))
            figures.note(f"rows_{rows}.found.{name}", float(share))
        for name, found in verdicts["good"].items():
            figures.note(f"rows_{rows}.refused.{name}", float(np.mean(np.array(found) == leaks.REFUSED)))


def _note_closed(figures, teams):
    """How a proof of concept begins: every record of the table is closed."""
    said, cleared = [], []
    for number in range(teams):
        team = _leak_firm.Team(np.random.default_rng([SEED, 1, number]), TARGET_ROWS)
        rows = np.flatnonzero(team.ended)
        for name, make in {**_leak_firm.GOOD, **_leak_firm.LEAKS}.items():
            column = _column(name, make(team)).take(rows)
            found = leaks.examine(column, np.ones(len(rows)), team.age[rows], team.won[rows])
            (said if name in _leak_firm.LEAKS else cleared).append(found.verdict)
    both = [*said, *cleared]
    figures.note("all_closed.cleared", both.count(leaks.FINE) / len(both), "", ("≤", 0))
    figures.note("all_closed.leaks_asked_about", said.count(leaks.ASK) / len(said))
    figures.note("all_closed.good_asked_about", cleared.count(leaks.ASK) / len(cleared), "", ("≤", 0.05))


def _note_alone(figures, teams):
    """What is said of an input alone, beside what it is worth on a million fresh rows."""
    for strength in STRENGTHS:
        random = np.random.default_rng([SEED, 2, int(10 * strength)])
        told = [leaks.auc_alone(*_levels(random, TARGET_ROWS, strength)) for _team in range(teams)]
        column, labels = _levels(random, 200_000, strength)
        truth = auc(labels, column.values.astype(float))
        figures.note(f"alone.truth_{truth:.3f}.told", float(np.mean(told)), "", ("≥", truth - 0.01))


def _levels(random, count, strength):
    """(category of `LEVELS` levels in order of their worth, labels)."""
    labels = random.random(count) < 0.3
    values = random.normal(size=count) + strength * labels
    levels = np.digitize(values, np.linspace(-2, 2 + strength, LEVELS - 1))
    return make_column("levels", CATEGORY, levels.tolist()), labels


def _column(name, values):
    values = list(values)
    is_text = any(isinstance(value, str) for value in values)
    return make_column(name, CATEGORY if is_text else NUMBER, values)
