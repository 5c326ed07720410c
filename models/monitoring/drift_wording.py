"""Texts about input drift, in the words of the people who keep these records."""

import math
from dataclasses import replace
from datetime import date, timedelta

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import format_date

from ...ml import (
    drift,
    joint,
    ordinary,
    quality,
)
from ...ml.binning import FIRST, CategoryBins, NumericBins
from ...ml.drift import DriftResult
from ...ml.noise import LARGE_FLOOR, Noise
from ...ml.profile import CONFIDENCE, PREDICTION, SCORE, Profile
from ...ml.tags import yes_code
from ..tools.told import said_in
from ..tools.wording import ReaderWords, labelled, number, percent
from .drift_windows import DriftWindows
from .report_records import ReportRecords

Bins = dict[str, NumericBins | CategoryBins]


def column_names(env: Environment, version: BaseModel) -> dict[str, str]:
    """Return the names of what a report about `version` watches in the language of `env`: {key: name}."""
    return {
        **version.with_env(env)._input_names(),
        SCORE: env._("The score"),
        PREDICTION: env._("The prediction"),
        CONFIDENCE: env._("Confidence of the scores"),
        quality.ROWS: env._("Records"),
        joint.PAIRS: env._("Input combinations"),
    }


class DriftWording:
    """Texts of one deployment about the intake of one version, in the language of its environment.

    :param deployment: `ai.deployment`
    :param version: `ai.deployment.version`
    """

    def __init__(self, deployment: BaseModel, version: BaseModel) -> None:
        self.deployment, self.version = deployment, version
        self.env = deployment.env

    @property
    def words(self) -> dict[str, str]:
        """The words for the scored records, such as {"records": "leads"}."""
        return self.env[self.deployment.res_model]._ai_words()

    def column_label(self, name: str) -> str:
        """Return what an input, or another row of a report, is called."""
        return column_names(self.env, self.version)[name]

    def movement(self, result: DriftResult, bins: Bins) -> str:
        """Return one result as a sentence."""
        text = self._of_span(result, bins)
        if result.weeks == 1:
            return text
        return self.env._("%(what)s, over the last %(weeks)s weeks", what=text, weeks=result.weeks)

    def _of_span(self, result: DriftResult, bins: Bins) -> str:
        if result.name == quality.ROWS:
            return self._rows_movement(result)
        if result.test in ("missing", "unseen", quality.RANGE):
            return self._share_movement(result)
        if result.parts:
            return self._tags_movement(result, bins)
        label, words = self.column_label(result.name), self.words
        names = self.version._level_names_cached().get(result.name)
        if result.name == PREDICTION:
            names = {"yes": words["positive"], "no": words["negative"]}
        texts = [
            (
                self._bin(result.name, bins[result.name], code, names),
                percent(self.env, before),
                percent(self.env, now),
            )
            for code, before, now in result.moved
        ]
        if result.test == quality.CONSTANT and texts:
            return self.env._(
                "%(input)s is “%(bin)s” on all %(records)s, on %(before)s before",
                input=label,
                bin=texts[0][0],
                records=words["records"],
                before=texts[0][1],
            )
        moved = "; ".join(
            self.env._("“%(bin)s” %(now)s, %(before)s before", bin=text, now=now, before=before)
            for text, before, now in texts
        )
        return labelled(self.env, label, moved) if moved else label

    def summary(self, window: Profile, lines: list[dict], needed: int) -> str:
        """Return what a report found in one sentence; `needed`: records under which a window has no verdict."""
        moved = ", ".join(dict.fromkeys(said_in(self.env, line["label"]) for line in lines if line["exceeded"]))
        if window.rows < needed:
            text = self.env._(
                "Not enough data yet: %(rows)s of %(needed)s records.",
                rows=number(self.env, window.rows),
                needed=needed,
            )
            return f"{text} {moved}" if moved else text
        return self.env._("Drifted: %s", moved) if moved else self.env._("Unchanged.")

    def blind_spot(
        self, windows: DriftWindows, window: Profile, results: list[DriftResult], noise: Noise, is_like: bool
    ) -> str:
        """Return what a report cannot see, and since when, as sentences; empty where it sees everything."""
        if window.rows < ordinary.MIN_PART_ROWS:
            return self._too_few(windows, window)
        sentences: list[str] = []
        if windows.weeks > 1:
            sentences.append(
                self.env._(
                    "The %(weeks)s weeks from %(start)s on are judged together, the number of records by the last one.",
                    weeks=windows.weeks,
                    start=format_date(self.env, windows.start),
                )
            )
        shapes = [result for result in results if result.test == drift.SHAPE]
        blind = [self.column_label(result.name) for result in shapes if result.cannot_ring]
        if blind:
            sentences.append(
                self.env._(
                    "%(inputs)s: the reference weeks differ so much from each other that no change can raise an alert.",
                    inputs=", ".join(blind),
                )
            )
        noisy = [
            self.column_label(result.name) for result in shapes if result.floor > LARGE_FLOOR and not result.cannot_ring
        ]
        if noisy:
            sentences.append(
                self.env._(
                    "%(inputs)s: the reference weeks differ much from each other, so only large changes raise "
                    "an alert.",
                    inputs=", ".join(noisy),
                )
            )
        if (noisy or blind) and not is_like:
            sentences.append(
                self.env._(
                    "Monthly patterns are recognised once three months have been scored and are adopted as reference."
                )
            )
        if not noise.is_known:
            sentences.append(
                self.env._(
                    "The variation between ordinary weeks is unknown: the reference has fewer than %s weeks. "
                    "Until a new reference is adopted, an ordinary week may raise an alert.",
                    ordinary.MIN_PARTS,
                )
            )
        return " ".join(sentences)

    def _too_few(self, windows: DriftWindows, window: Profile) -> str:
        """Return since when there are too few records to judge, and until when at this pace."""
        needed, days = ordinary.MIN_PART_ROWS, max((windows.end - windows.start).days, 1)
        text = self.env._(
            "Since %(start)s, %(rows)s %(records)s have been created; inputs and score are tested from "
            "%(needed)s on. Until then, only the number of records is monitored.",
            start=format_date(self.env, windows.start),
            rows=number(self.env, window.rows),
            needed=needed,
            records=self.words["records"],
        )
        if not window.rows:
            return text
        due = windows.start + timedelta(days=math.ceil(days * needed / window.rows))
        pace = self.env._("At the current rate there will be enough by %s.", format_date(self.env, due))
        return f"{text} {pace}"

    def pairs(self, found: joint.JointResult, bins: Bins) -> str:
        """Return which two inputs no longer belong together as they did, and where it shows."""
        if not found.names:
            return self.env._("Relations between inputs are tested once eight weeks have been scored after the first.")
        tags, levels = self.version._card().tags, self.version._level_names_cached()
        labels, said = [], []
        for name, codes in zip(found.names, found.codes, strict=True):
            key = tags[name][0] if name in tags else name
            known = [code for code in codes if code >= FIRST] or list(codes)
            text = self._bin(name, bins[name], known[0], levels.get(key))
            column = bins[name]
            if len(known) > 1 and isinstance(column, NumericBins):
                text = column.span(known[0], known[-1], ReaderWords(self.env, self.version._specs()).of(key))
            labels.append(self.column_label(key))
            said.append(text)
        one, two = labels
        value, other = said
        return self.env._(
            "The relation of %(one)s and %(two)s has changed: “%(value)s” with “%(other)s” on %(now)s of "
            "%(records)s, %(before)s expected",
            one=one,
            two=two,
            value=value,
            other=other,
            now=percent(self.env, found.found),
            before=percent(self.env, found.expected),
            records=self.words["records"],
        )

    def _tags_movement(self, result: DriftResult, bins: Bins) -> str:
        """Return which tags of an input are on more or fewer records than before."""
        tags, names, texts = self.version._card().tags, self.version._level_names_cached().get(result.name) or {}, []
        for part in result.parts:
            if part.name not in tags:  # how many other tags there are
                whole = replace(part, parts=())
                texts.append(self._of_span(whole, bins).partition(": ")[2])
                continue
            tag, yes = tags[part.name][1], yes_code(bins[part.name])
            before, now = next(
                ((before, now) for code, before, now in part.moved if code == yes),
                (part.reference_share or 0.0, part.window_share or 0.0),
            )
            if part.test == quality.CONSTANT and yes not in part.codes:
                before, now = 1 - before, 0.0
            texts.append(
                self.env._(
                    "“%(tag)s” on %(now)s, %(before)s before",
                    tag=names.get(tag, tag),
                    now=percent(self.env, now),
                    before=percent(self.env, before),
                )
            )
        return labelled(self.env, self.column_label(result.name), "; ".join(filter(None, texts)))

    def _share_movement(self, result: DriftResult) -> str:
        sentence = {
            "missing": self.env._("%(input)s is empty on %(now)s of %(records)s, %(before)s before"),
            "unseen": self.env._(
                "%(input)s has a value never seen before on %(now)s of %(records)s, %(before)s before"
            ),
            quality.RANGE: self.env._(
                "%(input)s is outside its former range on %(now)s of %(records)s, %(before)s before"
            ),
        }[result.test]
        return sentence % {
            "input": self.column_label(result.name),
            "records": self.words["records"],
            "now": percent(self.env, result.window_share or 0.0),
            "before": percent(self.env, result.reference_share or 0.0),
        }

    def _rows_movement(self, result: DriftResult) -> str:
        records, before, now = self.words["records"], result.reference_share, result.statistic
        if result.test == quality.VOLUME:
            return self.env._(
                "%(now)s %(records)s were created last week, about %(before)s in earlier weeks",
                now=number(self.env, now),
                before=number(self.env, before),
                records=records,
            )
        if result.test == quality.REVIEW:
            return self.env._(
                "%(now)s of %(records)s were sent to human review, %(before)s in earlier weeks",
                now=percent(self.env, now),
                before=percent(self.env, before),
                records=records,
            )
        if result.test == quality.FAILED:
            return self.env._(
                "%(now)s of %(records)s could not be scored, %(before)s before",
                now=percent(self.env, now),
                before=percent(self.env, before),
                records=records,
            )
        return self.env._(
            "%(now)s of %(records)s were first scored more than a week after creation, %(before)s before",
            now=percent(self.env, now),
            before=percent(self.env, before),
            records=records,
        )

    def alert(self, line: BaseModel, onset: date) -> str:
        """Return the name of an alert: what moved, since when, and what the records in question have in common."""
        text = self.env._("%(what)s (since %(date)s)", what=line.text, date=format_date(self.env, onset))
        common = ReportRecords(line).common_text()
        return f"{text}. {common}" if common else text

    def suggestion(self, line: BaseModel) -> str:
        """Return what to do about a line, in one sentence."""
        if line._is_filled():
            return self.env._(
                "Check its new source: an enrichment, a form, an import. If it is permanent, retrain later."
            )
        return {
            "missing": self.env._("Check the forms, imports and integrations that fill this field."),
            "unseen": self.env._(
                "Check whether the new values are correct. If they are permanent, retrain once outcomes are known."
            ),
            joint.JOINT: self.env._(
                "Check for a mapping that mixes rows up, and for a source with values in another unit."
            ),
            quality.RANGE: self.env._("Check units, currency and decimal places at the source of these values."),
            quality.CONSTANT: self.env._(
                "Check for a default, a form or an import that fills in the same value everywhere."
            ),
            quality.FAILED: self.env._("Open the records: a required input is missing or cannot be read."),
            quality.LATE: self.env._("Check for an import of old records, or a scheduled action that stopped."),
            quality.REVIEW: self.env._(
                "Check “Human Review” and the inputs that drifted: the workload of reviewers has changed."
            ),
            quality.VOLUME: self.env._("Check that records still arrive: website form, e-mail alias, import."),
        }.get(line.test) or self.env._("Check whether the business changed. If so, retrain once outcomes are known.")

    def _bin(self, name: str, bins: NumericBins | CategoryBins, code: int, names: dict | None) -> str:
        """Return a bin in words; those of the score are shares, shown as per cent as everywhere on screen."""
        if name not in (SCORE, CONFIDENCE) or not isinstance(bins, NumericBins) or not FIRST <= code < bins.size:
            return bins.label(code, names, ReaderWords(self.env, self.version._specs()).of(name))
        low, high = bins.bounds(code)
        return self.env._("%(low)s to %(high)s", low=number(self.env, 100 * low), high=percent(self.env, high))
