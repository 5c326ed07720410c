"""Shared parts of both kinds of card: codes, contributions, reasons, support, print.

A card is a list of features, each with bins and one number of points per bin. The
raw sum of a row is ``intercept + sum of points``; ``calibration`` turns it into a
value. What the points mean is the subject of ``scorecard`` and ``anomaly``.

Points are centred on the reference: averaged over its rows, every feature (and
every pair) contributes 0, so a contribution says how far this record's bin lies
from the usual. A pair holds points for two bins together; half of them goes to
each of its features, which is their Shapley share, so contributions still add up
exactly: ``raw = intercept + contributions.sum(axis=1)``.

The codes of a row are all that is needed to score and to explain it again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from .binning import MISSING, Bins, NumericBins, bins_from_dict
from .calibration import calibration_from_dict
from .columns import Column
from .errors import InvalidFeature, MissingFeature, PredictionInvalid
from .points import blocks_of
from .printing import Line, lines_of, lines_of_tags, strongest_cells
from .tags import (
    TagBins,
    inputs_of,
    spread_columns,
    tags_label,
    tags_of,
)
from .uncertainty import REACH
from .words import ENGLISH, Words

LARGEST_TABLE = 67 * 67  # cells of a pair that are stored one by one: those of 64 bins a side


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """The outcome of scoring n rows with a card of k features.

    =================  ==========================================================
    ``codes``          (n, k) uint8, one bin per feature
    ``contributions``  (n, k) float64, in units of the raw sum
    ``raw``            (n,) float64, the sum of points
    ``values``         (n,) float64 in [0, 1]
    ``predictions``    (n,) bool
    ``confidences``    (n,) float64 in [0, 1]
    ``support``        (n,) int64: reference rows that share the least common bin
    ``errors``         row -> InferenceError; such a row has NaN as raw and value,
                       the prediction False and the confidence 0
    =================  ==========================================================
    """

    codes: np.ndarray
    contributions: np.ndarray
    raw: np.ndarray
    values: np.ndarray
    predictions: np.ndarray
    confidences: np.ndarray
    errors: dict = field(default_factory=dict)
    support: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.raw)


class Reason(NamedTuple):
    """One reason of a score: a feature, its bin, and the contribution of the bin."""

    feature: str
    code: int
    label: str
    contribution: float


@dataclass(frozen=True, eq=False)
class CardFeature:
    """One input of a card: ``points`` and reference ``counts`` per code."""

    name: str
    kind: str
    bins: Any
    points: np.ndarray
    required: bool
    counts: np.ndarray

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "name": self.name,
            "required": self.required,
            "bins": self.bins.to_dict(),
            "points": self.points.tolist(),
            "counts": self.counts.tolist(),
        }

    @classmethod
    def from_dict(cls, data: Any) -> "CardFeature":
        """The reverse of ``to_dict``."""
        bins = bins_from_dict(data["bins"])
        return cls(
            name=data["name"],
            kind=bins.kind,
            bins=bins,
            points=np.array(data["points"], dtype=np.float64),
            required=data["required"],
            counts=np.array(data["counts"], dtype=np.int64),
        )


@dataclass(frozen=True, eq=False)
class CardPair:
    """Two features that act together: ``points`` is (size of first, size of second).

    A large table is stored as its different rows and columns, and which of them each code has.
    """

    first: str
    second: str
    points: np.ndarray

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        names = {"first": self.first, "second": self.second}
        if self.points.size <= LARGEST_TABLE:
            return {**names, "points": self.points.tolist()}
        rows, columns, points = blocks_of(self.points)
        return {**names, "rows": rows.tolist(), "columns": columns.tolist(), "points": points.tolist()}

    @classmethod
    def from_dict(cls, data: Any) -> "CardPair":
        """The reverse of ``to_dict``."""
        points = np.array(data["points"], dtype=np.float64)
        if "rows" in data:
            points = points[np.ix_(data["rows"], data["columns"])]
        return cls(data["first"], data["second"], points)


class Card:
    """Base of ``Scorecard`` and ``AnomalyCard``; build one of these.

    ``features`` is a tuple of CardFeature, ``pairs`` of CardPair; ``score_bins`` are
    the bins of the values that the monitors count.
    """

    kind: str = ""
    own: tuple[str, ...] = ()  # what a kind stores besides, as plain JSON types, by attribute name
    exact_reasons = True  # contributions are the points that made the score

    def __init__(
        self,
        features: Sequence[Any],
        intercept: float,
        calibration: Any,
        score_bins: Bins,
        pairs: Sequence[CardPair] = (),
    ) -> None:
        self.features = tuple(features)
        self.pairs = tuple(pairs)
        self.intercept = float(intercept)
        self.calibration = calibration
        self.score_bins = score_bins
        self.names = tuple(feature.name for feature in self.features)
        self.inputs = inputs_of(self.features)  # several columns are one input where its values are tags
        self.tags = tags_of({feature.name: feature.bins for feature in self.features})
        # All points in one array: one lookup scores a whole chunk.
        sizes = np.array([feature.bins.size for feature in self.features], dtype=np.int64)
        self._sizes = sizes
        self._offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        self._points = np.concatenate([f.points for f in self.features]).astype(np.float64)
        self._counts = np.concatenate([f.counts for f in self.features]).astype(np.int64)
        place = {name: i for i, name in enumerate(self.names)}
        self._pairs = [
            (place[pair.first], place[pair.second], np.asarray(pair.points, dtype=np.float64)) for pair in self.pairs
        ]

    @property
    def bins_by_name(self) -> dict[str, Bins]:
        """name -> bins, in the order of the features."""
        return {feature.name: feature.bins for feature in self.features}

    def score(self, columns: dict[str, Column]) -> ScoredRows:
        """Score the rows of ``columns``, a mapping from feature name to ``Column``.

        Columns that the card does not know are ignored. A feature without a column
        raises MissingFeature, a column of the wrong kind InvalidFeature: the call
        is wrong, not a row. Everything else is one row's error, first come.
        """
        codes, errors = self._codes(columns)
        contributions = self.contributions(codes)
        raw = self._sum(contributions)
        values = self.calibration.apply(raw)
        invalid = ~((values >= 0) & (values <= 1) & np.isfinite(raw))
        if invalid.any():
            for row in np.flatnonzero(invalid).tolist():
                errors.setdefault(row, PredictionInvalid("not a number from 0 to 1"))
        predictions, confidences = self._verdicts(raw, values)
        if errors:
            failed = list(errors)
            raw[failed] = values[failed] = np.nan
            predictions[failed] = False
            confidences[failed] = 0.0
        return ScoredRows(
            codes=codes,
            contributions=contributions,
            raw=raw,
            values=values,
            predictions=predictions,
            confidences=confidences,
            errors=errors,
            support=self.support(codes),
        )

    def _codes(self, columns: dict[str, Column]) -> tuple[np.ndarray, dict[int, Any]]:
        """``(n, k)`` codes and the errors of the rows that have one."""
        errors = {}
        coded = []
        columns = spread_columns(columns, self.bins_by_name)
        for feature in self.features:
            column = columns.get(feature.name)
            if column is None:
                raise MissingFeature(feature.name)
            if column.kind != feature.kind:
                raise InvalidFeature(feature.name, f"a {column.kind} where a {feature.kind} is expected")
            codes = feature.bins.codes(column.values)
            for row, error in column.errors.items():
                errors.setdefault(row, error)
            if feature.required:
                for row in np.flatnonzero(codes == MISSING).tolist():
                    errors.setdefault(row, MissingFeature(feature.name))
            coded.append(codes)
        if len({len(codes) for codes in coded}) > 1:
            raise ValueError("columns have different numbers of rows")
        return np.ascontiguousarray(np.stack(coded, axis=1)), errors

    def _places(self, codes: ArrayLike) -> np.ndarray:
        codes = np.asarray(codes)
        if codes.ndim != 2 or codes.shape[1] != len(self.features):
            raise ValueError(f"codes must be (rows, {len(self.features)}), not {codes.shape}")
        if (codes >= self._sizes).any():
            raise ValueError("codes of another version: a bin that this card does not have")
        return codes + self._offsets

    def contributions(self, codes: np.ndarray) -> np.ndarray:
        """(n, k) points of (n, k) codes, pairs shared out; to explain a stored row."""
        contributions = self._points[self._places(codes)]
        for first, second, points in self._pairs:
            half = points[codes[:, first], codes[:, second]] / 2
            contributions[:, first] += half
            contributions[:, second] += half
        return contributions

    def raw(self, codes: np.ndarray) -> np.ndarray:
        """(n,) raw sums of (n, k) codes."""
        return self._sum(self.contributions(codes))

    def _sum(self, contributions: np.ndarray) -> np.ndarray:
        # Column by column: the same row gives the same bits in any chunk.
        raw = np.full(len(contributions), self.intercept)
        for j in range(contributions.shape[1]):
            raw += contributions[:, j]
        return raw

    def support(self, codes: np.ndarray) -> np.ndarray:
        """(n,) reference rows in the least common of each row's bins.

        0 means that some input is unlike anything in the reference.
        """
        return self._counts[self._places(codes)].min(axis=1)

    def _verdicts(self, raw: Any, values: Any) -> tuple[np.ndarray, np.ndarray]:
        """(n,) bool predictions and (n,) confidences."""
        raise NotImplementedError

    def explain(
        self, codes_row: np.ndarray, top: int = 3, names: dict[str, Any] | None = None, words: Words = ENGLISH
    ) -> list[Reason]:
        """The ``top`` reasons of one row, the strongest first, as ``Reason``s: one per input.

        ``names`` maps a feature to a mapping from level to display name.
        """
        codes = np.asarray(codes_row)[None, :]
        shares = self.contributions(codes)[0].tolist()
        codes = codes[0].tolist()
        totals = [shares[p[0]] if len(p) == 1 else sum(shares[j] for j in p) for _name, p in self.inputs]
        reasons = []
        for place in sorted(range(len(totals)), key=lambda place: -abs(totals[place]))[:top]:
            name, places = self.inputs[place]
            known = (names or {}).get(name)
            bins, code = self.features[places[0]].bins, codes[places[0]]
            if isinstance(bins, TagBins):
                label = tags_label(self.features, places, codes, shares, known, words)
            else:
                label = bins.label(code, known, words.of(name))
            reasons.append(Reason(name, code, label, totals[place]))
        return reasons

    # Printing
    def rows(self, names: dict[str, Any] | None = None, words: Words = ENGLISH) -> Iterator[Any]:
        """Rows of the printed card: (input, label, points, reference share)."""
        for name, line, share in self.lines(names, words):
            yield name, line.label, line.points, share

    def deviations(self) -> dict[str, np.ndarray]:
        """name -> (size,) standard deviations of the points of each code; empty where they are not known."""
        return {}

    def lines(self, names: dict[str, Any] | None = None, words: Words = ENGLISH) -> Iterator[tuple[str, Line, float]]:
        """Rows of the printed card: (input, ``Line``, reference share).

        As short as a person reads it: neighbouring intervals of nearly equal points are
        one line, of many levels the strongest are told, tags say what they add (see
        ``printing``). The stored card stays exact.
        """
        widest, unsure = max((float(np.ptp(f.points)) for f in self.features), default=0.0), self.deviations()
        for name, places in self.inputs:
            features, known = [self.features[j] for j in places], (names or {}).get(name)
            if isinstance(features[0].bins, TagBins):
                lines = lines_of_tags(features, known, words)
            else:
                own = features[0]
                spread = unsure.get(own.name)
                lines = lines_of(own.bins, own.points, own.counts, widest, known, words.of(name), spread)
            total = max(int(features[0].counts.sum()), 1)
            for line in lines:
                yield name, line, line.count / total

    def pair_rows(self, names: dict[str, Any] | None = None, words: Words = ENGLISH) -> Iterator[Any]:
        """Rows of the printed pairs: (first, its label, second, its label, points), the strongest cells only."""
        by_name = {feature.name: feature for feature in self.features}
        for pair in self.pairs:
            one, two = by_name[pair.first], by_name[pair.second]
            first, second = ((names or {}).get(feature.name) for feature in (one, two))
            own = words.of(one.name), words.of(two.name)
            for cell in strongest_cells(one, two, pair.points, first, second, *own):
                yield pair.first, cell.first, pair.second, cell.second, cell.points

    def as_text(self, names: dict[str, Any] | None = None) -> str:
        """The card as a table in plain text."""
        rows = list(self.lines(names))
        wide = max(len(name) for name, _line, _share in rows)
        broad = min(max(len(line.label) for _name, line, _share in rows), 40)
        lines = [f"{self.kind}, starting from {self.intercept:+.3f}"]
        last = None
        for name, line, share in rows:
            shown = name if name != last else ""
            between = line.between(REACH)
            unsure = f"  likely {between[0]:+.2f} to {between[1]:+.2f}" if between else ""
            lines.append(f"{shown:<{wide}}  {line.label[:broad]:<{broad}}  {line.points:+8.3f}  {share:6.1%}{unsure}")
            last = name
        pair = None
        for first, one, second, two, points in self.pair_rows(names):
            if (first, second) != pair:
                lines.append(f"{first} with {second}")
            lines.append(f"  {one} and {two}: {points:+.3f}")
            pair = first, second
        return "\n".join(lines)

    def as_html(self, names: Any = None) -> str:
        """The card as an HTML table; every text in it is escaped."""
        body = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(label)}</td><td>{points:+.3f}</td><td>{share:.1%}</td></tr>"
            for name, label, points, share in self.rows(names)
        )
        body += "".join(
            f"<tr><td>{escape(first)} with {escape(second)}</td><td>{escape(one)} and {escape(two)}</td>"
            f"<td>{points:+.3f}</td><td></td></tr>"
            for first, one, second, two, points in self.pair_rows(names)
        )
        return (
            "<table><thead><tr><th>Input</th><th>Bin</th><th>Points</th>"
            f"<th>Share</th></tr></thead><tbody>{body}</tbody></table>"
        )

    # Storing
    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; ``artifact.dump`` adds the format version."""
        return {
            "kind": self.kind,
            "features": [feature.to_dict() for feature in self.features],
            "pairs": [pair.to_dict() for pair in self.pairs],
            "intercept": self.intercept,
            "calibration": self.calibration.to_dict(),
            "score_bins": self.score_bins.to_dict(),
            **{key: getattr(self, key) for key in self.own},
        }

    @classmethod
    def from_dict(cls, data: Any, **parts: Any) -> Self:
        """The reverse of ``to_dict``; ``artifact`` checks foreign data first.

        ``parts`` are what a kind needs besides that is no JSON.
        """
        return cls(
            features=[CardFeature.from_dict(item) for item in data["features"]],
            pairs=[CardPair.from_dict(item) for item in data["pairs"]],
            intercept=data["intercept"],
            calibration=calibration_from_dict(data["calibration"]),
            score_bins=bins_from_dict(data["score_bins"]),
            **{key: data[key] for key in cls.own},
            **parts,
        )


def score_bins_of(values: Any) -> Bins:
    """The bins in which the monitors count the reference's ``values``."""
    return NumericBins.fit(values, max_bins=20)
