"""Promotion: how often the gate lets a new version through that is as good, better, or worse in one segment.

Pairs of scorers of one generator that nothing was tuned on: 20 % positives, AUC about .80, outcomes and values drawn
anew in each round. Equal scorers that know nearly the same, much the same and little of the same; a gain of .045 in
AUC by knowing more; several attempts on one test set; a segment in which the challenger is confused; and the sign test
for rare anomalies. --limit takes that many rounds.
"""

import numpy as np

from odoo.addons.ai_deployment.ml import performance
from odoo.addons.ai_deployment.ml.challenge import MIN_CASES, challenge, sign_challenge
from odoo.addons.ai_deployment.ml.columns import NUMBER, make_column
from odoo.addons.ai_deployment.ml.promotion import MOST_ATTEMPTS, judge, worse_segments
from odoo.addons.ai_deployment.ml.training import train_scorecard

from ._judge import Figures
from ._promotion_world import Knowledge, Rivals, World

PLAIN = True
SMALL = 40
SEED = 20_045
ROUNDS = 1500
ROWS = (200, 500, 2000)
EQUAL = {
    "nearly_the_same": Knowledge(1.35, 0.3, 0.3),
    "much_the_same": Knowledge(1.15, 0.6, 0.6),
    "little_the_same": Knowledge(0.75, 1.0, 1.0),
}
MORE = Knowledge(1.3153, 0.8283, 0.0)  # a gain of .045 over .80 by all that the champion knows, and more
OTHER = Knowledge(1.1, 0.82, 0.25)  # about the same gain by knowing other things
FOUND = {200: 0.56, 500: 0.89, 2000: 1.0}  # of a gain of .045
MOST_PROMOTED = 0.07
ATTEMPTS = 20
UNCHANGED_ROWS = (200, 500, 1000, 2500)
ATTEMPT_ROWS = 500
SEGMENT_ROWS = 2000
MOST_WAITED = 10_000  # outcomes
LOST = 3.0  # spread of the noise in log odds in the first segment
RIGHT = 0.8  # of the cases where two anomaly cards differ, those that the better one has right
LOOSE = 2.0  # standard errors of the rounds within which a share is the one that was asked for


def run(env, options, say):
    rounds = options.limit or ROUNDS
    random, figures = np.random.default_rng(SEED), Figures()
    for name, knowledge in EQUAL.items():
        say(f"equal scorers, {name} ...")
        _note_equal(figures, name, World(knowledge, SEED), random, rounds)
    say("a gain of .045 ...")
    _note_gain(figures, "knows_more", World(MORE, SEED), random, rounds, FOUND)
    _note_gain(figures, "knows_other", World(OTHER, SEED), random, rounds, {})
    say("attempts, segments, signs ...")
    _note_unchanged(figures, random)
    _note_attempts(figures, random, max(rounds // 5, 1))
    _note_segments(figures, random, max(rounds // 10, 1))
    _note_signs(figures, random, rounds)
    return figures


def _note_world(figures, name, world):
    figures.note(f"{name}.auc_champion", performance.auc(world.labels, world.champion))
    figures.note(f"{name}.auc_challenger", performance.auc(world.labels, world.challenger))
    figures.note(f"{name}.correlation", world.correlation)


def _note_equal(figures, name, world, random, rounds):
    _note_world(figures, f"equal.{name}", world)
    for rows in ROWS:
        found = [judge(*world.draw(random, rows)[:3]) for _round in range(rounds)]
        promoted = np.mean([gate.verdict == "better" for gate in found])
        reason = f"and {LOOSE:g} standard errors of {rounds} rounds"
        line = MOST_PROMOTED + LOOSE * _error(MOST_PROMOTED, rounds)
        figures.note(f"equal.{name}.rows_{rows}.promoted", promoted, "", ("≤", line), reason)
        figures.note(f"equal.{name}.rows_{rows}.rejected", np.mean([gate.verdict == "worse" for gate in found]))
        waiting = [gate.comparison.more_needed for gate in found if gate.verdict == "inconclusive"]
        figures.note(f"equal.{name}.rows_{rows}.more_needed", float(np.median(waiting)), "outcomes")


def _note_gain(figures, name, world, random, rounds, targets):
    _note_world(figures, f"gain.{name}", world)
    for rows in ROWS:
        found = [judge(*world.draw(random, rows)[:3]) for _round in range(rounds)]
        promoted, target = np.mean([gate.verdict == "better" for gate in found]), targets.get(rows)
        line = target and ("≥", target - LOOSE * max(_error(target, rounds), 1 / rounds))
        reason = target and f"{target:g} less {LOOSE:g} standard errors of {rounds} rounds"
        figures.note(f"gain.{name}.rows_{rows}.promoted", promoted, "", line, reason)
        figures.note(f"gain.{name}.rows_{rows}.rejected", np.mean([gate.verdict == "worse" for gate in found]))
        waiting = [gate.comparison.more_needed for gate in found if gate.verdict == "inconclusive"]
        figures.note(f"gain.{name}.rows_{rows}.more_needed", float(np.median(waiting)) if waiting else 0, "outcomes")
        # as many more outcomes as were asked for, drawn anew: what is seen early is seen too large and too small
        later = [judge(*world.draw(random, rows + more)[:3]).verdict for more in waiting if 0 < more <= MOST_WAITED]
        if later:
            figures.note(f"gain.{name}.rows_{rows}.promoted_after_more_needed", later.count("better") / len(later))


def _note_unchanged(figures, random):
    """Versions that are trained again on the same rows: never worse, and never better either."""
    verdicts = []
    for rows in UNCHANGED_ROWS:
        amounts, days = random.lognormal(6, 1, rows), random.gamma(2, 10, rows)
        columns = {"amount": make_column("amount", NUMBER, amounts), "days": make_column("days", NUMBER, days)}
        labels, moments = random.random(rows) < np.where(amounts > 500, 0.4, 0.1), np.arange(float(rows))
        ours, theirs = (train_scorecard(columns, labels, moments).card.score(columns).values for _run in range(2))
        verdicts.append(judge(labels, ours, theirs).verdict)
    figures.note("unchanged.trained_again", len(verdicts))
    figures.note("unchanged.worse", verdicts.count("worse"), "", ("≤", 0))
    figures.note("unchanged.same", verdicts.count("same"), "", ("≥", len(verdicts)))


def _note_attempts(figures, random, rounds):
    """Equal challengers of one champion on the same rows: how often at least one is promoted."""
    rivals = Rivals(SEED, ATTEMPTS + 1)
    counted, uncounted = np.zeros((2, rounds, ATTEMPTS), dtype=bool)
    for number in range(rounds):
        labels, (champion, *challengers) = rivals.draw(random, ATTEMPT_ROWS)
        for place, values in enumerate(challengers):
            uncounted[number, place] = challenge(labels, values, champion).verdict == "better"
            counted[number, place] = challenge(labels, values, champion, attempts=place + 1).verdict == "better"
    line = MOST_PROMOTED + LOOSE * _error(MOST_PROMOTED, rounds)
    figures.note(f"attempts.{ATTEMPTS}_uncounted.any_promoted", uncounted.any(axis=1).mean())
    figures.note(f"attempts.{ATTEMPTS}_counted.any_promoted", counted.any(axis=1).mean())
    figures.note(
        f"attempts.{MOST_ATTEMPTS}_counted.any_promoted",
        counted[:, :MOST_ATTEMPTS].any(axis=1).mean(),
        "",
        ("≤", line),
        f"as many as one test set serves, and {LOOSE:g} standard errors of {rounds} rounds",
    )


def _note_segments(figures, random, rounds):
    """The guard of large segments: how often it stops a version that is better everywhere, and one that is not."""
    for name, world, target in (
        ("better_everywhere", World(MORE, SEED), ("≤", 0.01)),
        ("equal_everywhere", World(EQUAL["much_the_same"], SEED), ("≤", 0.05 + LOOSE * _error(0.05, rounds))),
        ("lost_in_one", World(MORE, SEED, lost=LOST), ("≥", 0.8)),
    ):
        found = [world.draw(random, SEGMENT_ROWS) for _round in range(rounds)]
        stopped = np.mean([bool(worse_segments(*rows)) for rows in found])
        figures.note(f"segments.{name}.stopped", stopped, "", target)
        figures.note(f"segments.{name}.stopped_by_point_estimate", np.mean([_loses_somewhere(*rows) for rows in found]))


def _loses_somewhere(labels, challenger, champion, parts):
    """Return whether any segment loses by point estimate alone: the rule that was not taken."""
    rows = [parts == part for part in np.unique(parts)]
    return any(
        performance.auc_difference(labels[own], champion[own], challenger[own]).estimate > 0.01
        or performance.brier_difference(labels[own], challenger[own], champion[own]).estimate > 0.01
        for own in rows
    )


def _note_signs(figures, random, rounds):
    """Rare anomalies: the cases where only one of two cards asks."""
    for name, share, target in (("better", RIGHT, ("≥", 0.8)), ("equal", 0.5, ("≤", 0.025))):
        verdicts = []
        for _round in range(rounds):
            unusual = random.random(MIN_CASES) < 0.5
            right = random.random(MIN_CASES) < share
            verdicts.append(sign_challenge(unusual, np.where(right, unusual, ~unusual), unusual ^ right).verdict)
        sign, line = target
        loose = LOOSE * _error(line, rounds)
        line += loose if sign == "≤" else -loose
        reason = f"{target[1]:g} within {LOOSE:g} standard errors of {rounds} rounds"
        figures.note(
            f"signs.{name}.cases_{MIN_CASES}.promoted", verdicts.count("better") / rounds, "", (sign, line), reason
        )
        figures.note(f"signs.{name}.cases_{MIN_CASES}.rejected", verdicts.count("worse") / rounds)


def _error(share, rounds):
    return float(np.sqrt(share * (1 - share) / rounds))
