"""How good the reviewing is: do people agree, do they look, does the score lead them.

Figures of a whole deployment are for those who answer for it and for auditors; figures by person only for members of
"See Figures by Reviewer" among them. Counted are the answers of `LATELY` that say something about the truth and were
not asked again.
"""

import math

from odoo import fields, models
from odoo.tools import SQL

from ...ml import agreement, intervals
from ..tools import clock
from ..tools.wording import number, percent, signed

LATELY = "180 days"
ENOUGH = 30  # answers of one person, under which nothing is said of how they confirm
LEVEL = 0.01  # chance that anybody is named who judges like the others, all reviewers together


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    review_quality_html = fields.Html("Reviewing", compute="_compute_review_quality_html", sanitize=False)

    def _compute_review_quality_html(self):
        user = self.env.user
        by_person = user.has_group("ai_deployment.group_review_figures")
        auditor = user.has_group("ai_deployment.group_auditor")
        for deployment in self:
            figures = deployment._origin and (auditor or deployment._may_decide()) and deployment._review_figures()
            deployment.review_quality_html = bool(figures) and self.env["ir.qweb"]._render(
                "ai_deployment.review_quality",
                {
                    "totals": deployment._quality_lines(figures),
                    "people": deployment._people_lines(figures) if by_person else [],
                },
            )

    def _review_figures(self):
        """Figures of the deployment and of each person, plain numbers; None without an answer.

        {"all": {...}, "people": {user id: {...}}, "pairs": Agreement, "blind": (difference, low, high, hidden, shown)}
        where {...} is {"answers", "overrides", "seconds", "chance"}: the median of the seconds, 0 where unknown, and
        how likely so few overrides are (see `ml.agreement.fewer_than_others`), None under `ENOUGH`.
        """
        self.ensure_one()
        rows = self._counted_answers()
        if not rows:
            return None
        figures = {
            "all": self._answers_in(rows),
            "people": {user_id: self._answers_in(own) for user_id, own in _by(rows, "decided_by_id").items()},
            "pairs": agreement.agreement(*self._answered_twice()),
            "blind": self._hidden_or_shown(rows),
        }
        seconds = self._median_seconds()
        figures["all"]["seconds"] = seconds.get(None, 0.0)
        for user_id, own in figures["people"].items():
            own["seconds"] = seconds.get(user_id, 0.0)
            own["chance"] = self._chance_of_confirming(rows, user_id) if own["answers"] >= ENOUGH else None
        return figures

    def _counted_where(self):
        return SQL(
            "review.deployment_id = %s AND review.state = 'decided' AND review.ground_truth IS NOT NULL"
            " AND review.decided_date > %s - %s::interval AND NOT EXISTS (SELECT FROM ai_deployment_review later"
            " WHERE later.previous_id = review.id AND later.kind = 'reopened')",
            self._origin.id,
            clock.now(),
            LATELY,
        )

    def _counted_answers(self):
        """Counts of answers by person and kind of question: dictionaries."""
        self.env["ai.deployment.review"].flush_model()
        names = ("decided_by_id", "kind", "reason", "prediction", "is_blind", "answers", "overrides")
        rows = self.env.execute_query(
            SQL(
                "SELECT review.decided_by_id, review.kind, review.reason, COALESCE(review.prediction, FALSE),"
                " COALESCE(review.is_blind, FALSE), COUNT(*), COUNT(*) FILTER (WHERE review.decision = 'overridden')"
                " FROM ai_deployment_review review WHERE %s GROUP BY 1, 2, 3, 4, 5",
                self._counted_where(),
            )
        )
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _median_seconds(self):
        """{user id, or None for all: median of the seconds}, of answers whose seconds are known."""
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT review.decided_by_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY review.seconds_spent)"
                    " FROM ai_deployment_review review WHERE %s AND review.seconds_spent > 0"
                    " GROUP BY GROUPING SETS ((), (review.decided_by_id))",
                    self._counted_where(),
                )
            )
        )

    def _answered_twice(self):
        """(first answers, second opinions) of the same questions."""
        rows = self.env.execute_query(
            SQL(
                "SELECT first.ground_truth, review.ground_truth FROM ai_deployment_review review"
                " JOIN ai_deployment_review first ON first.id = review.previous_id"
                " WHERE %s AND review.kind = 'second_opinion' AND first.ground_truth IS NOT NULL ORDER BY review.id",
                self._counted_where(),
            )
        )
        return [row[0] for row in rows], [row[1] for row in rows]

    def _answers_in(self, rows):
        return {"answers": sum(row["answers"] for row in rows), "overrides": sum(row["overrides"] for row in rows)}

    def _hidden_or_shown(self, rows):
        """Share of overrides with the score hidden minus in sight, among first questions, from which was drawn."""
        first = [row for row in rows if row["kind"] == "first"]
        hidden = self._answers_in([row for row in first if row["is_blind"]])
        shown = self._answers_in([row for row in first if not row["is_blind"]])
        if not hidden["answers"] or not shown["answers"]:
            return math.nan, math.nan, math.nan, hidden["answers"], shown["answers"]
        shares = [own["overrides"] / own["answers"] for own in (hidden, shown)]
        found = intervals.share_difference(shares[0], hidden["answers"], shares[1], shown["answers"])
        return (*found, hidden["answers"], shown["answers"])

    def _chance_of_confirming(self, rows, user_id):
        strata = []
        for alike in _by(rows, "kind", "reason", "prediction").values():
            own = self._answers_in([row for row in alike if row["decided_by_id"] == user_id])
            others = self._answers_in([row for row in alike if row["decided_by_id"] != user_id])
            strata.append((own["overrides"], own["answers"], others["overrides"], others["answers"]))
        return agreement.fewer_than_others(strata)

    def _confirms_blindly(self, figures):
        """Ids of the people who override so seldom that judging like the others hardly explains it."""
        tested = {user_id: own["chance"] for user_id, own in figures["people"].items() if own["chance"] is not None}
        return [user_id for user_id, chance in tested.items() if chance < LEVEL / len(tested)]

    # Words

    def _quality_lines(self, figures):
        """[(label, text)] about the deployment as a whole."""
        everyone, pairs = figures["all"], figures["pairs"]
        people = self.env._(
            "%(answers)s by %(people)s people", answers=everyone["answers"], people=len(figures["people"])
        )
        lines = [
            (self.env._("Answers of the last 180 days"), people),
            (self.env._("Called the score wrong"), self._override_text(everyone)),
            (self.env._("Time per answer"), self._time_text(everyone)),
        ]
        if pairs.pairs:
            text = self.env._(
                "%(share)s of %(pairs)s asked twice", share=percent(self.env, pairs.share), pairs=pairs.pairs
            )
            if not math.isnan(pairs.kappa):
                text = self.env._(
                    "%(text)s; beyond chance %(kappa)s (%(low)s to %(high)s; 1 is perfect, 0 is chance)",
                    text=text,
                    kappa=number(self.env, pairs.kappa, 2),
                    low=number(self.env, pairs.low, 2),
                    high=number(self.env, pairs.high, 2),
                )
            lines.append((self.env._("Two people agree"), text))
        difference, low, high, hidden, shown = figures["blind"]
        if hidden and shown:
            text = self.env._(
                "%(difference)s points more often called wrong while hidden (%(low)s to %(high)s; %(hidden)s hidden, "
                "%(shown)s in sight)",
                difference=signed(self.env, 100 * difference, 0),
                low=signed(self.env, 100 * low, 0),
                high=signed(self.env, 100 * high, 0),
                hidden=hidden,
                shown=shown,
            )
            lines.append((self.env._("Led by the score"), text))
        tested = sum(own["chance"] is not None for own in figures["people"].values())
        if tested > 1:
            text = self.env._("%(named)s of %(tested)s", named=len(self._confirms_blindly(figures)), tested=tested)
            lines.append((self.env._("Confirm whatever the score says"), text))
        return lines

    def _people_lines(self, figures):
        """One dictionary of texts per person, most answers first."""
        named = set(self._confirms_blindly(figures))
        people = self.env["res.users"].sudo().browse(figures["people"])
        return [
            {
                "name": person.name,
                "answers": own["answers"],
                "overrides": self._override_text(own),
                "seconds": self._time_text(own),
                "signal": self._signal_text(own, person.id in named),
            }
            for person in people.sorted(lambda user: -figures["people"][user.id]["answers"])
            for own in [figures["people"][person.id]]
        ]

    def _signal_text(self, own, named):
        if own["chance"] is None:
            return self.env._("Too few answers to say")
        return self.env._("Confirms far more often than the others on the same questions") if named else ""

    def _override_text(self, counts):
        low, high = intervals.clopper_pearson(counts["overrides"], counts["answers"])
        share = percent(self.env, counts["overrides"] / counts["answers"])
        return self.env._(
            "%(share)s (%(low)s to %(high)s)", share=share, low=percent(self.env, low), high=percent(self.env, high)
        )

    def _time_text(self, counts):
        return self.env._("%s seconds (median)", round(counts["seconds"])) if counts["seconds"] else "–"


def _by(rows, *names):
    """`rows` by their values of `names`: {value or tuple of values: rows}."""
    groups = {}
    for row in rows:
        key = row[names[0]] if len(names) == 1 else tuple(row[name] for name in names)
        groups.setdefault(key, []).append(row)
    return groups
