"""Evidently and NannyML with their defaults, and the product, on the same rows: false alarms, power, seconds.

The reference are 26 ordinary weeks; what follows is judged a week at a time. Evidently compares each week with all rows
of the reference by its drift preset, NannyML by the Jensen-Shannon distance of its weekly chunks with limits of three
standard deviations of those of the reference. Both flag columns; the product raises an alarm where 2 of 3 weeks exceed.
So a week counts as a false alarm where anything is flagged, and as one of the product's where an alarm begins.
Where one of them cannot be installed, its figures are missing and the reason is told.
"""

import csv
import tempfile
import time
from pathlib import Path

import numpy as np

from odoo.addons.ai_deployment.ml import drift

from lib import evidently, nannyml

from ._judge import Figures
from ._statistics_generators import (
    CATEGORIES,
    COLUMNS,
    REFERENCE_WEEKS,
    Firm,
    Setting,
)
from ._statistics_play import ALERT, Play

PEERS = {"evidently": evidently, "nannyml": nannyml}
WEEKS = 13
QUIET = {
    "noise_0.rows_300": Setting(300, 0.0),
    "noise_0.3.rows_300": Setting(300, 0.3),
    "noise_0.3.rows_1000": Setting(1000, 0.3),
}
MOVED = {
    "amounts_1_sd_up": (Setting(300, 0.3, raised=1.0), "amount", drift.SHAPE),
    "half_on_one_channel": (Setting(300, 0.3, moved=0.5), "channel", drift.SHAPE),
    "days_2_to_30_percent_empty": (Setting(300, 0.3, missing=0.3), "days", drift.MISSING_TEST),
    "new_products_20_percent": (Setting(300, 0.3, unseen=0.2), "product", drift.UNSEEN_TEST),
}
FOLLOWED = 4


def figures(rounds, seed):
    """`rounds` firms a setting."""
    contest = Contest(seed, rounds)
    for number, (name, setting) in enumerate(QUIET.items()):
        contest.note_quiet(number, name, setting)
    for number, (name, planted) in enumerate(MOVED.items(), start=len(QUIET)):
        contest.note_moved(number, name, *planted)
    return contest.total()


class Contest:
    """The product and those peers that can be asked; `unable` says why the others cannot."""

    def __init__(self, seed, rounds):
        self.seed, self.rounds, self.figures, self.unable = seed, rounds, Figures(), {}
        self.seconds, self.weeks = dict.fromkeys(("ours", *PEERS), 0.0), 0

    def note_quiet(self, number, name, setting):
        told, columns = {}, {}
        for play, answers in self._firms(number, setting, WEEKS):
            begun = {week for week, level, *_cause in play.raised if level == ALERT}
            told.setdefault("ours", []).extend(week + 1 in begun for week in range(WEEKS))
            for who, windows in answers.items():
                told.setdefault(who, []).extend(bool(flagged) for _week, flagged, _whole in windows)
                columns.setdefault(who, []).extend(len(flagged) / len(COLUMNS) for _week, flagged, _whole in windows)
        for who, own in told.items():
            target = ("≤", 0.02) if who == "ours" else None
            self.figures.note(f"peers.quiet.{name}.weeks_with_an_alarm.{who}", float(np.mean(own)), "", target)
        for who, own in columns.items():
            self.figures.note(f"peers.quiet.{name}.columns_flagged.{who}", float(np.mean(own)))

    def note_moved(self, number, name, setting, column, test):
        seen = {}
        for play, answers in self._firms(number, setting, FOLLOWED):
            seen.setdefault("ours", []).append(play.first(column, test) is not None)
            for who, windows in answers.items():
                seen.setdefault(who, []).append(any(column in flagged for _week, flagged, _whole in windows))
        for who, own in seen.items():
            target = ("≥", 0.95) if who == "ours" else None
            self.figures.note(f"peers.{name}.seen_in_{FOLLOWED}_weeks.{who}", float(np.mean(own)), "", target)

    def total(self):
        for who, spent in self.seconds.items():
            if who not in self.unable:
                self.figures.note(f"peers.ms_a_week.{who}", 1000 * spent / self.weeks, "ms")
        for who, why in self.unable.items():
            self.figures.note(f"peers.not_measured.{who}", why)
        return self.figures

    def _firms(self, number, setting, weeks):
        """(the product's play, {peer: its windows}) of each firm."""
        for place in range(self.rounds):
            firm = Firm(np.random.default_rng([self.seed, number, place]), setting, weeks)
            self.weeks += weeks
            started = time.process_time()
            play = Play(firm).run()
            self.seconds["ours"] += time.process_time() - started
            yield play, self._asked(firm)

    def _asked(self, firm):
        answers = {}
        with tempfile.TemporaryDirectory() as folder:
            known, asked = Path(folder, "reference.csv"), Path(folder, "rows.csv")
            _write(known, firm.drawn[:REFERENCE_WEEKS], 0)
            _write(asked, firm.drawn[REFERENCE_WEEKS:], REFERENCE_WEEKS)
            for who in PEERS.keys() - self.unable.keys():
                told, trouble = PEERS[who].reports(known, asked, CATEGORIES)
                if trouble:
                    self.unable[who] = trouble
                else:
                    answers[who] = told["windows"]
                    self.seconds[who] += told["seconds"]
        return answers


def _write(path, weeks, first):
    with open(path, "w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(["window", *COLUMNS])
        for number, week in enumerate(weeks, start=first):
            values = [["" if value != value else value for value in week[name].tolist()] for name in COLUMNS]
            lines.writerows([number, *row] for row in zip(*values, strict=True))
