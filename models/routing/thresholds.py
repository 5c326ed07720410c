"""Who decides: where the line lies between what a deployment settles by itself and what a person looks at.

Being unsure, or unusual, is one reason to ask a person; the others, and which of them are on, stand in
`ai_deployment_review_rule`.

An owner chooses one of three ways: a fixed line, a share of wrong decisions that is not to be exceeded (proved on
held-out records, for each side separately), or a number of reviews a day. What follows from the choice, for the version
that serves, is kept in `routing_lines`: scoring reads it there and needs no statistics library.
"""

import math
import statistics
from datetime import datetime, time, timedelta

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...ml import routing
from ..tools import clock
from ..tools.ai_deployment_readable_mixin import readable_origin
from ..tools.sampling import MOST, drawn
from .ai_deployment_room import CAPACITY, Day
from .forecast import forecast

RECENT = timedelta(days=28)
WEEK = timedelta(days=7)
ENOUGH = 50  # recent records that say how sure scores are; with fewer, those that tested the version do
AUDIT_BAND = 0.05  # how near to the line random checks are denser
SIDES = {"positive": True, "negative": False}


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    routing = fields.Selection(
        [
            ("line", "Where it is less sure than a line"),
            ("error", "Where it could be wrong too often"),
            ("capacity", "As many a day as we can look at"),
        ],
        string="Goes to a Person",
        required=True,
        default="line",
        tracking=True,
    )
    min_confidence = fields.Float(
        "Surer Than", default=0.6, tracking=True, help="A score that is less sure than this goes to a person."
    )
    target_error = fields.Float(
        "Wrong at Most",
        default=0.1,
        tracking=True,
        help="Of what is decided without a person, at most this share may be wrong, for each answer by itself. Where "
        "the records that tested the version cannot prove that, a person looks.",
    )
    reviews_per_day = fields.Integer(
        "Reviews a Day", default=20, tracking=True, help="Those in most need of a look come first; the rest passes."
    )
    audit_share = fields.Float(
        "Random Checks",
        default=0.01,
        tracking=True,
        help="The share of automatic decisions that a person looks at all the same; four times that just beside the "
        "line.",
    )
    routing_lines = fields.Json(compute="_compute_routing_lines", store=True, copy=False, unsaved=True)
    routing_text = fields.Text("What That Means", compute="_compute_routing_text", unsaved=True)

    _min_confidence_is_probability = models.Constraint(
        "CHECK(min_confidence BETWEEN 0 AND 1)", "The minimum confidence is a share, from 0 to 1."
    )
    _target_error_is_share = models.Constraint(
        "CHECK(target_error > 0 AND target_error < 0.5)", "The share that may be wrong lies between 0 and 50 %."
    )
    _reviews_per_day_not_negative = models.Constraint(
        "CHECK(reviews_per_day >= 0)", "The number of reviews a day cannot be negative."
    )
    _audit_share_is_share = models.Constraint(
        "CHECK(audit_share BETWEEN 0 AND 1)", "The share of random checks lies between 0 and 1."
    )

    def _review_forecast(self, ids, again):
        """Return how many of the records `ids` are expected to need human review; None where no version can tell."""
        return forecast(self, ids, again)

    @api.constrains("routing", "method")
    def _check_routing(self):
        for deployment in self:
            if deployment.routing == "error" and deployment.method == "anomaly":
                raise ValidationError(
                    self.env._(
                        "How often an unusual record is a false alarm is known from reviews only, so it cannot be "
                        "promised beforehand. Choose a line or a number of reviews a day."
                    )
                )

    # The lines

    def _tested_version(self):
        """The serving version, in sudo; of an edited form that of the stored deployment, if the user may read it."""
        return readable_origin(self).champion_id.sudo()

    @api.depends("routing", "min_confidence", "target_error", "reviews_per_day", "champion_id", "method")
    def _compute_routing_lines(self):
        for deployment in self:
            deployment.routing_lines = getattr(deployment, f"_lines_by_{deployment.routing}")()

    def _lines_by_line(self):
        return {"positive": self.min_confidence, "negative": self.min_confidence}

    def _lines_by_error(self):
        """Each side's line with its evidence; a side without proof has none, so a person decides all of it."""
        curves = (self._tested_version().held_out or {}).get("curves")
        if not curves:
            return {"positive": None, "negative": None}
        found = routing.guaranteed_lines(
            {side: curves[name] for name, side in SIDES.items()}, target_error=self.target_error
        )
        lines = {name: found[side].line for name, side in SIDES.items()}
        evidence = {name: [found[side].cases, found[side].errors] for name, side in SIDES.items()}
        return {**lines, "evidence": evidence}

    def _lines_by_capacity(self):
        """One line for both sides, such that about as many records fall below it as a day allows."""
        sureness, per_day = self._recent_sureness()
        if not sureness or not per_day:
            return {"positive": None, "negative": None, "per_day": self.reviews_per_day}
        line = routing.capacity_line(sureness, len(sureness) / per_day, self.reviews_per_day)
        line = None if math.isinf(line) else line
        return {"positive": line, "negative": line, "per_day": self.reviews_per_day}

    def _recent_sureness(self):
        """(how little each record of late needed a person, records a day): from the log, else from the test.

        The usual day counts, not the mean: a first load of all open records in one night is no day's work.
        """
        version = self._tested_version()
        if not version:
            return [], 0.0
        since, tomorrow = (clock.now() - RECENT).date(), clock.today() + timedelta(days=1)
        days = self.env["ai.deployment.profile"]._counts_by_day(version, since, tomorrow)
        if sum(days.values()) >= ENOUGH:
            return self._sureness_of_late(version, days), statistics.median(days.values())
        held_out = version.held_out or {}
        return held_out.get("sureness") or [], held_out.get("per_day") or 0.0

    def _sureness_of_late(self, version, days):
        """How little each record of the latest `days` needed a person: as many days as give enough, at least a week."""
        count = 0
        for start in sorted(days, reverse=True):
            count += days[start]
            if count >= MOST and max(days) - start >= WEEK:
                break
        rows = self.env.execute_query(
            SQL(
                "SELECT confidence, predicted_value FROM ai_deployment_inference"
                " WHERE deployment_id = %s AND version_id = %s AND is_intake AND failure_type IS NULL AND date >= %s"
                " AND %s",
                self._origin.id,
                version.id,
                datetime.combine(start, time.min),
                drawn(SQL("res_id"), count),
            )
        )
        return [self._sureness(*row) for row in rows]

    def _sureness(self, confidence, value):
        """How little a record needs a person: what looks unusual does, what is unsure does."""
        return 1 - value if self.method == "anomaly" else confidence

    def _refresh_routing_lines(self):
        """The line of a capacity follows what comes in."""
        by_capacity = self.filtered(lambda deployment: deployment.routing == "capacity")
        self.env.add_to_compute(self._fields["routing_lines"], by_capacity)
        by_capacity.flush_recordset(["routing_lines"])

    # Words

    @api.depends("routing_lines", "method", "res_model")
    @api.depends_context("lang")
    def _compute_routing_text(self):
        for deployment in self:
            if deployment.method == "anomaly" or deployment.res_model not in self.env:
                deployment.routing_text = False
            elif deployment.routing == "error":
                deployment.routing_text = "\n".join(deployment._side_texts())
            elif deployment.routing == "capacity":
                deployment.routing_text = deployment._capacity_text()
            else:
                deployment.routing_text = deployment._line_text()

    def _side_texts(self):
        lines, words = self.routing_lines or {}, self.env[self.res_model]._ai_words()
        champion = self._tested_version()
        if not (champion.held_out or {}).get("curves"):
            if champion.verdict_text and champion.metrics.get("auc") is None:
                yield champion.verdict_text
            yield self.env._("A person looks at every record until a version was tested.")
            return
        needed = routing.fewest_cases(self.target_error)
        for name in SIDES:
            cases, errors = lines.get("evidence", {}).get(name, [0, 0])
            values = {"answer": words[name], "cases": cases, "errors": errors, "needed": needed}
            if lines.get(name) is not None:
                values["line"] = round(100 * lines[name])
                yield self.env._(
                    "“%(answer)s” is settled without a person from %(line)s %% sure on: %(errors)s of %(cases)s "
                    "such records were wrong in the test.",
                    **values,
                )
            elif cases < needed:
                yield self.env._(
                    "“%(answer)s” always goes to a person: the test has %(cases)s such records, the promise needs "
                    "%(needed)s.",
                    **values,
                )
            else:
                yield self.env._(
                    "“%(answer)s” always goes to a person: %(errors)s of %(cases)s such records were wrong in the "
                    "test.",
                    **values,
                )

    def _line_text(self):
        """What the line would have meant for the records that tested the version; False without a test."""
        curves = (self._tested_version().held_out or {}).get("curves") or {}
        total = sum(curve[-1][1] for curve in curves.values() if curve)
        if not total:
            return False
        settled, wrong = routing.settled_by_line(curves.values(), self.min_confidence)
        if not settled:
            return self.env._("In the test, no record was so sure: a person would have looked at all of them.")
        return self.env._(
            "In the test this settled %(share)s %% of the records without a person, %(wrong)s %% of these wrongly.",
            share=round(100 * settled / total),
            wrong=round(100 * wrong / settled),
        )

    def _capacity_text(self):
        line = (self.routing_lines or {}).get("positive")
        if line is None:
            return self.env._(
                "Every record goes to a person, up to %s a day, the least sure first.", self.reviews_per_day
            )
        return self.env._(
            "Below %(line)s %% sure, up to %(count)s a day.", line=round(100 * line), count=self.reviews_per_day
        )

    # Used by scoring

    def _route(self, call, scored, chosen, ids, incumbents):
        """(why each of the rows `chosen` of a scored chunk goes to a person, its chance of a random check).

        Why is "" where no person looks. What fails has no reason but that: no score, no opinion to differ from.

        :param ids: of the records in these rows
        :param incumbents: what Odoo itself says of them, None where it says nothing
        """
        rules = call.rules
        failed = np.array([row in scored.errors for row in chosen.tolist()], dtype=bool)
        sides, flagged = self._sides_and_flags(scored)
        sureness = self._sureness(scored.confidences, scored.values)
        # Who cannot tell what it has seen before says of nothing that it is new.
        unlike = np.zeros(len(scored), dtype=bool) if scored.support is None else scored.support < 1
        found = {
            routing.FAILED: lambda rule: (failed, None),
            routing.LOW_CONFIDENCE: lambda rule: (
                routing.unsure(scored.values, scored.predictions, scored.confidences, sides)[chosen],
                sureness[chosen],
            ),
            routing.FLAGGED: lambda rule: (flagged[chosen], sureness[chosen]),
            routing.OUT_OF_SUPPORT: lambda rule: (unlike[chosen], sureness[chosen]),
            routing.AMOUNT: lambda rule: self._at_stake(call, ids, rule["amount"]),
            routing.NEW_VENDOR: lambda rule: (
                np.array([bool(call.standing[res_id].is_new_partner) for res_id in ids], dtype=bool),
                sureness[chosen],
            ),
            routing.DISAGREEMENT: lambda rule: self._differing(call, scored, chosen, incumbents),
        }
        holds, needs = {}, {}
        for name, rule in rules.items():
            if name in found:
                mask, needs[name] = found[name](rule)
                holds[name] = mask if name == routing.FAILED else mask & ~failed
        day = Day(self, self._limits(rules), ids)
        why = day.choose(holds, needs) if holds else np.full(len(ids), routing.AUTOMATIC, dtype=object)
        chances = self._check_at_random(rules, day, why, failed, self._distances(scored, sides)[chosen], ids)
        day.take()
        return why, chances

    def _sides_and_flags(self, scored):
        """({side: its line}, which rows look unusual: None where the deployment does not look for that)."""
        lines = self.routing_lines or self._lines_by_line()
        sides = {side: lines.get(name) for name, side in SIDES.items()}
        if self.method != "anomaly":
            return sides, np.zeros(len(scored), dtype=bool)
        if self.routing != "capacity":
            return sides, scored.predictions
        line = math.inf if sides[True] is None else sides[True]
        return {True: 0.0, False: 0.0}, self._sureness(scored.confidences, scored.values) < line

    def _at_stake(self, call, ids, amount):
        """Records in which at least `amount` is at stake; those with most are in most need."""
        stakes = np.array([call.standing[res_id].amount for res_id in ids], dtype=np.float64)
        return stakes >= amount, -stakes

    def _differing(self, call, scored, chosen, incumbents):
        """Records of which Odoo itself thinks otherwise; those where it differs most are in most need."""
        cut = 0.5 if self.method == "anomaly" else getattr(call.card, "threshold", 0.5)
        opinions = np.array(incumbents, dtype=np.float64)
        differing = routing.disagreeing(scored.predictions[chosen], opinions, cut)
        return differing, -np.abs(np.nan_to_num(opinions) - scored.values[chosen])

    def _limits(self, rules):
        """{limit: reviews a day} of the rules with a cap, and of a capacity."""
        limits = {name: rule["cap"] for name, rule in rules.items() if rule["cap"]}
        return {CAPACITY: self.reviews_per_day, **limits} if self.routing == "capacity" else limits

    def _check_at_random(self, rules, day, why, failed, distances, ids):
        """Random checks of what no person looks at are added to `why`; the chance of each row.

        Where a cap leaves no room for all, chances are lowered before anything is drawn, over the whole day: each check
        then stands for as many records as it should.
        """
        share = self.audit_share if routing.AUDIT in rules else 0.0
        chances = routing.audit_chance(distances, share, band=AUDIT_BAND)
        if not share:
            return chances
        lots = routing.audit_draws([f"{self.id},{res_id}" for res_id in ids], salt=str(self.id))
        checked, chances = day.spread(routing.AUDIT, lots, chances, (why == routing.AUTOMATIC) & ~failed)
        why[checked] = routing.AUDIT
        return chances

    def _asks_about_failed(self, rules, ids):
        """(n,) bool: which of `ids`, none of which could be scored, a person is asked about; the others wait."""
        if routing.FAILED not in rules:
            return [False] * len(ids)
        cap = rules[routing.FAILED]["cap"]
        day = Day(self, {routing.FAILED: cap} if cap else {}, ids)
        why = day.choose({routing.FAILED: np.ones(len(ids), dtype=bool)}, None)
        day.take()
        return (why == routing.FAILED).tolist()

    def _distances(self, scored, sides):
        """How far each row is from going to a person."""
        if self.method == "anomaly":
            return (1 - self.alarm_rate) - scored.values
        positive, negative = (0.0 if sides[side] is None else sides[side] for side in (True, False))
        return scored.confidences - np.where(scored.predictions, positive, negative)
