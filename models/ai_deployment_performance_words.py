"""What came true against what was said, in words for people."""

from odoo import models

from ..ml import outcomes
from .tools.wording import number, percent

# A figure that was not tested proves nothing: 1, not the 0 that an empty float reads as.
UNTESTED = {"threshold": 0.0, "p_value": 1.0, "adjusted_p": 1.0, "exceeded": False, "verdict": "quiet"}


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _outcome_values(self, result, values):
        """A figure as a line of the report, with its sentence."""
        label, text = self._outcome_text(result, values)
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

    def _outcome_text(self, result, values):
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
            return label, say("Cannot judge yet.")
        text_of = getattr(self, f"_text_of_{result.name}", None)
        if text_of:
            return label, text_of(result, values, words)
        return label, number(self.env, result.statistic, 3) if result.name == "brier" else percent(
            self.env, result.statistic
        )

    def _text_of_win_rate(self, result, _values, words):
        text = self.env._(
            "%(now)s %(positives)s among %(records)s",
            now=percent(self.env, result.statistic), positives=words["positives"], records=words["records"],
        )  # fmt: skip
        if result.threshold is None:
            return text
        return self.env._("%(text)s, %(before)s before", text=text, before=percent(self.env, result.threshold))

    def _text_of_in_the_large(self, result, values, words):
        said = sum(values) / len(values)
        return self.env._(
            "The scores said %(said)s %(positives)s on average, %(true)s came true",
            said=percent(self.env, said), positives=words["positives"], true=percent(self.env, said + result.statistic),
        )  # fmt: skip

    def _text_of_slope(self, result, _values, _words):
        if not result.exceeded:
            return self.env._("Scores are as far apart as what came true")
        if result.statistic < 1:
            return self.env._("High scores are too high and low ones too low")
        return self.env._("High scores are too low and low ones too high")

    def _text_of_auc(self, result, _values, words):
        text = self.env._(
            "Of two %(records)s, the one that came true had the higher score in %(now)s of cases "
            "(%(low)s to %(high)s)",
            records=words["records"], now=percent(self.env, result.statistic), low=percent(self.env, result.low),
            high=percent(self.env, result.high),
        )  # fmt: skip
        if result.threshold is None:
            return text
        return self.env._("%(text)s; asked for: %(floor)s", text=text, floor=percent(self.env, result.threshold))

    def _text_of_error_automatic(self, result, _values, _words):
        text = self.env._(
            "%(now)s of what was settled without a person was wrong (%(low)s to %(high)s)",
            now=percent(self.env, result.statistic), low=percent(self.env, result.low),
            high=percent(self.env, result.high),
        )  # fmt: skip
        if result.threshold is None:
            return text
        return self.env._(
            "%(text)s; promised: at most %(target)s", text=text, target=percent(self.env, result.threshold)
        )

    def _duel_values(self, who, labels, values, theirs):
        """Lines of ours against `who` ("incumbent" or "person") on the same records; none where these are too few."""
        result = outcomes.duel(labels, values, theirs)
        if not result:
            return []
        say, rows, more = self.env._, result.rows, result.more_needed
        verdict, order, closer = {
            "incumbent": (
                {
                    outcomes.OURS: say("Better than Odoo's own estimate on the same %s records", rows),
                    outcomes.THEIRS: say("Odoo's own estimate was better on the same %s records", rows),
                    outcomes.TOO_EARLY: say(
                        "Too early to say whether Odoo's own estimate is better: about %s more outcomes needed", more
                    ),
                },
                say("Order, ours minus Odoo's"), say("Closer to the truth, ours minus Odoo's"),
            ),
            "person": (
                {
                    outcomes.OURS: say("Better than what people estimated on the same %s records", rows),
                    outcomes.THEIRS: say("People estimated better on the same %s records", rows),
                    outcomes.TOO_EARLY: say(
                        "Too early to say whether people estimate better: about %s more outcomes needed", more
                    ),
                },
                say("Order, ours minus people's"), say("Closer to the truth, ours minus people's"),
            ),
        }[who]  # fmt: skip
        return [
            {**UNTESTED, "test": "duel", "key": f"{who}:{key}", "label": label, "statistic": gain.estimate,
             "low": gain.low, "high": gain.high, "p_value": gain.p_value, "text": verdict[result.verdict]}
            for key, label, gain in (("auc", order, result.auc), ("brier", closer, result.brier))
        ]  # fmt: skip
