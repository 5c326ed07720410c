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

from dataclasses import dataclass, field, fields
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


@dataclass
class State:
    """Leads in the middle of their lives: arrays (leads,), the hidden interest among them."""

    came: np.ndarray
    interest: np.ndarray
    stage: np.ndarray
    ended: np.ndarray  # inf while open
    won: np.ndarray
    lost: np.ndarray  # also where nobody closes it
    dormant: np.ndarray
    recent: np.ndarray  # activities of the last days
    held: np.ndarray  # meetings
    waits: np.ndarray  # since when the customer does, inf for no answer
    age: np.ndarray  # the next day of its life

    def take(self, rows):
        """Return a copy of some leads."""
        return State(*(getattr(self, each.name)[rows].copy() for each in fields(self)))

    def put(self, rows, other):
        """Make the leads `rows` those of `other`."""
        for each in fields(self):
            getattr(self, each.name)[rows] = getattr(other, each.name)[rows]


class Pipeline:
    """`count` leads; arrays are (count,): `came`, `ended` (inf while open) and so on, in days since `BEGIN`.

    `watched` are days as of which `won_chance` can be asked.
    """

    def __init__(self, count, seed, watched=()):
        self.random = np.random.default_rng(seed)
        self.seed, self.count, self.events = seed, count, Events()
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
        self.load = season / season.mean()
        self.states = {}  # as of each watched day
        self._live(watched)
        self.position = np.where(self.won & (random.random(count) < 0.9), 1, 0) * np.isfinite(self.ended)

    def _live(self, watched):
        random, count = self.random, self.count
        whole, no = np.zeros(count, dtype=int), np.zeros(count, bool)
        never = np.full(count, np.inf)
        state = State(
            came=self.came,
            interest=self.interest,
            stage=whole.copy(),
            ended=never.copy(),
            won=no.copy(),
            lost=no.copy(),
            dormant=random.random(count) < 0.33,
            recent=np.zeros(count),
            held=np.zeros(count),
            waits=never.copy(),
            age=whole.copy(),
        )
        self.force = {name: random.uniform(0.8, 1.2) for name in ("move", "win", "lose", "wait", "meet")}
        self.states = {day: state.take(np.arange(count)) for day in watched}
        for _age in range(LIFE):
            at = state.came + state.age + random.random(count)
            self._step(state, at, random, self.events)
            for day, kept in self.states.items():
                kept.put(at < day, state)
        self.stage, self.ended, self.won = state.stage, state.ended, state.won

    def _step(self, state, at, random, events=None):
        """One more day of the lives of leads, at the moments `at` (leads,) of it; what happens goes to `events`."""
        count, age = len(at), state.age
        going = ~state.lost & ~np.isfinite(state.ended) & (age < LIFE)
        day = state.came + age
        busy = self.load[np.minimum(day, DAYS - 1).astype(int)]
        force, interest = self.force, state.interest

        def happens(rate):
            return going & (random.random(count) < 1 - np.exp(-rate))

        worked = happens(0.12 / busy**2 * np.exp(0.2 * interest))
        state.recent = 0.85 * state.recent + worked
        writes = happens(0.07 * np.exp(0.6 * interest - age / 90))
        state.waits = np.where(writes & ~np.isfinite(state.waits), at, state.waits)
        answered = np.isfinite(state.waits) & going & (random.random(count) < 0.5 / busy**2)
        answer_at = np.maximum(state.waits, day) + random.uniform(0.02, 0.9, count)
        state.waits = np.where(answered, np.inf, state.waits)
        meets = happens(0.04 * force["meet"] * (state.stage >= 1) * np.exp(0.4 * interest))
        state.held = state.held + meets
        pulls = np.exp(0.6 * interest + 0.5 * np.minimum(state.held, 2) + 0.3 * state.recent)
        moves = happens(0.05 * force["move"] * pulls / (1 + 0.15 * age / 7)) & (state.stage < STAGES - 1)
        if events is not None:
            for kind, rows, moments in (
                (events.activities, worked, at),
                (events.mails, writes, at),
                (events.answers, answered, answer_at),
                (events.meetings, meets, at),
            ):
                self._note(kind, rows, moments)
            self._move(moves, at, state.stage)
        state.stage = state.stage + moves
        waiting = np.where(np.isfinite(state.waits), day - state.waits, 0)
        wins = np.where(state.stage == STAGES - 1, 0.05, 0.001) * force["win"]
        wins = happens(wins * np.exp(0.7 * interest + 0.5 * np.minimum(state.held, 2))) & ~moves
        state.won = state.won | wins
        state.ended = np.where(wins, at, state.ended)
        tires = -0.6 * interest + 0.12 * force["wait"] * np.clip(waiting, 0, 10) + age / 120
        loses = happens(0.02 * force["lose"] * np.exp(tires)) & ~wins & ~moves
        state.ended = np.where(loses & ~state.dormant, at, state.ended)
        state.lost = state.lost | loses
        state.age = age + 1

    def won_chance(self, day, horizon, leads, rounds=200):
        """Return the true chance (leads,) of being won within `horizon` days after the watched `day`, by simulation.

        It knows what nobody can: the interest, and which leads are lost though nobody has closed them.
        """
        random = np.random.default_rng([self.seed, day])
        state = self.states[day].take(np.tile(leads, rounds))
        first = np.clip(day - state.came - state.age, 0, 1)  # the rest of that day: nothing has happened on it so far
        for step in range(horizon + 1):
            at = random.random(len(first))
            if not step:
                at = first + (1 - first) * at
            self._step(state, state.came + state.age + at, random)
        won = state.won & (state.ended >= day) & (state.ended <= day + horizon)
        return won.reshape(rounds, len(leads)).mean(axis=0)

    def _note(self, events, rows, at):
        events += zip(np.flatnonzero(rows).tolist(), at[rows].tolist(), strict=True)

    def _move(self, rows, at, stage):
        for lead in np.flatnonzero(rows).tolist():
            self.events.moves.append((lead, float(at[lead]), int(stage[lead]), int(stage[lead]) + 1))
            if stage[lead] + 1 == STAGES - 1:
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
