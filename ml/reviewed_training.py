"""Verdicts of reviewers in, a tested ``ReviewedCard`` out.

Reviewers judge what an anomaly card finds most unusual. A model that learns from these
rows alone has never seen a usual one: among the most unusual, those that look usual in
everything but one input are often the confirmed ones, and it would flag whatever is
usual. So rows of the same time that nobody was asked about are added as presumed usual
(positive-unlabelled learning: Elkan and Noto, KDD 2008). Few of them are not, and
together they weigh as much as the judged ones, so that they say what is usual without
outvoting a verdict. Rows that reviewers saw by a random check count as many rows as
they were drawn from (inverse probability weights); those that were shown because of
their score never do, since what was not shown had no chance.

Learned is in the order of time: the latest rows test, then all are learned from by the
same settings. Given what a row looks like, it does not matter to its verdict that it was
shown, so the probabilities are calibrated on judged rows alone, by sums from boosters
that did not learn from the row; the straight line through the log odds goes on where
nobody looked.

A few dozen verdicts say little beside what the anomaly card knows already. So the card
begins as the anomaly card whose reasons the verdicts have weighed (``reweighted``), and
moves towards what the boosters say by as much as there are verdicts to say it: the mean
of both, ``learned_share`` that of the boosters.
"""

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import performance
from .anomaly import AnomalyCard, threshold_at
from .binning import Bins, CategoryBins, NumericBins
from .boosting import Boosted, Settings, boost
from .calibration import fit_platt
from .cards import CardFeature, CardPair, score_bins_of
from .columns import NUMBER, Column
from .errors import BadTrainingInput, TooFewCases
from .points import centre, complete, purify
from .profile import Profile
from .reviewed import SURPRISE, ReviewedCard, surprise_column
from .reweighted import Reweighted, reweigh
from .table import make_table
from .tags import TagBins, spread_table, with_tags
from .training import Training

MIN_CONFIRMED = 30  # confirmed cases, and as many that were not, to speak of a probability
PRESUMED = 10  # rows presumed usual per judged one; more say the same
TEST_SHARE = 0.15  # the latest judged rows
SETTINGS = Settings(max_bins=64, pairs=15)
RANK_BINS = 250  # of how unusual a row is overall: what the anomaly card told apart stays apart
HALFWAY = 100  # cases of the rarer verdict that count as much as the anomaly card
MOST_PAIRS = 50  # that an artifact may hold


def train_reviewed(
    columns: dict[str, Column],
    moments: ArrayLike,
    verdicts: Iterable[Any],
    *,
    surprise: AnomalyCard,
    chances: Sequence[float] | np.ndarray | None = None,
    required: Collection[str] = (),
    flag_rate: float = 0.01,
    pairs: int = SETTINGS.pairs,
    seed: int = 0,
) -> tuple[Training, Training]:
    """Learn a ``ReviewedCard`` from verdicts; (the tested ``Training``, the one that learned from all).

    ``columns`` and ``moments`` as for ``train_scorecard``, all rows and not only the
    judged ones. ``verdicts`` (n,) holds True (confirmed), False or None (nobody said);
    ``chances`` (n,) the chance of a row that was judged by a random check, NaN
    elsewhere. ``surprise`` is an ``AnomalyCard`` over some of the columns. Fewer than
    30 confirmed or 30 rejected rows raise TooFewCases. The metrics are those of the
    latest judged rows, once by this card and once by the anomaly card alone
    (``*_before``); ``test_random_checks`` of them were drawn by chance, and without any
    the test cannot see what was never flagged.
    """
    started = time.perf_counter()
    moments = np.asarray(moments, dtype=np.float64)
    judged, confirmed = _checked(verdicts, len(moments))
    overall, errors = surprise_column(surprise, columns)
    columns = {**columns, SURPRISE: replace(overall, errors=errors)}
    stands_for = _stands_for(chances, judged)
    table = make_table(columns, moments, confirmed, required=required)
    like = {feature.name: feature.bins for feature in surprise.features if isinstance(feature.bins, TagBins)}
    table = spread_table(table, np.flatnonzero(table.usable), like)
    order = np.argsort(moments, kind="stable")
    drawn = judged & np.isfinite(np.full(len(moments), np.nan) if chances is None else chances)
    rows = _Rows(
        table.columns, judged[order] & table.usable, table.labels, stands_for[order], table.usable, drawn[order]
    )
    keep = surprise.names  # without these the surprise could not be worked out again
    make = _Maker(rows, surprise, required, keep, flag_rate, replace(SETTINGS, pairs=pairs), seed)
    seen = np.flatnonzero(rows.judged)
    _check_cases(rows.labels[seen])
    cut = seen[round(len(seen) * (1 - TEST_SHARE))]
    test = seen[seen >= cut]
    metrics: dict[str, Any] = {
        "rows": len(table),
        "unusable_rows": int(len(table) - table.usable.sum()),
        "judged": len(seen),
        "positives": int(rows.labels[seen].sum()),
        "test_rows": len(test),
        "test_positives": int(rows.labels[test].sum()),
        "test_random_checks": int(rows.drawn[test].sum()),
    }
    tested = make.card(np.arange(len(table)) < cut)
    scored = tested.score(table.columns)
    metrics |= _measured(rows.labels[test], scored.values[test])
    before = _measured(rows.labels[test], table.columns[SURPRISE].values[test])
    metrics |= {f"{name}_before": before[name] for name in ("auc", "average_precision")}
    served = make.card(np.ones(len(table), dtype=bool))
    metrics |= {"inputs": len(served.features), "pairs": len(served.pairs)}
    metrics["seconds"] = time.perf_counter() - started
    trainings = Training(tested, metrics, Profile.of(tested, scored)), served.score(table.columns)
    return trainings[0], Training(served, metrics, Profile.of(served, trainings[1]))


def learned_share(labels: np.ndarray) -> float:
    """Share of what was learned from the verdicts ``labels`` (n,), beside the anomaly card: shrinkage.

    >>> learned_share(np.repeat([True, False], [100, 500])), learned_share(np.repeat([True, False], [400, 300]))
    (0.5, 0.75)
    """
    cases = min(int(labels.sum()), int((~labels).sum()))
    return cases / (cases + HALFWAY)


class _Rows:
    """Rows in time order: ``columns``, and for each row whether it is ``judged``, ``usable``, ``drawn`` by chance.

    Besides its label and how many rows it ``stands_for``; all (n,).
    """

    def __init__(
        self,
        columns: dict[str, Any],
        judged: np.ndarray,
        labels: np.ndarray,
        stands_for: np.ndarray,
        usable: np.ndarray,
        drawn: np.ndarray,
    ) -> None:
        self.columns, self.judged, self.labels = columns, judged, labels
        self.stands_for, self.usable, self.drawn = stands_for, usable, drawn


class _Maker:
    """Makes cards by one recipe from different parts of the rows."""

    def __init__(
        self,
        rows: _Rows,
        surprise: AnomalyCard,
        required: Collection[str],
        keep: tuple[str, ...],
        flag_rate: float,
        settings: Settings,
        seed: int,
    ) -> None:
        self.rows, self.surprise, self.required, self.keep = rows, surprise, required, set(keep) | {SURPRISE}
        self.flag_rate, self.settings, self.seed = flag_rate, settings, seed

    def card(self, part: np.ndarray) -> ReviewedCard:
        """A card that has learned from the rows where ``part`` (n,) is true."""
        rows = self.rows
        learn, weights, stands_for = self._learning_rows(part)
        labels = rows.labels[learn] & rows.judged[learn]
        bins = self._bins(learn)
        names, own = list(bins), list(bins.values())
        codes = self._codes(bins, learn)
        boosted = boost(own, codes, labels, [0] * len(own), self.settings, self.seed, weights)
        judged = rows.judged[learn]
        share = learned_share(labels[judged])
        by_name = dict(zip(names, codes.T, strict=True))
        # One verdict counts as one, and all that nobody was asked about as much as the verdicts.
        evidence = weights * judged.sum() / weights[judged].sum()
        start = reweigh(
            self.surprise,
            (SURPRISE, bins[SURPRISE]),
            by_name,
            labels,
            evidence,
            MOST_PAIRS - len(boosted.pairs),
        )
        reference = np.flatnonzero(part & rows.usable)
        all_codes = self._codes(bins, reference)
        features, pairs, intercept = self._terms(boosted, start, share, bins, codes, all_codes)
        raw = share * boosted.out_of_fold + (1 - share) * start.raw(by_name)
        calibration = fit_platt(raw[judged], labels[judged], stands_for[judged])
        options: dict[str, Any] = {"threshold": 0.0, "surprise": self.surprise.to_dict()}
        card = ReviewedCard(features, intercept, calibration, score_bins_of([]), pairs, **options)
        values = calibration.apply(card.raw(all_codes))
        options["threshold"] = min(threshold_at(values, self.flag_rate), 1.0)
        return ReviewedCard(features, intercept, calibration, score_bins_of(values), pairs, **options)

    def _learning_rows(self, part: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(rows, how much each counts while learning, how many rows each stands for)."""
        rows = self.rows
        judged = np.flatnonzero(rows.judged & part)
        since = judged[0]
        unseen = np.flatnonzero(part & rows.usable & ~rows.judged & (np.arange(len(part)) >= since))
        most = PRESUMED * len(judged)
        drawn = unseen
        if len(unseen) > most:
            drawn = np.sort(np.random.default_rng(self.seed).choice(unseen, most, replace=False))
        learn = np.concatenate([judged, drawn])
        stands_for = np.concatenate([rows.stands_for[judged], np.full(len(drawn), len(unseen) / max(len(drawn), 1))])
        shown = stands_for == 1
        shown[len(judged) :] = False
        weights = stands_for.copy()
        if (~shown).any():  # all that was not shown for its score weighs as much as what was
            weights[~shown] *= max(shown.sum(), 1) / weights[~shown].sum()
        return learn, weights / weights.mean(), stands_for

    def _codes(self, bins: dict[str, Bins], rows: np.ndarray) -> np.ndarray:
        """(n, k) codes of these rows."""
        columns = self.rows.columns
        return np.stack([own.codes(columns[name].values[rows]) for name, own in bins.items()], axis=1)

    def _bins(self, learn: np.ndarray) -> dict[str, Bins]:
        """name -> bins of the inputs that vary, and of those that the surprise is made of: these as it has them."""
        rows, bins = self.rows, {}
        known = self.surprise.bins_by_name
        for name, column in rows.columns.items():
            values = column.values[learn]
            if name == SURPRISE:
                own = NumericBins.fit(values, RANK_BINS, spacing="tails")
            elif name in known:
                own = known[name]
            elif column.kind == NUMBER:
                own = NumericBins.fit(values, self.settings.max_bins)
            else:
                own = with_tags(CategoryBins.fit(values, self.settings.max_bins), column)
            if (
                name in self.keep
                or name in self.required
                or isinstance(own, TagBins)
                or len(np.unique(own.codes(values))) > 1
            ):
                bins[name] = own
        return bins

    def _terms(
        self,
        boosted: Boosted,
        start: Reweighted,
        share: float,
        bins: dict[str, Bins],
        codes: np.ndarray,
        reference: np.ndarray,
    ) -> tuple[list[CardFeature], list[CardPair], float]:
        """(features, pairs, intercept) of the mean of both: purified, completed and centred on the reference."""
        names, own = list(bins), list(bins.values())
        place = {name: j for j, name in enumerate(names)}
        tables = [table.copy() for table in boosted.tables]
        known = [start.tables.get(name, np.zeros(bins[name].size)).copy() for name in names]
        intercept = share * boosted.intercept + (1 - share) * start.intercept
        features: list[CardFeature] = []
        pairs: dict[tuple[int, int], np.ndarray] = {}
        learned = zip(boosted.pairs, boosted.pair_tables, strict=True)
        terms = [(i, j, share, points, tables) for (i, j), points in learned]
        terms += [(place[pair.first], place[pair.second], 1 - share, pair.points, known) for pair in start.pairs]
        for i, j, factor, points, singles in terms:
            if i > j:
                i, j, points = j, i, points.T
            joint = np.zeros((own[i].size, own[j].size))
            np.add.at(joint, (reference[:, i], reference[:, j]), 1)
            pure, by_row, by_column = purify(points, joint)
            singles[i] += by_row
            singles[j] += by_column
            pairs[i, j] = pairs.get((i, j), 0.0) + factor * pure
        for j, name in enumerate(names):
            points, silent = complete(own[j], tables[j], np.bincount(codes[:, j], minlength=own[j].size))
            counts = np.bincount(reference[:, j], minlength=own[j].size)
            points, mean = centre(points, counts, silent)
            kept, kept_mean = centre(known[j], counts)
            intercept += share * mean + (1 - share) * kept_mean
            points = share * points + (1 - share) * kept
            features.append(CardFeature(name, own[j].kind, own[j], points, name in self.required, counts))
        return features, [CardPair(names[i], names[j], points) for (i, j), points in pairs.items()], intercept


def _checked(verdicts: Iterable[Any], n: int) -> tuple[np.ndarray, np.ndarray]:
    """(judged, confirmed), both (n,) bool."""
    verdicts = list(verdicts)
    if len(verdicts) != n:
        raise BadTrainingInput("There is not one verdict, or none, for each record.")
    judged = np.array([verdict is not None and verdict == verdict for verdict in verdicts], dtype=bool)
    known = [verdict for verdict, is_known in zip(verdicts, judged, strict=True) if is_known]
    if not all(verdict in (True, False) for verdict in known):
        raise BadTrainingInput("A verdict is neither true nor false.")
    confirmed = np.zeros(n, dtype=bool)
    confirmed[judged] = [bool(verdict) for verdict in known]
    return judged, confirmed


def _stands_for(chances: Sequence[float] | np.ndarray | None, judged: np.ndarray) -> np.ndarray:
    """(n,) how many rows a judged one stands for: those of a random check more than themselves."""
    if chances is None:
        return np.ones(len(judged))
    chances = np.asarray(chances, dtype=np.float64)
    drawn = judged & np.isfinite(chances)
    if len(chances) != len(judged) or (drawn & ((chances <= 0) | (chances > 1))).any():
        raise BadTrainingInput("The chance of a random check must be above 0 and at most 1.")
    return np.where(drawn, 1 / np.where(drawn, chances, 1.0), 1.0)


def _check_cases(labels: np.ndarray) -> None:
    for found, what in ((int(labels.sum()), "confirmed cases"), (int((~labels).sum()), "rejected cases")):
        if found < MIN_CONFIRMED:
            raise TooFewCases(MIN_CONFIRMED, found, what)


def _measured(labels: np.ndarray, values: np.ndarray) -> dict[str, Any]:
    """Metrics on judged rows, as plain numbers; None where there is no answer."""
    metrics: dict[str, Any] = {
        "auc": performance.auc(labels, values),
        "average_precision": performance.average_precision(labels, values),
        "brier": performance.brier(labels, values),
        "brier_base_rate": performance.brier(labels, np.full(len(labels), labels.mean())),
    }
    return {name: None if np.isnan(value) else float(value) for name, value in metrics.items()}
