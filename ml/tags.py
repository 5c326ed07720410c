"""One input with several values at a time, as one yes or no per frequent value.

A ``Column`` of kind ``TAGS`` is spread into several of kind ``CATEGORY``: one per frequent
tag, called ``member_name(input, tag)``, that says "yes" or "no"; and one under the name of
the input itself, which says how many other tags the row has, is missing where it has no tag
at all, and never seen before where it has one that training has not seen. All of them are
plain columns, so that whatever learns, watches or explains columns needs nothing new; that
they are one input is known by the bins of the one that has its name (``TagBins``).
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .binning import (
    BINS,
    MAX_KNOWN,
    MISSING,
    OTHER,
    UNSEEN,
    Bins,
    CategoryBins,
)
from .columns import CATEGORY, TAGS, Column
from .words import ENGLISH, Words

CardFeature = Any  # of `cards`, which imports this module
Table = Any  # of `table`, which imports this module
MOST_TAGS = 30  # of one input that get a column
MOST_COLUMNS = 60  # of all inputs together, beyond which no tag gets one
MIN_COUNT = 10  # rows of a tag that gets a column
MOST_OTHERS = 3  # other tags that are counted one by one
SEPARATOR = "="  # no key of an input has it
LONGEST_MEMBER = 100  # characters of a tag in a name
SHOWN = 3  # tags that a reason names
NEGLIGIBLE = 0.005  # points under which a tag is not worth naming
YES, NO, NEW = "yes", "no", "new"


def member_name(name: str, tag: str) -> str:
    """The name of the column of one tag.

    >>> member_name("tag_ids", "12")
    'tag_ids=12'
    """
    if len(tag) > LONGEST_MEMBER:
        tag = hashlib.sha256(tag.encode()).hexdigest()[:32]
    return f"{name}{SEPARATOR}{tag}"


class TagBins(CategoryBins):
    """Number of other tags, and the data that encodes a column of tags as in training.

    ``members`` are the tags with a column, the commonest first; ``known`` holds the count
    of every tag that training has seen.

    >>> bins = TagBins(["0", "1"], {"0": 5, "1": 5}, members=["a"], known={"a": 9, "b": 5})
    >>> column = Column("t", TAGS, np.array([("a", "b"), None, ("new",)], dtype=object))
    >>> [c.values.tolist() for c in bins.spread(column).values()]
    [['1', None, 'new'], ['yes', 'no', 'no']]
    """

    own = ("members", "known")

    def __init__(
        self,
        levels: Sequence[str],
        level_counts: dict[str, int],
        dropped: int = 0,
        *,
        members: Sequence[str] = (),
        known: dict[str, int] | None = None,
    ) -> None:
        super().__init__(levels, level_counts, dropped)
        self.members = tuple(members)
        self.known = dict(known or {})

    def label(self, code: int, names: dict[str, str] | None = None, words: Words = ENGLISH) -> str:
        """Short text of ``code``: how many other tags there are."""
        if code in (MISSING, UNSEEN):
            return words.none if code == MISSING else words.never_seen
        if code == OTHER:
            return words.others(None)
        count = self.levels[int(code) - OTHER - 1]
        return words.others(int(count) if count != str(MOST_OTHERS) else None)

    def seen_times(self, times: int) -> int:
        """Count the known tags that occur exactly ``times`` times (for Good-Turing)."""
        return sum(count == times for count in self.known.values())

    def spread(self, column: Column) -> dict[str, Any]:
        """name -> ``Column`` of the input itself and of each tag, from a ``TAGS`` column."""
        place = {tag: number for number, tag in enumerate(self.members)}
        has = np.zeros((len(self.members), len(column)), dtype=bool)
        rest = np.empty(len(column), dtype=object)
        for row, tags in enumerate(column.values.tolist()):
            if not tags:
                continue
            others = 0
            for tag in tags:
                number = place.get(tag)
                if number is not None:
                    has[number, row] = True
                elif tag in self.known:
                    others += 1
                else:
                    others = -len(tags)  # a new one counts for itself, whatever else there is
            rest[row] = NEW if others < 0 else str(min(others, MOST_OTHERS))
        spread: dict[str, Column] = {
            column.name: RestColumn(column.name, CATEGORY, rest, column.errors, self.members, self.known)
        }
        for number, tag in enumerate(self.members):
            name = member_name(column.name, tag)
            spread[name] = Column(name, CATEGORY, np.where(has[number], YES, NO).astype(object))
        return spread

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {**super().to_dict(), "kind": TAGS, "members": list(self.members), "known": dict(self.known)}

    @classmethod
    def from_dict(cls, data: Any) -> "TagBins":
        """The reverse of ``to_dict``; ``artifact`` checks foreign data first."""
        return cls(data["levels"], data["level_counts"], data["dropped"], members=data["members"], known=data["known"])


BINS[TAGS] = TagBins


@dataclass(frozen=True, eq=False)
class RestColumn(Column):
    """The column under the name of the input, with what its bins have to know."""

    members: tuple = ()
    known: dict | None = None

    def take(self, rows: np.ndarray) -> "RestColumn":
        """The column of these rows only."""
        taken = super().take(rows)
        return RestColumn(taken.name, taken.kind, taken.values, taken.errors, self.members, self.known)


def with_tags(own: Bins, column: Column) -> Bins:
    """``own`` bins of ``column``, made ``TagBins`` where it is the rest of a column of tags."""
    if not isinstance(column, RestColumn):
        return own
    return TagBins(own.levels, own.level_counts, own.dropped, members=column.members, known=column.known)


def members_of(column: RestColumn) -> list[str]:
    """The names of the columns of the tags of a ``RestColumn``."""
    return [member_name(column.name, tag) for tag in column.members]


def spread_columns(columns: dict[str, Column], bins_by_name: dict[str, Bins]) -> dict[str, Column]:
    """``columns`` with those of tags spread as ``bins_by_name`` say; what is spread already stays."""
    tagged = [name for name, column in columns.items() if column.kind == TAGS]
    if not tagged:
        return columns
    spread = {name: column for name, column in columns.items() if column.kind != TAGS}
    for name in tagged:
        own = bins_by_name.get(name)
        if isinstance(own, TagBins):
            spread.update(own.spread(columns[name]))
    return spread


def spread_table(
    table: Table, rows: np.ndarray, like: dict[str, TagBins] | None = None, min_count: int = MIN_COUNT
) -> Table:
    """``table`` with its columns of tags spread, the frequent tags chosen in its ``rows``.

    ``like`` maps names to ``TagBins`` of another card, whose choice is taken over. Columns
    of tags come last, so that the others keep their places.
    """
    tagged = [name for name, column in table.columns.items() if column.kind == TAGS]
    if not tagged:
        return table
    columns, members = {}, {}
    room = max(MOST_COLUMNS - len(table.columns), 0) // len(tagged)
    for name, column in table.columns.items():
        if column.kind != TAGS:
            columns[name] = column
            continue
        own = (like or {}).get(name)
        if own is None:
            own = _chosen(column.values[rows].tolist(), min(MOST_TAGS, room), min_count)
        spread = own.spread(column)
        columns[name] = spread.pop(name)
        members.update(spread)
    return replace(table, columns={**columns, **members})


def _chosen(values: list[tuple[str, ...]], most: int, min_count: int) -> TagBins:
    counts = Counter(tag for tags in values if tags for tag in tags)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    members = [tag for tag, count in ranked[:most] if count >= min_count]
    return TagBins((), {}, members=members, known=dict(ranked[:MAX_KNOWN]))


def tags_of(bins_by_name: dict[str, Bins]) -> dict:
    """{column of one tag: (its input, the tag)} of all columns with these bins."""
    return {
        member_name(name, tag): (name, tag)
        for name, bins in bins_by_name.items()
        if isinstance(bins, TagBins)
        for tag in bins.members
    }


def inputs_of(features: tuple[CardFeature, ...]) -> list[tuple[str, list[int]]]:
    """[(name of an input, places of its columns)] of the ``features`` of a card, in their order."""
    tags = tags_of({feature.name: feature.bins for feature in features})
    inputs = {}
    for j, feature in enumerate(features):
        inputs.setdefault(tags.get(feature.name, (feature.name,))[0], []).append(j)
    # The column that has the name of the input comes first.
    return [(name, sorted(places, key=lambda j: features[j].name != name)) for name, places in inputs.items()]


def tags_label(
    features: tuple[CardFeature, ...],
    places: list[int],
    codes: list[int],
    shares: list[float],
    names: dict[str, str] | None = None,
    words: Words = ENGLISH,
) -> str:
    """Return the tags of a row for its reasons: the relevant ones by name, the strongest first.

    ``places`` are the columns of one input as ``inputs_of`` gives them, ``codes`` and ``shares``
    those of one row.
    """
    rest, *members = places
    bins = features[rest].bins
    tag_of = {member_name(features[rest].name, tag): tag for tag in bins.members}

    def name_of(j: int) -> str:
        tag = tag_of[features[j].name]
        return str((names or {}).get(tag, tag))

    ranked = sorted(members, key=lambda j: -abs(shares[j]))
    present = [j for j in ranked if codes[j] == yes_code(features[j].bins)]
    counting = [j for j in present if abs(shares[j]) >= NEGLIGIBLE] or present
    labels = [name_of(j) for j in counting[:SHOWN]]
    if ranked and ranked[0] not in present and abs(shares[ranked[0]]) >= NEGLIGIBLE:
        labels.insert(0, words.without(name_of(ranked[0])))
    if codes[rest] == UNSEEN or not labels:
        labels.append(bins.label(codes[rest], words=words))
    return words.joined(labels)


def yes_code(bins: Bins) -> int:
    """The code of "yes" in the bins of one tag."""
    [code] = bins.codes([YES]).tolist()
    return code


def no_code(bins: Bins) -> int:
    """The code of "no" in the bins of one tag."""
    [code] = bins.codes([NO]).tolist()
    return code
