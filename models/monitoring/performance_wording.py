"""Texts about performance: what came true against what was said, in the words of the people who keep these records."""

import math
from collections.abc import Callable
from datetime import date, timedelta

from odoo.models import BaseModel
from odoo.tools import format_date
from odoo.tools.misc import formatLang

from ...ml import outcomes
from ...ml.outcomes import OutcomeResult, Together
from ..tools.told import Told, told
from ..tools.wording import days_text, number, percent

MOST_DAYS_AHEAD = 365 * 3  # a day further away is no promise
# A figure that was not tested proves nothing: 1, not the 0 that an empty float reads as.
# Lines whose alert begins with how far the scores are worse than the base rate, where they are.
SAY_LITTLE_ALONE = {key for group in outcomes.ONE_CAUSE for key in group} - {"brier_skill"}
UNTESTED = {"threshold": 0.0, "p_value": 1.0, "adjusted_p": 1.0, "exceeded": False, "verdict": "quiet"}


class PerformanceWording:
    """Texts of one deployment about outcomes, in the language of its environment.

    :param deployment: `ai.deployment`, in sudo
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment, self.env = deployment, deployment.env
        self.documents = self.env[deployment.res_model]
        self.words = self.documents._ai_words()

    def told(self, say: Callable[["PerformanceWording"], str]) -> Told:
        """Return what `say` says, in the words of every language."""
        return told(self.env, lambda env: say(PerformanceWording(self.deployment.with_env(env))))

    def line(self, result: OutcomeResult, values: list[float], ordered: tuple[bool, ...]) -> dict:
        """Return a figure as a line of the report, with its sentence.

        :param values: (n,) scores of the cohort
        :param ordered: outcomes of the rows judged for order
        """
        return {
            "key": result.name,
            "label": self.told(lambda there: there._outcome(result, values, ordered)[0]),
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
            "text": self.told(lambda there: there._outcome(result, values, ordered)[1]),
        }

    def _outcome(self, result: OutcomeResult, values: list[float], ordered: tuple[bool, ...]) -> tuple[str, str]:
        """Return (what the figure is called, what it says)."""
        words = self.words
        label = {
            "win_rate": self.env._("Share of %s", words["positives"]),
            "in_the_large": self.env._("Average predicted probability"),
            "slope": self.env._("Calibration slope"),
            "auc": self.env._("Ranking (AUC)"),
            "average_precision": self.env._("Precision of the highest scores"),
            "precision_at_capacity": self.env._("Precision within the review capacity"),
            "brier": self.env._("Prediction error (Brier)"),
            "brier_skill": self.env._("Better than the base rate"),
            "error_automatic": self.env._("Error rate of automatic decisions"),
        }[result.name]
        if result.statistic is None:
            return label, self.env._(
                "Not enough data yet: of %(rows)s outcomes %(wins)s are %(positives)s, and %(least)s of "
                "either kind are needed",
                rows=number(self.env, len(ordered)),
                wins=sum(ordered),
                positives=words["positives"],
                least=outcomes.MIN_CLASS,
            )
        texts: dict[str, Callable[[OutcomeResult, list[float]], str]] = {
            "win_rate": self._win_rate,
            "in_the_large": self._in_the_large,
            "slope": self._slope,
            "auc": self._auc,
            "brier": self._brier,
            "brier_skill": self._brier_skill,
            "error_automatic": self._error_automatic,
        }
        text_of = texts.get(result.name)
        return label, text_of(result, values) if text_of else percent(self.env, result.statistic)

    def _win_rate(self, result: OutcomeResult, _values: list[float]) -> str:
        text = self.env._(
            "%(now)s %(positives)s among %(records)s",
            now=percent(self.env, result.statistic),
            positives=self.words["positives"],
            records=self.words["records"],
        )
        if result.threshold is None:
            return text
        return self.env._("%(text)s, %(before)s before", text=text, before=percent(self.env, result.threshold))

    def _in_the_large(self, result: OutcomeResult, values: list[float]) -> str:
        said = sum(values) / len(values)
        came_true = max(said + (result.statistic or 0.0), 0.0)
        return self.env._(
            "The scores predicted %(said)s %(positives)s on average, %(true)s occurred",
            said=percent(self.env, said),
            positives=self.words["positives"],
            true=percent(self.env, came_true),
        )

    def _slope(self, result: OutcomeResult, _values: list[float]) -> str:
        if not result.exceeded:
            return self.env._("Scores spread as outcomes do")
        if (result.statistic or 0.0) < 1:
            return self.env._("High scores are too high and low scores too low")
        return self.env._("High scores are too low and low scores too high")

    def _auc(self, result: OutcomeResult, _values: list[float]) -> str:
        text = self.env._(
            "Of two %(records)s, the positive one had the higher score in %(now)s of cases (%(low)s to %(high)s)",
            records=self.words["records"],
            now=percent(self.env, result.statistic),
            low=percent(self.env, result.low),
            high=percent(self.env, result.high),
        )
        if result.threshold is None:
            return text
        if result.test == outcomes.PROPOSED:
            return self.env._(
                "%(text)s; expected from the test: at least %(floor)s",
                text=text,
                floor=percent(self.env, result.threshold),
            )
        return self.env._("%(text)s; required: %(floor)s", text=text, floor=percent(self.env, result.threshold))

    def _error_automatic(self, result: OutcomeResult, _values: list[float]) -> str:
        text = self.env._(
            "%(now)s of the automatic decisions were wrong (%(low)s to %(high)s)",
            now=percent(self.env, result.statistic),
            low=percent(self.env, result.low),
            high=percent(self.env, result.high),
        )
        if result.threshold is None:
            return text
        return self.env._(
            "%(text)s; error target: at most %(target)s", text=text, target=percent(self.env, result.threshold)
        )

    def _brier(self, result: OutcomeResult, _values: list[float]) -> str:
        return number(self.env, result.statistic, 3)

    def _brier_skill(self, result: OutcomeResult, _values: list[float]) -> str:
        skill = result.statistic or 0.0
        share = percent(self.env, abs(skill))
        if skill < 0:
            return self.env._(
                "The scores are %(share)s less accurate than the base rate of %(positives)s",
                share=share,
                positives=self.words["positives"],
            )
        return self.env._(
            "The scores are %(share)s more accurate than the base rate of %(positives)s",
            share=share,
            positives=self.words["positives"],
        )

    def not_judged(self, values: list[float], start: date, end: date) -> str:
        """Return what is missing until a cohort can be judged, since when it is counted, and when it may be enough."""
        words, rows = self.words, len(values)
        since = format_date(self.env, start)
        if not rows:
            return self.env._(
                "Not enough data yet: no outcome is due of %(records)s scored since %(day)s.",
                records=words["records"],
                day=since,
            )
        said = float(sum(values))
        text = self.env._(
            "Not enough data yet: outcomes are due of %(rows)s of %(all)s %(records)s, counted since %(day)s; "
            "the scores predicted %(said)s %(positives)s among them, and %(least)s of either kind are needed.",
            rows=number(self.env, rows),
            all=outcomes.MIN_ROWS,
            records=words["records"],
            day=since,
            said=number(self.env, said),
            positives=words["positives"],
            least=outcomes.MIN_CLASS,
        )
        missing = max(outcomes.MIN_ROWS / rows, *(outcomes.MIN_CLASS / max(side, 0.1) for side in (said, rows - said)))
        days = missing * (end - start).days + self.deployment.horizon_days
        if days > MOST_DAYS_AHEAD:
            return text
        return self.env._(
            "%(text)s At the current rate they are due about %(day)s.",
            text=text,
            day=format_date(self.env, start + timedelta(days=math.ceil(days))),
        )

    def entered_together(self, together: Together | None) -> str:
        """Return that wins came in one import, after the days that an outcome has; empty where they did not."""
        if not together:
            return ""
        words = self.words
        text = self.env._(
            "%(count)s %(positives)s were entered together on %(day)s, after the outcome window (%(window)s).",
            count=together.wins,
            positives=words["positives"],
            day=format_date(self.env, together.day),
            window=days_text(self.env, self.deployment.horizon_days),
        )
        if not together.unknown:
            return text
        return self.env._(
            "%(text)s The outcome of %(unknown)s %(records)s was not known in time, so they are excluded.",
            text=text,
            unknown=number(self.env, len(together.unknown)),
            records=words["records"],
        )

    def given_up_lines(self, ids: list[int], count: int) -> list[dict]:
        """Return a line on records that came true although the score said otherwise, and that nobody looked at.

        :param ids: these records, of `count` in the cohort
        """
        if not ids:
            return []
        return [
            {
                **UNTESTED,
                "test": "figure",
                "key": "given_up",
                "label": self.told(lambda there: there.env._("Negative score, positive outcome")),
                "statistic": len(ids) / count,
                "text": self.told(lambda there: there.with_money(there._given_up_text(len(ids)), ids)),
            }
        ]

    def _given_up_text(self, count: int) -> str:
        return self.env._(
            "%(count)s %(positives)s had a negative score and were not reviewed",
            count=number(self.env, count),
            positives=self.words["positives"],
        )

    def with_money(self, text: str, ids: list[int]) -> str:
        """Return `text` and the money in records `ids`, as sentences; `text` alone where there is none in them."""
        amount = sum(self.documents.browse(ids).exists()._ai_amounts().values())
        if not amount:
            return text
        currency = self.deployment.company_id.currency_id
        money = self.env._("Of these: %s", formatLang(self.env, amount, currency_obj=currency))
        return f"{text}. {money}"

    def alert(self, line: BaseModel, onset: date, exceeded: dict[str, BaseModel]) -> str:
        """Return the name of an alert: what is wrong, what else follows from it, since when.

        :param exceeded: the lines of the report that are beyond their thresholds, by key
        """
        text = line.with_env(self.env).text
        if line.key in SAY_LITTLE_ALONE and "brier_skill" in exceeded:
            text = f"{exceeded['brier_skill'].with_env(self.env).text}. {text}"
        return self.env._("%(what)s (created since %(date)s)", what=text, date=format_date(self.env, onset))

    def suggestion(self, line: BaseModel, report: BaseModel) -> str:
        """Return what to do about a line, in one or two sentences."""
        words = self.words
        has_no_win = any(one.key == "win_rate" and one.statistic == 0 for one in report.line_ids)
        if has_no_win and line.key in ("in_the_large", "win_rate", "watch:calibration"):
            return self._no_win_suggestion()
        if line.test == "proposed" and line.key == "auc":
            return self.env._(
                "Set “%(field)s” to %(floor)s, or to an acceptable value. Then retrain with the outcomes "
                "known now, and compare.",
                field=self.deployment._fields["floor_auc"].get_description(self.env, ["string"])["string"],
                floor=percent(self.env, line.threshold),
            )
        if line.key == "brier_skill":
            return self.env._(
                "Until a better version serves, the base rate of %(positives)s is more accurate than these "
                "scores: retrain, or promote an earlier version.",
                positives=words["positives"],
            )
        return self.env._("Retrain with the outcomes known now, and compare.")

    def _no_win_suggestion(self) -> str:
        """Return where to look when no win comes any more: at the business, or at how wins are entered."""
        words = self.words
        won, lost = self.documents._ai_outcomes(self.deployment).latest_ends()
        if not won:
            return self.env._("Check whether and where %s are entered.", words["positives"])
        day = format_date(self.env, won)
        if not lost or lost <= won:
            return self.env._(
                "The latest %(records)s ended on %(day)s, with or without a win. Check whether outcomes are "
                "entered elsewhere, or imported later.",
                records=words["records"],
                day=day,
            )
        return self.env._(
            "The latest of all %(positives)s is of %(day)s, while other %(records)s still end. If the "
            "business did not change, check how they are marked: a stage may have been renamed, replaced, or "
            "no longer count.",
            positives=words["positives"],
            records=words["records"],
            day=day,
        )
