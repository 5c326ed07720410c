"""One chart of the dashboard, ready to draw: numbers, their texts, and the list that each of them opens."""

from typing import Any, TypedDict

from odoo.fields import Domain


class Opens(TypedDict):
    """The list of records behind a number."""

    model: str
    name: str
    domain: list


class Mark(TypedDict):
    """Something that happened at a place of the time axis: an alert."""

    place: int
    level: str  # "danger" or "info"
    text: str
    open: Opens


Point = tuple[Any, str, Opens | None]  # (a number, [low, high] of an interval, or None; its text; what a click opens)


def chart(
    title: str,
    labels: list[str],
    series: list[dict],
    *,
    note: str = "",
    empty: str = "",
    percents: bool = False,
    stacked: bool = False,
    start: float = 0.0,
    marks: list[Mark] | None = None,
) -> dict:
    """Return what one chart shows.

    :param labels: one per place on the axis
    :param series: of `row`
    :param empty: the sentence in its place where there is nothing to draw
    :param percents: values are shares, 0 to 1
    :param start: where the axis begins at the latest
    :param marks: what happened at places of the axis
    """
    return {
        "title": title,
        "labels": labels,
        "series": series,
        "note": note,
        "empty": empty,
        "percents": percents,
        "stacked": stacked,
        "start": start,
        "marks": marks or [],
    }


def row(label: str, kind: str, points: list[Point]) -> dict:
    """Return one row of numbers.

    :param kind: "bar", "line", "interval" (of the line before it); of what is compared with, "before" (bars) or "limit"
    """
    return {
        "label": label,
        "kind": kind,
        "values": [value for value, _text, _opens in points],
        "texts": [text for _value, text, _opens in points],
        "open": [opens for _value, _text, opens in points],
    }


def opens(model: str, name: str, domain: Domain) -> Opens:
    """Return the list of records that a click on a number opens."""
    return {"model": model, "name": name, "domain": list(domain)}
