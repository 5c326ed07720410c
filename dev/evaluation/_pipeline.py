"""A made-up pipeline: leads that come, move, are worked on and end, day by day, over two years. Nothing is tuned on it.

Each lead has what its form says (source, country, salesperson, expected revenue) and an interest that nobody sees. Per
seed all effects are drawn anew. On every day of its life, while it is open:

================  ==========================================================================================
it is worked on   an activity is done, the more often the fewer leads each salesperson has just then (their load
                  has a season: in some months nearly twice as many leads come as in others)
the customer      writes, the more often the higher the interest; an answer follows within hours, or days under load
a meeting         is held from the second stage on, sometimes
it moves          to the next stage with interest, meetings and lately done activities
it is won         from the third stage, with interest and meetings; nearly never before
it is lost        with low interest, age, and each day that the customer waits; a third of the lost ones are never
                  closed by anybody and stay open
the revenue       is set anew when a quotation is made, on reaching the third stage (tracked)
================  ==========================================================================================

The job position of the contact is typed in when a lead is closed, nine times in ten when it was won: a leak.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

BEGIN = datetime(2024, 1, 1)
DAYS = 730
LIFE = 240  # days that a lead is followed
STAGES = 3  # before won
SOURCES, COUNTRIES, PEOPLE = 6, 5, 4


@dataclass
class Events:
    """What happened: rows of lead and day (a fraction of days since `BEGIN`)."""

    moves: list = field(default_factory=list)  # lead, day, stage before, stage after
    revenues: list = field(default_factory=list)  # lead, day, before, after
    activities: list = field(default_factory=list)
    mails: list = field(default_factory=list)
    answers: list = field(default_factory=list)
    meetings: list = field(default_factory=list)


class Pipeline:
    """`count` leads; arrays are (count,): `came`, `ended` (inf while open) and so on, in days since `BEGIN`."""

    def __init__(self, count, seed):
        self.random = np.random.default_rng(seed)
        self.count, self.events = count, Events()
        random = self.random
        season = 1 + 0.35 * np.sin(2 * np.pi * np.arange(DAYS) / 365 + random.uniform(0, 6))
        self.came = np.sort(random.choice(DAYS, count, p=season / season.sum()) + random.random(count))
        self.source = random.choice(SOURCES, count, p=_skewed(SOURCES))
        self.country = random.choice(COUNTRIES, count, p=_skewed(COUNTRIES))
        self.person = random.integers(PEOPLE, size=count)
        self.first_revenue = np.round(random.lognormal(8.5, 0.9, count), -2)
        self.revenue = self.first_revenue.copy()
        self.interest = (
            random.normal(0, 0.55, SOURCES)[self.source]
            + random.normal(0, 0.35, COUNTRIES)[self.country]
            + random.normal(0, 0.3) * (np.log(self.first_revenue + 100) - 8.5)
            + random.normal(0, 0.8, count)
        )
        self.stage = np.zeros(count, dtype=int)
        self.ended = np.full(count, np.inf)
        self.won = np.zeros(count, dtype=bool)
        self.last_move = self.came.copy()
        self._live(season / season.mean())
        self.position = np.where(self.won & (random.random(count) < 0.9), 1, 0) * np.isfinite(self.ended)

    def _live(self, load):
        random, count = self.random, self.count
        lost, dormant = np.zeros(count, bool), random.random(count) < 0.33
        recent, held, waits = np.zeros(count), np.zeros(count), np.full(count, np.inf)
        force = {name: random.uniform(0.8, 1.2) for name in ("move", "win", "lose", "wait", "meet")}
        for age in range(LIFE):
            going = ~lost & ~np.isfinite(self.ended)
            day = self.came + age
            busy = load[np.minimum(day, DAYS - 1).astype(int)]
            at = day + random.random(count)

            def happens(rate, going=going):
                return going & (random.random(count) < 1 - np.exp(-rate))

            worked = happens(0.12 / busy**2 * np.exp(0.2 * self.interest))
            self._note(self.events.activities, worked, at)
            recent = 0.85 * recent + worked
            writes = happens(0.07 * np.exp(0.6 * self.interest - age / 90))
            self._note(self.events.mails, writes, at)
            waits = np.where(writes & ~np.isfinite(waits), at, waits)
            answered = np.isfinite(waits) & going & (random.random(count) < 0.5 / busy**2)
            answer_at = np.maximum(waits, day) + random.uniform(0.02, 0.9, count)
            self._note(self.events.answers, answered, answer_at)
            waits = np.where(answered, np.inf, waits)
            meets = happens(0.04 * force["meet"] * (self.stage >= 1) * np.exp(0.4 * self.interest))
            self._note(self.events.meetings, meets, at)
            held += meets
            moves = happens(
                0.05
                * force["move"]
                * np.exp(0.6 * self.interest + 0.5 * np.minimum(held, 2) + 0.3 * recent)
                / (1 + 0.15 * age / 7)
            ) & (self.stage < STAGES - 1)
            self._move(moves, at)
            waiting = np.where(np.isfinite(waits), day - waits, 0)
            wins = (
                happens(
                    np.where(self.stage == STAGES - 1, 0.05, 0.001)
                    * force["win"]
                    * np.exp(0.7 * self.interest + 0.5 * np.minimum(held, 2))
                )
                & ~moves
            )
            self.won |= wins
            self.ended = np.where(wins, at, self.ended)
            loses = (
                happens(
                    0.02
                    * force["lose"]
                    * np.exp(-0.6 * self.interest + 0.12 * force["wait"] * np.clip(waiting, 0, 10) + age / 120)
                )
                & ~wins
                & ~moves
            )
            self.ended = np.where(loses & ~dormant, at, self.ended)
            lost |= loses

    def _note(self, events, rows, at):
        events += zip(np.flatnonzero(rows).tolist(), at[rows].tolist(), strict=True)

    def _move(self, rows, at):
        for lead in np.flatnonzero(rows).tolist():
            self.events.moves.append((lead, float(at[lead]), int(self.stage[lead]), int(self.stage[lead]) + 1))
            self.stage[lead] += 1
            self.last_move[lead] = at[lead]
            if self.stage[lead] == STAGES - 1:
                new = float(np.round(self.revenue[lead] * self.random.lognormal(0.3, 0.5), -2)) + 100.0
                self.events.revenues.append((lead, float(at[lead]), float(self.revenue[lead]), new))
                self.revenue[lead] = new

    def as_of(self, day):
        """(has come, stage, last move, revenue, is closed): each (count,), as it stood on `day`."""
        stage, moved, revenue = np.zeros(self.count, int), self.came.copy(), self.first_revenue.copy()
        for lead, at, _before, after in self.events.moves:
            if at < day:
                stage[lead], moved[lead] = after, at
        for lead, at, _before, after in self.events.revenues:
            if at < day:
                revenue[lead] = after
        return self.came < day, stage, moved, revenue, self.ended < day

    def won_within(self, day, horizon):
        """(count,) bool: won within `horizon` days after `day`."""
        return self.won & (self.ended >= day) & (self.ended <= day + horizon)


def _skewed(size):
    shares = 1.0 / np.arange(1, size + 1)
    return shares / shares.sum()
