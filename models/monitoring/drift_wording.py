"""What came in and moved, in the words of the people who keep these records."""

import math
from dataclasses import replace
from datetime import timedelta

from odoo import models
from odoo.tools import format_date

from ...ml import (
    drift,
    joint,
    ordinary,
    quality,
)
from ...ml.binning import FIRST
from ...ml.columns import NUMBER
from ...ml.noise import LARGE_FLOOR
from ...ml.profile import CONFIDENCE, PREDICTION, SCORE
from ...ml.tags import yes_code
from ..tools.wording import ReaderWords, number, percent


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _column_label(self, version, name):
        fixed = {
            SCORE: self.env._("The score"),
            PREDICTION: self.env._("The verdict"),
            CONFIDENCE: self.env._("How sure the scores are"),
            quality.ROWS: self.env._("Records"),
            joint.PAIRS: self.env._("Inputs together"),
        }
        return fixed[name] if name in fixed else version._specs()[name]["name"]

    def _movement_text(self, result, version, bins):
        """One result as a sentence."""
        text = self._text_of_span(result, version, bins)
        if result.weeks == 1:
            return text
        return self.env._("%(what)s, over the last %(weeks)s weeks", what=text, weeks=result.weeks)

    def _text_of_span(self, result, version, bins):
        if result.name == quality.ROWS:
            return self._rows_movement_text(result)
        if result.test in ("missing", "unseen", quality.RANGE):
            return self._share_movement_text(result, version)
        if result.parts:
            return self._tags_movement_text(result, version, bins)
        label, words = self._column_label(version, result.name), self.env[self.res_model]._ai_words()
        names = version._level_names_cached().get(result.name)
        if result.name == PREDICTION:
            names = {"yes": words["positive"], "no": words["negative"]}
        texts = [
            (
                self._bin_text(version, result.name, bins[result.name], code, names),
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
        return f"{label}: {moved}" if moved else label

    def _blind_spot(self, windows, window, results, noise, is_like):
        """What a report cannot see, and since when, as sentences; empty where it sees everything."""
        if window.rows < ordinary.MIN_PART_ROWS:
            return self._too_few_text(windows, window)
        say, version, sentences = self.env._, windows.version, []
        if windows.weeks > 1:
            sentences.append(
                say(
                    "The %(weeks)s weeks from %(start)s on are judged together, the number of records by the last one.",
                    weeks=windows.weeks,
                    start=format_date(self.env, windows.start),
                )
            )
        shapes = [result for result in results if result.test == drift.SHAPE]
        blind = [self._column_label(version, result.name) for result in shapes if result.cannot_ring]
        if blind:
            sentences.append(
                say(
                    "%(inputs)s: the weeks compared with differ so much from each other that no move can ring.",
                    inputs=", ".join(blind),
                )
            )
        noisy = [
            self._column_label(version, result.name)
            for result in shapes
            if result.floor > LARGE_FLOOR and not result.cannot_ring
        ]
        if noisy:
            sentences.append(
                say(
                    "%(inputs)s: the weeks compared with differ much from each other, so only large moves can ring.",
                    inputs=", ".join(noisy),
                )
            )
        if (noisy or blind) and not is_like:
            sentences.append(
                say(
                    "If it is a monthly rhythm: weeks of the month are told apart once three months have been scored "
                    "and are adopted as reference."
                )
            )
        if not noise.is_known:
            sentences.append(
                say(
                    "How much ordinary weeks differ is not known: the records compared with are of fewer than %s "
                    "weeks. Until a reference is adopted, an ordinary week may ring.",
                    ordinary.MIN_PARTS,
                )
            )
        return " ".join(sentences)

    def _too_few_text(self, windows, window):
        """Since when there are too few records to judge, and until when at this pace."""
        needed, days = ordinary.MIN_PART_ROWS, max((windows.end - windows.start).days, 1)
        text = self.env._(
            "Since %(start)s %(rows)s %(records)s have come in; inputs and score are judged from %(needed)s on. Until "
            "then only the number of records is watched.",
            start=format_date(self.env, windows.start),
            rows=window.rows,
            needed=needed,
            records=self.env[self.res_model]._ai_words()["records"],
        )
        if not window.rows:
            return text
        due = windows.start + timedelta(days=math.ceil(days * needed / window.rows))
        pace = self.env._("At this pace that is about %s.", format_date(self.env, due))
        return f"{text} {pace}"

    def _pairs_text(self, found, version, bins):
        """Which two inputs no longer belong together as they did, and where it shows."""
        if not found.names:
            return self.env._(
                "Whether inputs still belong together is judged once eight weeks have been scored after the first."
            )
        tags, levels = version._card().tags, version._level_names_cached()
        said = []
        for name, codes in zip(found.names, found.codes, strict=True):
            key = tags[name][0] if name in tags else name
            known = [code for code in codes if code >= FIRST] or list(codes)
            text = self._bin_text(version, name, bins[name], known[0], levels.get(key))
            if len(known) > 1 and bins[name].kind == NUMBER:
                text = bins[name].span(known[0], known[-1], ReaderWords(self.env, version._specs()).of(key))
            said += [self._column_label(version, key), text]
        return self.env._(
            "%(one)s and %(two)s no longer belong together as before: “%(value)s” with “%(other)s” on %(now)s of "
            "%(records)s, %(before)s expected",
            one=said[0],
            two=said[2],
            value=said[1],
            other=said[3],
            now=percent(self.env, found.found),
            before=percent(self.env, found.expected),
            records=self.env[self.res_model]._ai_words()["records"],
        )

    def _tags_movement_text(self, result, version, bins):
        """Which tags of an input are on more or fewer records than before."""
        tags, names, texts = version._card().tags, version._level_names_cached().get(result.name) or {}, []
        for part in result.parts:
            if part.name not in tags:  # how many other tags there are
                whole = replace(part, parts=())
                texts.append(self._text_of_span(whole, version, bins).partition(": ")[2])
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
        return f"{self._column_label(version, result.name)}: {'; '.join(filter(None, texts))}"

    def _share_movement_text(self, result, version):
        sentence = {
            "missing": self.env._("%(input)s is empty on %(now)s of %(records)s, %(before)s before"),
            "unseen": self.env._(
                "%(input)s has a value never seen before on %(now)s of %(records)s, %(before)s before"
            ),
            quality.RANGE: self.env._(
                "%(input)s is beyond all earlier values on %(now)s of %(records)s, %(before)s before"
            ),
        }[result.test]
        return sentence % {
            "input": self._column_label(version, result.name),
            "records": self.env[self.res_model]._ai_words()["records"],
            "now": percent(self.env, result.window_share or 0.0),
            "before": percent(self.env, result.reference_share or 0.0),
        }

    def _rows_movement_text(self, result):
        records, before, now = self.env[self.res_model]._ai_words()["records"], result.reference_share, result.statistic
        if result.test == quality.VOLUME:
            return self.env._(
                "%(now)s %(records)s came in the last week, about %(before)s in those before",
                now=number(self.env, now),
                before=number(self.env, before),
                records=records,
            )
        if result.test == quality.REVIEW:
            return self.env._(
                "%(now)s of %(records)s went to a person, %(before)s in the weeks before",
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
            "%(now)s of %(records)s were older than a week when they were scored first, %(before)s before",
            now=percent(self.env, now),
            before=percent(self.env, before),
            records=records,
        )

    def _alert_text(self, line, onset):
        """What an owner reads: what moved, since when, and what the records in question have in common."""
        text = self.env._("%(what)s (since %(date)s)", what=line.text, date=format_date(self.env, onset))
        common = line._common_text()
        return f"{text}. {common}" if common else text

    def _suggestion(self, line):
        """What to do about a line, in one sentence."""
        say = self.env._
        if line._is_filled():
            return say("Ask what fills it now: an enrichment, a form, an import. If it stays, train again later.")
        return {
            "missing": say("Look for a form, an import or an integration that stopped filling this field."),
            "unseen": say("Check whether the new values are right. If they stay, train again once outcomes are known."),
            joint.JOINT: say(
                "Look for a mapping that mixes rows up, and for one source whose values are in another unit."
            ),
            quality.RANGE: say("Check units, currency and decimal places where these values come from."),
            quality.CONSTANT: say("Look for a default, a form or an import that fills in the same value everywhere."),
            quality.FAILED: say("Open the records: an input that has to be there is missing, or cannot be read."),
            quality.LATE: say("Look for an import of old records, or for a scheduled action that stood still."),
            quality.REVIEW: say("Look at “To a Person”, and at the inputs that moved: reviewers have other work now."),
            quality.VOLUME: say("Check whether records still arrive: the website form, the e-mail alias, the import."),
        }.get(line.test) or say("Ask whether the business changed. If it did, train again once outcomes are known.")

    def _bin_text(self, version, name, bins, code, names):
        """A bin in words; those of the score are shares, shown as per cent as everywhere on screen."""
        if name not in (SCORE, CONFIDENCE) or not FIRST <= code < bins.size:
            return bins.label(code, names, ReaderWords(self.env, version._specs()).of(name))
        low, high = bins.bounds(code)
        return self.env._("%(low)s to %(high)s", low=number(self.env, 100 * low), high=percent(self.env, high))
