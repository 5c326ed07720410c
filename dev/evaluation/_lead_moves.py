"""What really moved in the bank's calls, month by month, told from the file alone.

The file dates a call to its month, so a month is the finest that can be known. Two questions are kept apart:

``moved``  has at least one record in ten another value than the months learned from would give? (total variation)
``still``  does the whole month lie within what monitoring promises to tolerate? Then no alarm may be raised in it.

Neither looks at weeks, at bins or at the tests of the monitor.
"""

from collections import Counter

import numpy as np

from ._lead_file import CATEGORIES, NUMBERS

MOVED = 0.10
ENOUGH = 50  # rows of a month, as of a window
EXPECTED = 10  # wins, before anything is said about outcomes
TOLERATED_EFFECT = 0.05  # squared effect of a shape; the next are shares
TOLERATED_ELSEWHERE = 0.02  # also of what is empty
TOLERATED_UNSEEN = TOLERATED_BEYOND = 0.01
WON = "won"
AS_NUMBERS = {f"lead_properties.{name}" for name in NUMBERS}
COLUMNS = {  # by the name of the deployment's input
    "medium_id": lambda call: call.contact,
    "source_id": lambda call: call.outcome_before,
    "function": lambda call: call.job,
    **{f"lead_properties.{name}": lambda call, name=name: call.properties[name] for name in (*NUMBERS, *CATEGORIES)},
    WON: lambda call: call.won,
}


class Moves:
    """`calls` against those of the months `learned` from."""

    def __init__(self, calls, learned):
        self._edges, self._counts, self._beyond = {}, {}, {}
        by_month = {}
        for call in calls:
            by_month.setdefault(call.period, []).append(call)
        self.months = sorted(by_month)
        reference = [call for month in learned for call in by_month[month]]
        for name, value_of in COLUMNS.items():
            values = [value_of(call) for call in reference]
            if name in AS_NUMBERS:
                present = [value for value in values if value is not None]
                self._edges[name] = np.unique(np.quantile(present, np.linspace(0.1, 0.9, 9))) if present else []
            self._counts[name, None] = self._count(name, values)
            for month, group in by_month.items():
                now = [value_of(call) for call in group]
                self._counts[name, month] = self._count(name, now)
                if name in AS_NUMBERS and present:
                    known = [value for value in now if value is not None]
                    beyond = sum(not min(present) <= value <= max(present) for value in known)
                    self._beyond[name, month] = beyond / max(len(known), 1)
        self.rows = {month: len(group) for month, group in by_month.items()}

    def _count(self, name, values):
        if name in AS_NUMBERS:
            values = [v if v is None else int(np.searchsorted(self._edges[name], v)) for v in values]
        return Counter(values)

    def enough(self, name):
        """Rows that allow a verdict on `name`; on outcomes as many as ten wins are expected of."""
        if name != WON:
            return ENOUGH
        share = _shares(self._counts[WON, None]).get(True, 0.0)
        return max(ENOUGH, EXPECTED / min(share, 1 - share)) if 0 < share < 1 else ENOUGH

    def distance(self, name, month):
        """The share of records that would have to change to look like those learned from."""
        before, now = _shares(self._counts[name, None]), _shares(self._counts[name, month])
        return sum(abs(now.get(level, 0.0) - before.get(level, 0.0)) for level in {*before, *now}) / 2

    def since(self, name):
        """The months in which `name` moved, having been where it was in the month before."""
        judged = [month for month in self.months if self.rows[month] >= ENOUGH]
        moved = [self.distance(name, month) >= MOVED for month in judged]
        return [month for place, month in enumerate(judged) if moved[place] and not (place and moved[place - 1])]

    def still(self, name, test, month):
        """Whether the month as a whole lies within what `test` of the column `name` tolerates.

        None stands for what follows from all columns, such as the score: still where all of them are.
        """
        if name is None:
            return all(self.still(each, kind, month) for each in COLUMNS for kind in ("missing", "unseen", "shape"))
        if test == "range":
            return self._beyond.get((name, month), 0.0) <= TOLERATED_BEYOND
        before, now = self._counts[name, None], self._counts[name, month]
        if test == "missing":
            return abs(_shares(now).get(None, 0.0) - _shares(before).get(None, 0.0)) <= TOLERATED_ELSEWHERE
        before, now = _present(before), _present(now)
        if not before or not now:
            return True
        if test == "unseen":
            return sum(share for level, share in now.items() if level not in before) <= TOLERATED_UNSEEN
        if len(before) == 1:
            return sum(share for level, share in now.items() if level not in before) <= TOLERATED_ELSEWHERE
        n, m = (sum(self._counts[name, key].values()) for key in (None, month))
        pooled = {level: (n * before.get(level, 0.0) + m * now.get(level, 0.0)) / (n + m) for level in {*before, *now}}
        effect = sum((now.get(level, 0.0) - before.get(level, 0.0)) ** 2 / share for level, share in pooled.items())
        return effect <= TOLERATED_EFFECT


def _shares(counts):
    total = sum(counts.values())
    return {level: count / total for level, count in counts.items()}


def _present(counts):
    return _shares({level: count for level, count in counts.items() if level is not None and count})
