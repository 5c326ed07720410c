"""From labels and values to figures."""

import time
from contextlib import contextmanager

import numpy as np

from odoo.addons.ai_deployment.ml import performance

from lib.figures import Figure

SURE = 0.01  # tests of calibration, over both questions together (Holm)


class Figures(list):
    """Figures with targets such as ("≥", 0.62)."""

    def note(self, name, value, unit="", target=None, reason=None):
        """Add one figure. `reason` says what the target's number is, where it comes from the run itself."""
        if target is None:
            self.append(Figure(name, _plain(value), unit))
            return
        sign, line = target
        met = {"≥": value >= line, "≤": value <= line, ">": value > line, "<": value < line}[sign]
        text = f"{sign} {line:.4g}" + (f" ({reason})" if reason else "")
        self.append(Figure(name, _plain(value), unit, text, bool(met)))

    def note_interval(self, name, difference, target):
        """A paired difference with its 95 % interval; the target holds for the end that it is furthest from."""
        sign, line = target
        worst = difference.low if sign == ">" else difference.high
        met = bool(worst > line if sign == ">" else worst < line)
        self.append(Figure(name, _plain(difference.estimate), "", f"{sign} {line:g}, 95 % sure", met))
        self.append(Figure(f"{name}_interval", [round(difference.low, 4), round(difference.high, 4)]))


class Stopwatch(dict):
    """Seconds by what they were spent on."""

    @contextmanager
    def on(self, what):
        started = time.perf_counter()
        try:
            yield
        finally:
            self[what] = self.get(what, 0.0) + time.perf_counter() - started


def within(labels, values, groups):
    """Mean AUC within groups that hold both classes, weighted by their rows."""
    areas, weights = [], []
    for group in np.unique(groups):
        rows = groups == group
        area = performance.auc(labels[rows], values[rows])
        if area == area:
            areas.append(area)
            weights.append(rows.sum())
    return float(np.average(areas, weights=weights)) if areas else np.nan


def passes_calibration(labels, values):
    """(in the large, slope, whether both stand): neither test says that the values are wrong."""
    large, slope = performance.in_the_large_test(labels, values), performance.slope_test(labels, values)
    smaller, larger = sorted((large.p_value, slope.p_value))
    return large, slope, bool(smaller >= SURE / 2 and (smaller < SURE / 2 or larger >= SURE))


def _plain(value):
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and value != value else value
