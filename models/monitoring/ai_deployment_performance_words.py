"""What came true against what was said, in words for people."""

import math
from datetime import timedelta

from odoo import models
from odoo.tools import format_date

from ...ml import outcomes
from ..tools.wording import number, percent

MOST_DAYS_AHEAD = 365 * 3  # a day further away is no promise
# A figure that was not tested proves nothing: 1, not the 0 that an empty float reads as.
UNTESTED = {"threshold": 0.0, "p_value": 1.0, "adjusted_p": 1.0, "exceeded": False, "verdict": "quiet"}


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _outcome_values(self, result, values, ordered):
        """A figure as a line of the report, with its sentence; `ordered`: outcomes of the rows judged for order."""
        label, text = self._outcome_text(result, values, ordered)
        return {
            "key": result.name,
            "label": label,
            "test": result.test,
            "statistic": result.statistic,  # None where there is no answer: no 0
            "low": result.low,
            "high": result.high,
            "threshold": result.threshold or 0.0,
            # a figure that was not tested proves nothing: 1, not the 0 that an empty float reads as
            "p_value": 1.0 if result.p_value is None else result.p_value,
            "adjusted_p": 1.0 if result.adjusted_p is None else result.adjusted_p,
            "exceeded": result.exceeded,
            "verdict": result.verdict,
            "text": text,
        }

    def _outcome_text(self, result, values, ordered):
        """(what the figure is called, what it says) for people."""
        words, say = self.env[self.res_model]._ai_words(), self.env._
        label = {
            "win_rate": say("Share of %s", words["positives"]),
            "in_the_large": say("Chance said, on average"),
            "slope": say("How far apart"),
            "auc": say("Order"),
            "average_precision": say("Precision of the top"),
            "precision_at_capacity": say("Precision of what can be looked at"),
            "brier": say("Distance from the truth (Brier)"),
            "brier_skill": say("Better than the base rate"),
            "error_automatic": say("Wrong without a person"),
        }[result.name]
        if result.statistic is None:
            return label, say(
                "Cannot judge yet: of %(rows)s outcomes %(wins)s are %(positives)s, and %(least)s of either kind are "
                "needed",
                rows=len(ordered),
                wins=sum(ordered),
                positives=words["positives"],
                least=outcomes.MIN_CLASS,
            )
        text_of = getattr(self, f"_text_of_{result.name}", None)
        if text_of:
            return label, text_of(result, values, words)
        return label, number(self.env, result.statistic, 3) if result.name == "brier" else percent(
            self.env, result.statistic
        )

    def _text_of_win_rate(self, result, _values, words):
        text = self.env._(
            "%(now)s %(positives)s among %(records)s",
            now=percent(self.env, result.statistic),
            positives=words["positives"],
            records=words["records"],
        )
        if result.threshold is None:
            return text
        return self.env._("%(text)s, %(before)s before", text=text, before=percent(self.env, result.threshold))

    def _text_of_in_the_large(self, result, values, words):
        said = sum(values) / len(values)
        came_true = max(said + result.statistic, 0.0)
        return self.env._(
            "The scores said %(said)s %(positives)s on average, %(true)s came true",
            said=percent(self.env, said),
            positives=words["positives"],
            true=percent(self.env, came_true),
        )

    def _text_of_slope(self, result, _values, _words):
        if not result.exceeded:
            return self.env._("Scores are as far apart as what came true")
        if result.statistic < 1:
            return self.env._("High scores are too high and low ones too low")
        return self.env._("High scores are too low and low ones too high")

    def _text_of_auc(self, result, _values, words):
        text = self.env._(
            "Of two %(records)s, the one that came true had the higher score in %(now)s of cases (%(low)s to %(high)s)",
            records=words["records"],
            now=percent(self.env, result.statistic),
            low=percent(self.env, result.low),
            high=percent(self.env, result.high),
        )
        if result.threshold is None:
            return text
        if result.test == outcomes.PROPOSED:
            return self.env._(
                "%(text)s; expected from its test: at least %(floor)s",
                text=text,
                floor=percent(self.env, result.threshold),
            )
        return self.env._("%(text)s; asked for: %(floor)s", text=text, floor=percent(self.env, result.threshold))

    def _text_of_error_automatic(self, result, _values, _words):
        text = self.env._(
            "%(now)s of what was settled without a person was wrong (%(low)s to %(high)s)",
            now=percent(self.env, result.statistic),
            low=percent(self.env, result.low),
            high=percent(self.env, result.high),
        )
        if result.threshold is None:
            return text
        return self.env._(
            "%(text)s; promised: at most %(target)s", text=text, target=percent(self.env, result.threshold)
        )

    def _text_of_brier_skill(self, result, _values, words):
        share = percent(self.env, abs(result.statistic))
        if result.statistic < 0:
            return self.env._(
                "The scores are %(share)s further from the truth than the plain share of %(positives)s would be",
                share=share,
                positives=words["positives"],
            )
        return self.env._(
            "The scores are %(share)s closer to the truth than the plain share of %(positives)s would be",
            share=share,
            positives=words["positives"],
        )

    # What cannot be judged

    def _not_judged_text(self, values, start, end):
        """What is missing until a cohort can be judged, since when it is counted, and when it may be enough."""
        say, words, rows = self.env._, self.env[self.res_model]._ai_words(), len(values)
        since = format_date(self.env, start)
        if not rows:
            return say(
                "Cannot judge yet: no outcome is due of %(records)s scored since %(day)s.",
                records=words["records"],
                day=since,
            )
        said = float(sum(values))
        text = say(
            "Cannot judge yet: outcomes are due of %(rows)s of %(all)s %(records)s, counted since %(day)s; the scores "
            "said %(said)s %(positives)s among them, and %(least)s of either kind are needed.",
            rows=rows,
            all=outcomes.MIN_ROWS,
            records=words["records"],
            day=since,
            said=number(self.env, said),
            positives=words["positives"],
            least=outcomes.MIN_CLASS,
        )
        missing = max(outcomes.MIN_ROWS / rows, *(outcomes.MIN_CLASS / max(side, 0.1) for side in (said, rows - said)))
        days = missing * (end - start).days + self.horizon_days
        if days > MOST_DAYS_AHEAD:
            return text
        return say(
            "%(text)s At this pace they are due about %(day)s.",
            text=text,
            day=format_date(self.env, start + timedelta(days=math.ceil(days))),
        )

    def _entered_together_text(self, together):
        """That wins came in one import, after the days that an outcome has; empty where they did not."""
        if not together:
            return ""
        words = self.env[self.res_model]._ai_words()
        text = self.env._(
            "%(count)s %(positives)s were entered together on %(day)s, later than the %(days)s days that an outcome "
            "has.",
            count=together.wins,
            positives=words["positives"],
            day=format_date(self.env, together.day),
            days=self.horizon_days,
        )
        if not together.unknown:
            return text
        return self.env._(
            "%(text)s What had come of %(unknown)s %(records)s in time is not known, so they are left out.",
            text=text,
            unknown=len(together.unknown),
            records=words["records"],
        )

    # Alerts

    def _performance_alert_text(self, line, onset, exceeded):
        """What an owner reads: what is wrong, what else follows from it, since when."""
        text = line.text
        if line.key in ("in_the_large", "slope") and "brier_skill" in exceeded:
            text = f"{text}. {exceeded['brier_skill'].text}"
        return self.env._("%(what)s (came in since %(date)s)", what=text, date=format_date(self.env, onset))

    def _performance_suggestion(self, line, report):
        say, words = self.env._, self.env[self.res_model]._ai_words()
        if line.key in ("in_the_large", "win_rate", "watch:calibration") and self._has_no_win(report):
            return self._no_win_suggestion(words)
        if line.test == "proposed" and line.key == "auc":
            return say(
                "Set “%(field)s” to %(floor)s, or to what you can live with. Then train again with the outcomes that "
                "are known now, and compare.",
                field=self._fields["floor_auc"].get_description(self.env, ["string"])["string"],
                floor=percent(self.env, line.threshold),
            )
        if line.key == "brier_skill":
            return say(
                "Until a better version serves, the plain share of %(positives)s says more than these scores: train "
                "again, or let an earlier version serve.",
                positives=words["positives"],
            )
        return say("Train again with the outcomes that are known now, and compare.")

    def _has_no_win(self, report):
        return any(line.key == "win_rate" and line.statistic == 0 for line in report.line_ids)

    def _no_win_suggestion(self, words):
        """Where to look when no win comes any more: at the business, or at how wins are entered."""
        say = self.env._
        won, lost = self.env[self.res_model]._ai_outcomes(self).latest_ends()
        if not won:
            return say("Ask whether %s are entered at all, and where.", words["positives"])
        day = format_date(self.env, won)
        if not lost or lost <= won:
            return say(
                "The latest %(records)s ended on %(day)s, with a win or without. Ask whether outcomes are entered "
                "elsewhere, or come later in an import.",
                records=words["records"],
                day=day,
            )
        return say(
            "The latest of all %(positives)s is of %(day)s, while other %(records)s still end. If the business did not "
            "change, look at how they are marked: a stage that was renamed, replaced, or does not count any more.",
            positives=words["positives"],
            records=words["records"],
            day=day,
        )
