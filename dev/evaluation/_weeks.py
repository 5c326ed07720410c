"""Weeks judged one after the other, as the product does: `ml.drift.judge`, then `ml.drift.alarm_state`."""

import time

import numpy as np

from odoo.addons.ai_deployment.ml import drift, ordinary
from odoo.addons.ai_deployment.ml.noise import LARGE_FLOOR

from ._columns import Columns


class Watch:
    """The history of every test of one deployment, and what judging it cost."""

    def __init__(self, columns, noise=None):
        self.columns = columns
        self.noise = noise
        self.history = {}  # (column, test): [(exceeded, adjusted p), ...]
        self.judged = self.noisy = self.liked = 0
        self.seconds = 0.0

    def judge(self, window, like=None):
        """One more week, against the reference or against its `like`, (Profile, Noise)."""
        started = time.process_time()
        reference, noise = like or (self.columns.reference, self.noise)
        results = drift.judge(self.columns.bins, reference, window, noise=noise)
        self.seconds += time.process_time() - started
        for found in results:
            if found.p_value is not None:
                self.history.setdefault((found.name, found.test), []).append((found.exceeded, found.adjusted_p))
        self.judged += sum(found.test == drift.SHAPE for found in results)
        self.noisy += sum(found.floor > LARGE_FLOOR for found in results)
        self.liked += bool(like)

    def fires(self, name, test):
        """Whether the alarm of this column rings after the last week."""
        return drift.alarm_state(self.history.get((name, test), [])) == "firing"

    def first_alarm(self, name, test):
        """In which week, from 1, the alarm of this column rang first; None where it never did."""
        weeks = self.history.get((name, test), [])
        rang = (week for week in range(1, len(weeks) + 1) if drift.alarm_state(weeks[:week]) == "firing")
        return next(rang, None)

    def exceeded(self):
        """How many tests exceeded, over all weeks."""
        return sum(exceeded for weeks in self.history.values() for exceeded, _p in weeks)

    def episodes(self):
        """How often an alarm began to ring."""
        return sum(map(_episodes, self.history.values()))


def _episodes(weeks):
    if not any(exceeded for exceeded, _p in weeks):
        return int(drift.alarm_state(weeks) == "firing")
    rings = [drift.alarm_state(weeks[: i + 1]) == "firing" for i in range(len(weeks))]
    return sum(now and not before for before, now in zip([False, *rings], rings, strict=False))


def quiet_year(random, reference_rows, rows, *, weeks=52, jitter=0.0, reference_weeks=1):
    """A year in which nothing moves but for the `jitter` of every week; a `Watch`.

    With jitter the reference is a pool of several weeks, and what these show is tolerated.
    """
    columns = Columns(random, reference_rows, weeks=reference_weeks, jitter=jitter)
    noise = ordinary.noise_of(columns.parts, columns.bins) if reference_weeks > 1 else None
    watch = Watch(columns, noise)
    for window in columns.windows(weeks, rows, jitter=jitter):
        watch.judge(window)
    return watch


def weeks_until_alarm(random, reference_rows, rows, change, test, *, weeks):
    """Weeks from the change until its own alarm rings, NaN where it does not within `weeks`."""
    columns = Columns(random, reference_rows)
    watch = Watch(columns)
    for week, window in enumerate(columns.windows(weeks, rows, change=change), start=1):
        watch.judge(window)
        if watch.fires(change.name, test):
            return float(week)
    return np.nan
