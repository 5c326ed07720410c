"""Numbers and bins in the language of who reads them: the one place where they become text.

A number is written when the language is known, never before: `5.603` is five and a half to one reader and five
thousand six hundred to another.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import babel.dates

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools.misc import babel_locale_parse, format_amount, format_date, formatLang, get_lang

from ...ml.words import Words

MOST_DECIMALS = 12  # of a number in a text
DAYS, TIMES, SHARE, SPREADS = "days", "times", "share", "spreads"
# Of the measures of a history, and of a course.
UNITS = {
    "days_since": DAYS,
    "ratio": TIMES,
    "ratio_max": TIMES,
    "share": SHARE,  # a number from 0 to 1, which people read in per cent
    "deviation": SPREADS,
    "age": DAYS,
    "stage_days": DAYS,
    "waiting_days": DAYS,
}


def for_reader(deployment: BaseModel) -> BaseModel:
    """Return `deployment` in the language of the person who is notified of it.

    What a sentence says is stored once, mostly by a cron: in the language of whoever answers for the deployment, not of
    whoever happened to be there.
    """
    return deployment.with_context(lang=deployment._person_to_tell().lang or deployment.env.lang)


def number(env: Environment, value: Any, digits: int = 0, grouping: bool = True) -> str:
    """A number with so many decimals, grouped as the reader is used to."""
    return formatLang(env, value, digits=digits, grouping=grouping)


def days_text(env: Environment, count: int) -> str:
    """A number of days: "1 day", "60 days"."""
    return with_days(env, number(env, count), count == 1)


def with_days(env: Environment, text: str, is_one: bool) -> str:
    """A text that ends in a number, with the word for days behind it."""
    return env._("%s day", text) if is_one else env._("%s days", text)


def signed(env: Environment, value: float, digits: int = 2) -> str:
    """Points and differences: always with their sign, unless nothing is left of them in so many digits."""
    written = number(env, abs(value), digits)
    if not round(value, digits):
        return written
    return f"-{written}" if value < 0 else f"+{written}"


def short_day(env: Environment, day: date) -> str:
    """A day without its year, in as few signs as the reader writes it with: "Sep 29", "29. Sept."."""
    return babel.dates.format_skeleton("MMMd", day, locale=babel_locale_parse(get_lang(env).code))


def labelled(env: Environment, name: str, value: str) -> str:
    """A name and what it is or does, with the reader's colon."""
    return env._("%(name)s: %(value)s", name=name, value=value)


def percent(env: Environment, share: Any, digits: int = 0, trimmed: bool = False) -> str:
    """A share from 0 to 1 in per cent; `trimmed` leaves out decimals that are 0."""
    value = 100 * share
    return f"{plain(env, round(value, digits)) if trimmed else number(env, value, digits)} %"


def day_list(env: Environment, days: Sequence[date], most: int = 4) -> str:
    """Return the latest `most` of `days`, and how many there are before: "1 May, 8 May (2 more before)"."""
    text = ", ".join(format_date(env, day) for day in days[-most:])
    return env._("%(days)s (%(more)s more before)", days=text, more=len(days) - most) if len(days) > most else text


def quoted(env: Environment, names: Iterable[str]) -> str:
    """Return `names` in the quotes of the reader's language, separated by commas."""
    return ", ".join(env._("“%s”", name) for name in names)


def plain(env: Environment, value: float) -> str:
    """A number with the decimals that it has, at most six digits after the first; very large and small ones as powers.

    Digits are chosen as in `ml.words`, only separators are the reader's.
    """
    value = float(value)
    if not math.isfinite(value):
        return str(value)
    text = Words().number(value)
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{plain(env, float(mantissa))}e{exponent}"
    decimals = len(text.partition(".")[2])
    return formatLang(env, value, digits=min(decimals, MOST_DECIMALS))


def about(env: Environment, value: float) -> str:
    """A number in two digits, or all before the point: what one says after "about"."""
    if not value or not math.isfinite(value):
        return plain(env, value)
    return plain(env, round(value, max(1 - math.floor(math.log10(abs(value))), 0)))


def rough_money(env: Environment, amount: float, currency: BaseModel) -> str:
    """An amount in three digits, as one says after "usually"; below 10 with its decimals."""
    if abs(amount) < 10:
        return format_amount(env, amount, currency)
    digits = 3 - len(str(int(abs(amount))))
    return format_amount(env, round(amount, min(digits, 0)), currency, trailing_zeroes=False)


class ReaderWords(Words):
    """Texts about bins in the language of `env`.

    :param specs: {key: declaration} of inputs, whose units are written behind their numbers
    """

    def __init__(self, env: Environment, specs: dict | None = None, unit: str = ""):
        self.env, self.specs, self.unit = env, specs or {}, unit

    def of(self, name: str) -> "ReaderWords":
        """The words for one input."""
        unit = unit_of(self.specs.get(name) or {})
        return type(self)(self.env, unit=unit) if unit else self

    @property
    def missing(self) -> str:
        return self.env._("missing")

    @property
    def never_seen(self) -> str:
        return self.env._("never seen before")

    @property
    def other(self) -> str:
        return self.env._("other")

    @property
    def none(self) -> str:
        return self.env._("none")

    def number(self, number: float) -> str:
        # Lists show the same few cuts on every line, and to write one takes longer than to look it up.
        known = self.env.cr.cache.setdefault("ai_deployment_cuts", {})
        if self.unit == SHARE:
            number = round(100 * number, 10)
        key = (self.env.lang, self.env.uid, number)
        if key not in known:
            known[key] = plain(self.env, number)
        return known[key]

    def single(self, number: str) -> str:
        return self._with_unit(number, number)

    def under(self, number: str) -> str:
        return self._with_unit(self.env._("under %s", number), number)

    def over(self, number: str) -> str:
        return self._with_unit(self.env._("over %s", number), number)

    def span(self, low: str, high: str) -> str:
        return self._with_unit(self.env._("%(low)s to %(high)s", low=low, high=high), high)

    def _with_unit(self, text: str, last: str) -> str:
        """Return `text` with its unit behind `last`, the number that it ends in."""
        if self.unit == DAYS:
            return with_days(self.env, text, last == "1")
        if self.unit == TIMES:
            return self.env._("%s time", text) if last == "1" else self.env._("%s times", text)
        if self.unit == SPREADS:
            return self.env._("%s times the usual spread", text)
        return f"{text} %" if self.unit == SHARE else text

    def and_other(self, label: str) -> str:
        return self.env._("%s and other", label)

    def more(self, count: int) -> str:
        return self.env._("… %s others", number(self.env, count))

    def others(self, count: int | None) -> str:
        if count is None:
            return self.env._("several others")
        if count == 1:
            return self.env._("1 other")
        return self.env._("%s others", number(self.env, count)) if count else self.env._("no other")

    def without(self, name: str) -> str:
        return self.env._("not %s", name)

    def none_of(self) -> str:
        return self.env._("at first")


class RoundedWords(ReaderWords):
    """The same with two digits, or all before the point: what a sentence needs of a number."""

    def number(self, number: float) -> str:
        if number and math.isfinite(number):
            number = round(number, max(1 - math.floor(math.log10(abs(number))), 0))
        return super().number(number)


def unit_of(spec: dict) -> str:
    """Return the unit of the numbers of a declared input, or an empty string."""
    if not spec:
        return ""
    if spec["source"] == "age":
        return DAYS
    return UNITS.get(spec["measure"], "") if spec["source"] in ("history", "course") else ""
