"""Beside the figures of a cohort: its parts, what was expected of it, the whole life of the version, and how long
outcomes take.

The statistics are `ml.segments`, `ml.estimated`, `ml.standing_watch`, `ml.risk` and `ml.maturity`; each gives lines of
a report.
"""

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL

from ...ml import (
    estimated,
    maturity,
    outcomes,
    performance,
    risk,
    segments,
    standing_watch,
)
from ...ml.calibration import logit
from ..tools import clock
from ..tools.wording import number, percent
from .ai_deployment_drift import JUDGED
from .ai_deployment_performance_words import UNTESTED

SURELY_POSSIBLE = 0.01, 0.99  # what a share is taken for at most, where log odds are asked for
MORE_THAN_ALL = 0.05  # by which a part has to be off beyond the whole, where the whole is off


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    segment_field_id = fields.Many2one(
        "ir.model.fields",
        "Also by",
        tracking=True,
        ondelete="set null",
        domain="[('model_id', '=', model_id), ('ttype', '=', 'many2one'), ('store', '=', True)]",
        help="What came true is also judged for each team, country, salesperson …, to see who is served badly.",
    )
    risk_state = fields.Json(
        groups=NO_ACCESS, readonly=True, copy=False
    )  # of `ml.risk`, with the version that it belongs to
    maturity_text = fields.Char("Outcomes Take", compute="_compute_maturity_text")

    @api.constrains("segment_field_id", "model_id")
    def _check_segment_field(self):
        """Names of what the field points to stand in reports: so it is one that who chooses it may read."""
        for deployment in self.filtered("segment_field_id"):
            chosen, documents = deployment.sudo().segment_field_id, self.env[deployment.res_model]
            field = documents._fields.get(chosen.name) if chosen.model == documents._name else None
            if not field or field.type != "many2one" or not field.store:
                raise ValidationError(
                    self.env._("“Also by” needs a field of the record that points to another one, such as the team.")
                )
            if not documents._has_field_access(field, "read"):
                raise ValidationError(self.env._("You may not read “%s”.", chosen.field_description))

    # Parts of the records

    def _segment_values(self, ids, labels, values, predictions, off=0.0):
        """A line per segment of a cohort; none where the owner named no field.

        Where the whole cohort is `off` by so much, each part is as well: named is what is off by more than that.
        """
        field, part_of = self._segments_of(ids)
        if not field:
            return []
        results = segments.judge_segments(labels, values, predictions, [part_of.get(res_id) for res_id in ids])
        comodel = self.env[field.relation].sudo().with_context(active_test=False)
        known = comodel.browse([result.segment for result in results if result.segment]).exists()
        names = {record.id: record.display_name for record in known}
        return [self._segment_line(result, field, names, off) for result in results]

    def _segments_of(self, ids):
        """(the field that makes the segments, {record id: its segment}) of records `ids`; (None, {}) without one."""
        field = self.sudo().segment_field_id
        documents = self.env[self.res_model].sudo()
        if not field or field.name not in documents._fields:
            return None, {}
        documents.flush_model([field.name])
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM %s WHERE id = ANY(%s)",
                SQL.identifier(field.name),
                SQL.identifier(documents._table),
                list(ids),
            )
        )
        return field, dict(rows)

    def _segment_offsets(self, version, ids):
        """Log odds by which more comes true than is said in the segment of each record, where its test has failed.

        None where no segment's has.
        """
        latest = self._latest_judged(version)
        failed = {line.key: line for line in latest.line_ids if line.test == "segment" and line.exceeded}
        if not failed:
            return None
        _field, part_of = self._segments_of(ids)
        named = {line.key for line in latest.line_ids if line.test == "segment"}
        offsets = {
            key: float(np.subtract(*logit(np.clip([line.statistic, line.threshold], *SURELY_POSSIBLE))))
            for key, line in failed.items()
        }
        keys = (f"segment:{part_of.get(res_id) or 0}" for res_id in ids)
        return np.array([offsets.get(key if key in named else "segment:rest", 0.0) for key in keys])

    def _latest_judged(self, version):
        """The latest report on what came true that could judge."""
        return (
            self.env["ai.deployment.report"]
            .sudo()
            .search(
                Domain("version_id", "=", version.id)
                & Domain("kind", "=", "performance")
                & Domain("verdict", "in", JUDGED),
                limit=1,
            )
        )

    def _segment_line(self, result, field, names, off):
        say = self.env._
        name = say("The others") if result.rest else names.get(result.segment, say("none"))
        line = {
            **UNTESTED,
            "test": "segment",
            "verdict": result.verdict,
            "key": f"segment:{'rest' if result.rest else result.segment or 0}",
            "label": say("%(field)s: %(name)s", field=field.field_description, name=name),
        }
        if result.came_true is None:
            return {**line, "text": say("Cannot judge yet: %s records", result.rows)}
        exceeded = result.exceeded and (not off or abs(result.said - result.came_true) > off + MORE_THAN_ALL)
        return {
            **line,
            "statistic": result.came_true,
            "low": result.low,
            "high": result.high,
            "threshold": result.said,
            "p_value": result.p_value,
            "adjusted_p": result.adjusted_p,
            "exceeded": exceeded,
            "verdict": "drifted" if exceeded else "quiet",
            "text": say(
                "%(field)s “%(name)s”: the scores said %(said)s %(positives)s on average, %(true)s came true",
                field=field.field_description,
                name=name,
                said=percent(self.env, result.said),
                true=percent(self.env, result.came_true),
                positives=self.env[self.res_model]._ai_words()["positives"],
            ),
        }

    # What is expected before outcomes are known

    @api.model
    def _tested_rows(self, version):
        """(came true, value) of the records that tested the version, none of them learned from."""
        rows = (version.sudo().held_out or {}).get("outcomes") or {}
        return np.array(rows.get("labels", ()), dtype=float), np.array(rows.get("values", ()), dtype=float)

    def _estimate_values(self, version, start, end):
        """Lines of what the latest window will come to; none for versions that promise no chances."""
        labels, tested = self._tested_rows(version)
        if self.method != "scorecard" or not len(labels):
            return []
        rows = self._first_scores(version, start, end, SQL("res_id, predicted_value, prediction"))
        ids, values, predictions = _columns(rows, 3)
        reference = estimated.learn(labels, tested)
        found = estimated.estimate(
            reference,
            values,
            predictions,
            calibration_stands=self._calibration_stands(version),
            offsets=self._segment_offsets(version, ids),
        )
        return self._estimate_lines(found, estimated.expected_auc(reference.chances(tested), tested), len(labels))

    def _calibration_stands(self, version):
        """Whether the chances came true on average when that was last judged."""
        latest = (
            self.env["ai.deployment.report.line"]
            .sudo()
            .search(
                Domain("report_id.version_id", "=", version.id)
                & Domain("report_id.kind", "=", "performance")
                & Domain("key", "=", "in_the_large")
                & Domain("verdict", "in", ("quiet", "drifted")),
                order="id desc",
                limit=1,
            )
        )
        return not latest.exceeded

    def _estimate_lines(self, found, auc_when_tested, tested_rows):
        say, words = self.env._, self.env[self.res_model]._ai_words()
        line = {**UNTESTED, "test": "estimate", "verdict": "cannot_judge"}
        why_not = {
            estimated.HIDDEN: say("Not estimated: lately the chances have not come true on average"),
            estimated.OUTSIDE: say(
                "Not estimated: %s of the scores are unlike any that tested the version",
                percent(self.env, found.outside_share or 0),
            ),
            estimated.CANNOT_JUDGE: say("Not estimated: too few records"),
            estimated.TOO_SMALL: say(
                "Not estimated: only %s records tested the version, too few to know what is like them", tested_rows
            ),
        }.get(found.verdict)
        if why_not:
            return [{**line, "key": "estimate:auc", "label": say("Expected order"), "text": why_not}]
        texts = {
            "auc": (
                say("Expected order"),
                say(
                    "Expected: of two %(records)s, the one that comes true has the higher score in %(now)s of cases "
                    "(%(low)s to %(high)s), as long as equal scores end as before"
                ),
            ),
            "win_rate": (say("Expected share"), say("Expected: %(now)s %(positives)s (%(low)s to %(high)s)")),
            "error": (say("Expected errors"), say("Expected: %(now)s of all verdicts wrong (%(low)s to %(high)s)")),
        }
        lines = []
        for name, (label, text) in texts.items():
            band = found.band(name)
            if band:
                lines.append(
                    {
                        **line,
                        "verdict": "quiet",
                        "key": f"estimate:{name}",
                        "label": label,
                        "statistic": band.estimate,
                        "low": band.low,
                        "high": band.high,
                        "threshold": auc_when_tested if name == "auc" else 0.0,
                        "text": text
                        % {
                            "now": percent(self.env, band.estimate),
                            "low": percent(self.env, band.low),
                            "high": percent(self.env, band.high),
                            **words,
                        },
                    }
                )
        return lines

    def _gap_values(self, version, labels, values, predictions):
        """A line on a cohort: do equal scores end as they did when the version was tested?"""
        tested_labels, tested = self._tested_rows(version)
        if not len(tested):
            return []
        found = estimated.estimate(estimated.learn(tested_labels, tested), values, predictions)
        gap = estimated.gap(found, performance.auc(labels, values))
        label = self.env._("Order, found minus expected")
        if gap is None:
            return []
        band = found.band("auc")
        return [
            {
                **UNTESTED,
                "test": "estimate",
                "key": "gap",
                "label": label,
                "statistic": gap.estimate,
                "low": gap.low,
                "high": gap.high,
                "p_value": gap.p_value,
                "adjusted_p": gap.p_value,
                "exceeded": gap.exceeded,
                "verdict": "drifted" if gap.exceeded else "quiet",
                "text": self.env._(
                    "Of two %(records)s, the one that came true was expected to have the higher score in %(expected)s "
                    "of cases, and had it in %(found)s",
                    records=self.env[self.res_model]._ai_words()["records"],
                    expected=percent(self.env, band.estimate),
                    found=percent(self.env, band.estimate + gap.estimate),
                ),
            }
        ]

    def _given_up_values(self, ids, labels, predictions, automatic):
        """A line on what came true although the score said it would not, and nobody looked: with the money in it."""
        given_up = [
            res_id
            for res_id, label, said, alone in zip(ids, labels, predictions, automatic, strict=True)
            if label and alone and not said
        ]
        if not given_up:
            return []
        text = self.env._(
            "%(count)s %(positives)s had been given up by the score, and nobody looked",
            count=len(given_up),
            positives=self.env[self.res_model]._ai_words()["positives"],
        )
        money = self._money_text(given_up)
        return [
            {
                **UNTESTED,
                "test": "figure",
                "key": "given_up",
                "label": self.env._("Given up, and came true"),
                "statistic": len(given_up) / len(ids),
                "text": f"{text}. {money}" if money else text,
            }
        ]

    # The whole life of a version

    def _kept_state(self, version):
        """What was kept about the whole life of a version, as {name: state}; nothing of another version."""
        kept = self.sudo().risk_state or {}
        return kept if kept.get("version") == version.id else {"version": version.id}

    def _watch_lines(self, version, labels, values, between):
        """Lines of the standing watch: do chances still come true, and does the order still hold?"""
        kept, say = self._kept_state(version), self.env._
        tested_labels, tested = self._tested_rows(version)
        reference = estimated.learn(tested_labels, tested)
        state = kept.get("watch")
        since = kept.get("watch_since") or ""
        if state is None or self._dealt_with() > since:
            state, since = standing_watch.start(tested_labels, reference.chances(tested)), str(clock.now())
        chances = reference.chances(np.array(values, dtype=float))
        state = standing_watch.update({**state, "between": between}, labels, chances)
        self.sudo().risk_state = {**kept, "watch": state, "watch_since": since}
        look, words = standing_watch.look(state), self.env[self.res_model]._ai_words()
        line = {**UNTESTED, "test": "risk", "threshold": 1 / standing_watch.LEVEL}
        calibration = say(
            "Of %(rows)s %(records)s since it serves %(true)s %(positives)s came true, where %(said)s were said",
            rows=number(self.env, look.rows),
            records=words["records"],
            true=percent(self.env, look.came_true),
            said=percent(self.env, look.said),
            positives=words["positives"],
        )
        order = (
            say("Which of %(records)s come true has little to do with their scores any more", records=words["records"])
            if look.order_exceeded
            else say("Higher scores still come true more often")
        )
        lines = [
            (
                "watch:calibration",
                say("Chances, since it serves"),
                look.calibration,
                look.calibration_exceeded,
                calibration,
            )
        ]
        if look.order is not None:
            lines.append(("watch:order", say("Order, since it serves"), look.order, look.order_exceeded, order))
        return [
            {
                **line,
                "key": key,
                "label": label,
                "statistic": evidence,
                "adjusted_p": 0.0 if exceeded else 1.0,
                "exceeded": exceeded,
                "verdict": "drifted" if exceeded else "quiet",
                "text": text,
            }
            for key, label, evidence, exceeded, text in lines
        ]

    def _dealt_with(self):
        """When the owner last read an alert of what the standing watch is about: what was is not counted again."""
        causes = {f"performance:{key}" for group in outcomes.ONE_CAUSE for key in group}
        read = self.alert_ids.filtered(lambda a: a.cause in causes and a.state == "acknowledged")
        return max((str(date) for date in read.mapped("acknowledged_date")), default="")

    def _risk_values(self, version, labels, values):
        """A line on the distance from the truth since the version serves; shown, as it is blind to lost order."""
        tested_labels, tested = self._tested_rows(version)
        kept = self._kept_state(version)
        state = kept.get("state")
        if state is None:
            state = risk.start((tested - tested_labels) ** 2) if len(tested) else None
        if state is None:
            return []
        losses = (np.array(values, dtype=float) - np.array(labels, dtype=float)) ** 2
        state = risk.update(state, losses)
        self.sudo().risk_state = {**kept, "state": state}
        look = risk.look(state)
        return [
            {
                **UNTESTED,
                "test": "risk",
                "key": "risk",
                "label": self.env._("Distance from the truth, since it serves"),
                "statistic": look.risk,
                "low": look.low,
                "high": 1.0,
                "threshold": look.limit,
                "text": self.env._(
                    "Over %(rows)s outcomes the scores are %(risk)s from the truth (Brier), at least %(low)s; "
                    "at most %(limit)s was to be expected",
                    rows=number(self.env, look.rows),
                    risk=number(self.env, look.risk or 0.0, 3),
                    low=number(self.env, look.low, 3),
                    limit=number(self.env, look.limit, 3),
                ),
            }
        ]

    # How long outcomes take

    def _maturity(self):
        """The curve of decisions of this deployment's records; None where there are no outcomes."""
        rows = self.env[self.res_model]._ai_outcomes(self).decided_after(clock.now())
        return maturity.curve(*zip(*rows, strict=True)) if rows else None

    def _maturity_values(self):
        found = self._maturity()
        if not found or not found.enough:
            return []
        share = found.share_by(min(self.horizon_days, found.last_day))
        return [
            {
                **UNTESTED,
                "test": "maturity",
                "key": "maturity",
                "label": self.env._("Decided in time"),
                "statistic": share,
                "text": self._maturity_sentence(found),
            }
        ]

    def _maturity_sentence(self, found):
        day, words = found.day_by_which(0.8), self.env[self.res_model]._ai_words()
        share = percent(self.env, found.share_by(min(self.horizon_days, found.last_day)))
        if day is None:
            return self.env._(
                "%(share)s of %(records)s are decided within %(days)s days; 80 %% never were so far",
                share=share,
                records=words["records"],
                days=self.horizon_days,
            )
        return self.env._(
            "80 %% of %(records)s are decided by day %(day)s, %(share)s within the %(days)s days that an outcome has",
            day=round(day),
            share=share,
            records=words["records"],
            days=self.horizon_days,
        )

    @api.depends("horizon_days", "model_id", "method")
    @api.depends_context("lang")
    def _compute_maturity_text(self):
        for deployment in self:
            found = deployment._maturity() if deployment._origin and deployment.method == "scorecard" else None
            deployment.maturity_text = (
                deployment._maturity_sentence(found)
                if found and found.enough
                else deployment.method == "scorecard" and self.env._("Not known yet: too few are decided")
            )


def _columns(rows, count):
    return tuple(map(list, zip(*rows, strict=True))) if rows else ([],) * count
