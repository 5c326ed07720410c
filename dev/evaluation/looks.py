"""Looks: how often a gate that judges a challenger repeatedly promotes an equal one, and finds a better one.

The same pairs of scorers as `promotion`, nothing tuned on them. The gate looks when the number of outcomes has doubled,
from 50 on, and look k counts as k (k + 1) attempts; beside it the same looks that count as one each. --limit takes that
many rounds.
"""

import numpy as np

from odoo.addons.ai_deployment.ml.promotion import judge

from ._judge import Figures
from ._promotion_world import World
from .promotion import EQUAL, LOOSE, MORE, MOST_PROMOTED, SEED

PLAIN = True
SMALL = 20
ROUNDS = 600
FIRST, LOOKS = 50, 6  # the last one at 1,600 outcomes
FOUND = 0.9  # of a gain of .045, by the last look


def run(env, options, say):
    rounds = options.limit or ROUNDS
    random, figures = np.random.default_rng(SEED), Figures()
    for name, knowledge in EQUAL.items():
        say(f"equal scorers, {name} ...")
        line = MOST_PROMOTED + LOOSE * np.sqrt(MOST_PROMOTED * (1 - MOST_PROMOTED) / rounds)
        _note(figures, f"equal.{name}", World(knowledge, SEED), random, rounds, ("≤", float(line)))
    say("a gain of .045 ...")
    line = FOUND - LOOSE * np.sqrt(FOUND * (1 - FOUND) / rounds)
    _note(figures, "gain", World(MORE, SEED), random, rounds, ("≥", float(line)))
    return figures


def _note(figures, name, world, random, rounds, target):
    counted, uncounted, worse = np.zeros((3, rounds, LOOKS), dtype=bool)
    for number in range(rounds):
        rows = world.draw(random, FIRST * 2 ** (LOOKS - 1))[:3]
        for look in range(LOOKS):
            seen = [each[: FIRST * 2**look] for each in rows]
            found = judge(*seen, attempts=(look + 1) * (look + 2)).verdict
            counted[number, look], worse[number, look] = found == "better", found == "worse"
            uncounted[number, look] = judge(*seen).verdict == "better"
    reason = f"and {LOOSE:g} standard errors of {rounds} rounds"
    figures.note(f"{name}.promoted_at_any_look", counted.any(axis=1).mean(), "", target, reason)
    figures.note(f"{name}.promoted_at_any_look_uncounted", uncounted.any(axis=1).mean())
    figures.note(f"{name}.rejected_at_any_look", worse.any(axis=1).mean())
    figures.note(f"{name}.promoted_by_200", counted[:, :3].any(axis=1).mean())
