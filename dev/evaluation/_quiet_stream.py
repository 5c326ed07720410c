"""Years in which nothing moves: calls of one month drawn at random into weeks, judged by `ml.drift` directly."""

import numpy as np

from odoo.addons.ai_deployment.ml import drift
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.profile import Profile, bins_of
from odoo.addons.ai_deployment.ml.threads import one_thread
from odoo.addons.ai_deployment.ml.training import train_scorecard

from . import _lead_file
from ._lead_moves import AS_NUMBERS, COLUMNS, WON

MONTH = 200905  # a large month in which every column varies
LEARNED = 3000
YEARS, VERSIONS = 50, 5
SMALL_YEARS, SMALL_VERSIONS = 2, 1
WEEKS = 52
ROWS_A_WEEK = (50, 100, 300, 1000)


def evaluate(options, figures, watch, say):
    """Note the alarm episodes of `YEARS` model-years without drift; each version serves an equal part of them."""
    calls = [call for call in _lead_file.read(options.data) if call.period == MONTH]
    columns, labels = _columns(calls)
    random = np.random.default_rng(0)
    raised = []
    years, versions = (SMALL_YEARS, SMALL_VERSIONS) if options.small else (YEARS, VERSIONS)
    say(f"{years} quiet years ...")
    with watch.on("quiet_stream"):
        for _version in range(versions):
            order = random.permutation(len(calls))
            learned, later = order[:LEARNED], order[LEARNED:]
            table = {name: column.take(learned) for name, column in columns.items()}
            with one_thread():
                training = train_scorecard(table, labels[learned], np.arange(LEARNED))
            scored = training.card.score({name: column.take(later) for name, column in columns.items()})
            for _round in range(years // versions):
                raised += _year(training, scored, random)
    figures.note("quiet_stream.model_years", years)
    figures.note("quiet_stream.alarm_episodes", len(raised), "", ("≤", 0))
    if raised:
        figures.note("quiet_stream.which", ", ".join(raised))


def _year(training, scored, random):
    """Names of the alarms that a year of weeks drawn from the rows `scored` raises."""
    bins, size, history = bins_of(training.card), random.choice(ROWS_A_WEEK), {}
    for _week in range(WEEKS):
        drawn = np.zeros(len(scored), dtype=bool)
        drawn[random.choice(len(scored), size, replace=False)] = True
        for result in drift.judge(bins, training.reference, Profile.of(training.card, scored, drawn)):
            if result.p_value is not None:
                history.setdefault(f"{result.name}:{result.test}", []).append((result.exceeded, result.adjusted_p))
    return [
        name
        for name, weeks in history.items()
        if any(drift.alarm_state(weeks[: week + 1]) == "firing" for week in range(WEEKS))
    ]


def _columns(calls):
    columns = {}
    for name, value_of in COLUMNS.items():
        if name != WON:
            kind = NUMBER if name in AS_NUMBERS else CATEGORY
            columns[name] = make_column(name, kind, [value_of(call) for call in calls])
    return columns, np.array([call.won for call in calls])
