"""The few words and the numbers in texts about bins, so that readers get them in their language.

``Words`` is English and writes numbers as Python does. Who shows texts to people hands down
another one (``models/tools/wording.py``); nothing below knows languages.
"""

from collections.abc import Iterable


class Words:
    """Texts about bins; every method returns one text."""

    @property
    def missing(self) -> str:
        return "missing"

    @property
    def never_seen(self) -> str:
        return "never seen before"

    @property
    def other(self) -> str:
        return "other"

    @property
    def none(self) -> str:
        return "none"

    def number(self, number: float) -> str:
        """A number as people write it: at most six digits after the first.

        >>> [Words().number(x) for x in (3.0, 1234567.0, 0.25, -2.50, 1e-9, 1e18)]
        ['3', '1,234,567', '0.25', '-2.5', '1e-09', '1e+18']
        """
        number = float(number)
        if number.is_integer() and abs(number) < 1e15:
            return f"{int(number):,}"
        digits = max(6, len(str(int(abs(number)))) + 2) if abs(number) < 1e15 else 6
        return f"{number:,.{digits}g}"

    def of(self, name: str) -> "Words":
        """The words for the input ``name``: its numbers may have a unit."""
        return self

    def single(self, number: str) -> str:
        """An interval that holds one number only."""
        return number

    def under(self, number: str) -> str:
        return f"under {number}"

    def over(self, number: str) -> str:
        return f"over {number}"

    def span(self, low: str, high: str) -> str:
        return f"{low} to {high}"

    def and_other(self, label: str) -> str:
        return f"{label} and other"

    def more(self, count: int) -> str:
        """So many levels that have no line of their own."""
        return f"… {count} others"

    def others(self, count: int | None) -> str:
        """Count the tags of a row that have no column of their own; None beyond the limit."""
        if count is None:
            return "several others"
        return "no other" if not count else "1 other" if count == 1 else f"{count} others"

    def without(self, name: str) -> str:
        return f"not {name}"

    def none_of(self) -> str:
        """The line of a printed card that every row begins with, before its tags are added."""
        return "at first"

    def joined(self, labels: Iterable[str]) -> str:
        return ", ".join(labels)


ENGLISH = Words()
