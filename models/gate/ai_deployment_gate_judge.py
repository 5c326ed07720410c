"""What the gate thinks of a bill, as one SQL expression: for posting, for the banner, for the filter "Held".

Where a bill stands (`Verdict.standing`):

    small      under the amount from which this gate looks
    clean      not risky
    released   risky, and the last review of its chain says that it is usual, about the inputs of now
    waived     risky for a reason that a waiver of its vendor covers
    passed     somebody has passed it, as it is now
    opened     it could not be scored, and such bills are posted
    risky      nobody has looked at it, or could tell
    unusual    a person has looked at it as it is now, and found it unusual; no waiver covers that
    unscored   it could not be scored, and such bills are held
    outside    the filter leaves it out, and it was not held before

What was held stays held until somebody looked. So the judgement is about bills that the gate's deployment has scored,
whichever company, kind or filter they belong to by now; and a bill that was held stays risky although another version
finds nothing, until an answer, a pass or a waiver says otherwise (`remembered`).

An answer and a pass are about the bill as it was (`fingerprint`), and by nobody who wrote what is judged of it.
"""

import json
from datetime import datetime
from typing import NamedTuple

from odoo import models
from odoo.api import SUPERUSER_ID
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...ml import routing
from ..documents.account_move import PURCHASE_TYPES
from ..routing.rules import DEFAULTS
from ..scoring.inference_writer import json_rows
from ..tools import clock
from ..tools.shipped import wake

HELD = ("risky", "unusual", "unscored")
NEAR = 0.1  # by which share a ratio to what is usual may move, as other bills come in, before it says something new


class Verdict(NamedTuple):
    move_id: int
    deployment_id: int
    gate: str
    standing: str
    reason: str  # of REVIEW_REASONS: why it is risky, where it is
    failure_type: str | None
    inference_id: int | None
    review_id: int | None
    review_state: str | None
    is_answered: bool  # the last review is decided, about the inputs of now
    reviewed_inference_id: int | None
    reviewer_id: int | None
    decided_by_id: int | None
    decided_date: datetime | None
    waiver_id: int | None
    fingerprint: str
    codes: str | None
    sees_review: bool  # the current user is one of the people of the deployment
    was_held: bool  # the last line of the gate's log says so
    held_inference_id: int | None  # what it was held for, where the serving version would let it through

    @property
    def is_held(self):
        return self.standing in HELD


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _gate_judge(self, bills):
        """Score those of `bills` that are new or changed, in one go; {bill id: Verdict}, of those this gate is for.

        It counts as asked by the current user. Bills are read in sudo: who may post a bill may have it looked at.
        """
        self.ensure_one()
        bills = bills.sudo().filtered(lambda bill: bill.move_type in PURCHASE_TYPES)
        inside = self._gate_scope(bills)
        if inside:
            self._score(inside)
            if warned := self._gate_warned_anew(inside):
                self._score(inside.browse(warned), again=True)
        bills.invalidate_recordset(["ai_is_held", "alerts"], flush=False)
        verdicts = self._gate_verdicts(bills, self)
        covered = self._gate_covered(bills - inside)
        for bill in bills - inside:
            if bill.id not in verdicts or verdicts[bill.id].standing in ("clean", "opened", "small"):
                verdicts.pop(bill.id, None)
                if bill in covered:
                    verdicts[bill.id] = self._outside_verdict(bill)
        if changed := self._gate_changed_below(verdicts.values(), bills.ids):
            # It says so much else than what was reviewed that the answer is not about it, though it scores the same.
            self._score(bills.browse(changed) & inside, again=True)
            for move_id, verdict in self._gate_verdicts(bills.browse(changed), self).items():
                if verdict.standing == "released":
                    verdict = verdict._replace(standing="risky", is_answered=False)
                verdicts[move_id] = verdict
        return verdicts

    def _outside_verdict(self, bill):
        nothing = dict.fromkeys(Verdict._fields)
        return Verdict(
            **nothing
            | {"move_id": bill.id, "deployment_id": self.id, "gate": self.gate, "standing": "outside"}
            | {"is_answered": False, "sees_review": False, "was_held": False}
        )

    def _gate_verdicts(self, bills, gate=None):
        """Return {bill id: Verdict} as things stand; nothing is scored.

        :param gate: the gate that is asked; None: any, and where there are two, the one that holds the bill
        """
        if not bills.ids:
            return {}
        self._gate_flush(bills)
        rows = self.env.execute_query(
            SQL(
                "SELECT move.id, gated.* FROM account_move move, LATERAL (%s) gated WHERE move.id = ANY(%s)",
                self._gate_sql("move"),
                list(bills.ids),
            )
        )
        verdicts = {}
        for verdict in (Verdict(*row) for row in rows):
            known = verdicts.get(verdict.move_id)
            if (gate is None or verdict.deployment_id == gate.id) and not (known and known.is_held):
                verdicts[verdict.move_id] = verdict
        return verdicts

    def _gate_flush(self, bills):
        bills.flush_model(
            [
                "amount_total",
                "amount_total_signed",
                "amount_untaxed",
                "commercial_partner_id",
                "company_id",
                "currency_id",
                "date",
                "invoice_date",
                "move_type",
                "partner_bank_id",
                "partner_id",
                "ref",
                "state",
            ]
        )
        bills._ai_flush_makers()
        self.env["res.currency.rate"].flush_model()
        self.env["ai.deployment"].flush_model()
        self.env["ai.deployment.review"].flush_model()
        self.env["ai.deployment.waiver"].flush_model()

    def _gate_sql(self, alias):
        """SELECT of what `Verdict` holds, its id aside, for the row `alias` of account_move; no row without a gate."""
        move = SQL.identifier(alias)
        bills = self.env["account.move"]
        fingerprint, makers = bills._ai_fingerprint_sql(alias), bills._ai_makers_sql(alias)
        # That of the bill's company, or of the nearest one above it: its path in the tree is the longest. And that of a
        # company which the bill has left, or of one above it that holds the bill still.
        at_work = SQL(
            "%(gate)s.res_model = 'account.move' AND %(gate)s.is_primary AND %(gate)s.active"
            " AND %(gate)s.state = 'production' AND %(gate)s.gate <> 'off'",
            gate=SQL.identifier("standing"),
        )
        gate = SQL(
            "SELECT standing.* FROM ai_deployment standing JOIN res_company home ON home.id = standing.company_id"
            " JOIN res_company own ON own.id = %(move)s.company_id WHERE %(at_work)s AND (standing.id = ("
            "  SELECT standing.id FROM ai_deployment standing JOIN res_company home ON home.id = standing.company_id"
            "  JOIN res_company own ON own.id = %(move)s.company_id AND STARTS_WITH(own.parent_path, home.parent_path)"
            "  WHERE %(at_work)s ORDER BY LENGTH(home.parent_path) DESC, standing.id DESC LIMIT 1)"
            " OR NOT STARTS_WITH(own.parent_path, home.parent_path) OR (SELECT kind = 'held'"
            "  FROM ai_deployment_gate_event WHERE deployment_id = standing.id AND res_id = %(move)s.id"
            "  ORDER BY id + 0 DESC LIMIT 1))",
            move=move,
            at_work=at_work,
        )
        # Each looked up by itself in an index; the sum keeps the order from being read from the primary key instead.
        # A question that nobody answered in time does not take back the answer before it, but a withdrawn one is gone.
        # A second opinion looks at the reviewers, not at the bill: it holds nothing while it is open.
        line = SQL(
            "SELECT id, review_reason, incumbent_value >= 0.5 AND %s AS warned FROM ai_deployment_inference"
            " WHERE deployment_id = gate.id AND res_id = %s.id ORDER BY id + 0 DESC LIMIT 1",
            _asks_where_odoo_warns(),
            move,
        )
        review = SQL(
            "SELECT asked.id, asked.state, asked.reason, asked.ground_truth, asked.reviewer_id, asked.decided_by_id,"
            " asked.decided_date, asked.version_id, asked.inference_id, about.codes,"
            " about.incumbent_value >= 0.5 AS knew_warning,"
            " (asked.is_label OR NOT EXISTS (SELECT FROM ai_deployment_review WHERE previous_id = asked.id))"
            # The second person has to have seen the same bill as the first.
            "  AND (asked.kind <> 'four_eyes' OR before.fingerprint = asked.fingerprint) AS stands,"
            " asked.fingerprint"
            " FROM ai_deployment_review asked LEFT JOIN ai_deployment_inference about ON about.id = asked.inference_id"
            " LEFT JOIN ai_deployment_review before ON before.id = asked.previous_id"
            " WHERE asked.deployment_id = gate.id AND asked.res_id = %s.id AND asked.state <> 'expired'"
            " AND NOT (asked.state = 'open' AND asked.kind = 'second_opinion')"
            " ORDER BY asked.id + 0 DESC LIMIT 1",
            move,
        )
        passed = SQL(
            "SELECT id FROM ai_deployment_gate_event WHERE deployment_id = gate.id AND res_id = %s.id"
            " AND kind = 'passed' AND fingerprint = %s AND codes IS NOT DISTINCT FROM score.codes"
            " AND (is_maker OR gate.gate_maker_may_pass OR %s) LIMIT 1",
            move,
            fingerprint,
            _no_maker(makers, "user_id"),
        )
        waiver = SQL(
            "SELECT id FROM ai_deployment_waiver WHERE deployment_id = gate.id AND active AND end_date >= %s"
            " AND partner_id = %s.commercial_partner_id AND (reason IS NULL OR reason = looked.reason)"
            " AND (gate.gate_maker_may_pass OR %s AND %s) ORDER BY id LIMIT 1",
            clock.today(),
            move,
            _no_maker(makers, "user_id"),
            _no_maker(makers, "changed_by_id"),
        )
        held = SQL(
            "SELECT event.kind = 'held' AS pending, line.version_id, event.inference_id"
            " FROM ai_deployment_gate_event event"
            " LEFT JOIN ai_deployment_inference line ON line.id = event.inference_id"
            " WHERE event.deployment_id = gate.id AND event.res_id = %s.id ORDER BY event.id + 0 DESC LIMIT 1",
            move,
        )
        # What Odoo itself warns of is risky where that is a reason to ask, whether or not a day had room for a review.
        looked = SQL(
            "SELECT found.risky OR COALESCE(line.warned, FALSE) AS risky,"
            # Held by a version before, and nobody has looked since.
            " held.pending IS TRUE AND held.version_id IS DISTINCT FROM score.version_id"
            "  AND NOT (answer.spoken AND review.ground_truth = 'negative') AS remembered,"
            " CASE WHEN score.state <> 'scored' THEN 'failed'"
            "  WHEN answer.truth = 'positive' THEN review.reason"
            "  WHEN line.warned AND NOT found.risky THEN 'disagreement'"
            "  WHEN line.review_reason IN ('audit', 'failed') THEN 'flagged'"
            "  ELSE COALESCE(line.review_reason, 'flagged') END AS reason"
            " FROM (SELECT COALESCE(CASE gate.gate_risk"
            "  WHEN 'score' THEN score.predicted_value >= gate.gate_score"
            "  WHEN 'review' THEN line.review_reason NOT IN ('audit', 'failed')"
            "  ELSE score.prediction OR line.review_reason = 'flagged' END, FALSE) AS risky) AS found"
        )
        answer = SQL(
            "SELECT as_it_is.spoken, about_now.given, CASE WHEN about_now.given THEN review.ground_truth END AS truth"
            " FROM (SELECT COALESCE(review.state = 'decided' AND review.stands"
            "  AND review.fingerprint = %s, FALSE) AND %s AS spoken) as_it_is,"
            " LATERAL (SELECT COALESCE(as_it_is.spoken AND score.state = 'scored'"
            "  AND review.codes = score.codes AND review.version_id = score.version_id, FALSE)"
            "  AND (review.knew_warning OR line.warned IS NOT TRUE) IS TRUE AS given) about_now",
            fingerprint,
            _no_maker(makers, "review.decided_by_id"),
        )
        # Whoever enters a bill also says its rate, so the rate of the books counts too where there is one.
        rate = SQL(
            "(SELECT NULLIF(foreign_rate.rate, 0) / (%(own)s) FROM (%(foreign)s) foreign_rate)",
            foreign=_rate_of(move, SQL("%s.currency_id", move)),
            own=SQL(
                "SELECT COALESCE((SELECT NULLIF(home.rate, 0) FROM (%s) home), 1)",
                _rate_of(move, SQL("(SELECT currency_id FROM res_company WHERE id = %s.company_id)", move)),
            ),
        )
        standing = SQL(
            "CASE WHEN gate.gate_from_amount > 0 AND GREATEST(ABS(%(move)s.amount_total_signed),"
            "  ABS(%(move)s.amount_total) / %(rate)s) < gate.gate_from_amount THEN 'small'"
            " WHEN passed.id IS NOT NULL THEN 'passed'"
            " WHEN answer.truth = 'positive' THEN 'unusual'"
            " WHEN score.state = 'scored' AND NOT looked.risky AND NOT looked.remembered THEN 'clean'"
            " WHEN answer.truth = 'negative' THEN 'released'"
            " WHEN score.state <> 'scored' AND gate.gate_unavailable = 'open' THEN 'opened'"
            " WHEN waiver.id IS NOT NULL THEN 'waived'"
            " WHEN score.state <> 'scored' THEN 'unscored'"
            " ELSE 'risky' END",
            move=move,
            rate=rate,
        )
        people = SQL(
            "%(manager)s OR gate.user_id = %(uid)s OR gate.deputy_id = %(uid)s OR EXISTS (SELECT FROM"
            " ai_deployment_reviewer_rel WHERE ai_deployment_id = gate.id AND res_users_id = %(uid)s)",
            manager=self.env.user.has_group("ai_deployment.group_manager"),
            uid=self.env.uid,
        )
        return SQL(
            "SELECT gate.id, gate.gate, %(standing)s AS standing, looked.reason, score.failure_type, line.id,"
            " review.id, review.state, answer.given, review.inference_id, review.reviewer_id,"
            " review.decided_by_id, review.decided_date, waiver.id, %(fingerprint)s, score.codes, %(people)s,"
            " COALESCE(held.pending, FALSE), CASE WHEN looked.remembered THEN held.inference_id END"
            " FROM (%(gate)s) gate"
            " JOIN ai_deployment_score score ON score.deployment_id = gate.id AND score.res_id = %(move)s.id"
            " LEFT JOIN LATERAL (%(line)s) line ON TRUE"
            " LEFT JOIN LATERAL (%(review)s) review ON TRUE"
            " LEFT JOIN LATERAL (%(passed)s) passed ON TRUE"
            " LEFT JOIN LATERAL (%(held)s) held ON TRUE"
            " CROSS JOIN LATERAL (%(answer)s) answer"
            " CROSS JOIN LATERAL (%(looked)s) looked"
            " LEFT JOIN LATERAL (%(waiver)s) waiver ON TRUE",
            gate=gate,
            standing=standing,
            fingerprint=fingerprint,
            people=people,
            move=move,
            line=line,
            review=review,
            passed=passed,
            answer=answer,
            looked=looked,
            waiver=waiver,
            held=held,
        )

    def _gate_warned_anew(self, bills):
        """Ids of bills of which Odoo says something else than when they were scored last: another one came since.

        Only where that is a reason to ask a person.
        """
        if routing.DISAGREEMENT not in self._rules_on():
            return []
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT ON (res_id) res_id, incumbent_value FROM ai_deployment_inference"
                " WHERE deployment_id = %s AND res_id = ANY(%s) AND failure_type IS NULL ORDER BY res_id, id DESC",
                self.id,
                list(bills.ids),
            )
        )
        logged, now = dict(rows), bills._ai_incumbent()
        return [res_id for res_id, opinion in now.items() if res_id in logged and opinion != (logged[res_id] or 0.0)]

    def _gate_changed_below(self, verdicts, together):
        """Ids of released bills whose own inputs are others than those reviewed, though their bins are the same.

        The highest bin has no end: whoever had 20,000 released could post two million under the same codes.

        :param together: ids of all bills that are judged together
        """
        released = {v.reviewed_inference_id: v.move_id for v in verdicts if v.standing == "released"}
        if not released:
            return []
        if self.champion_id._fault():  # nothing can be compared, so nothing says that they are what was reviewed
            return list(released.values())
        specs = self.champion_id._specs()
        compared = [
            (place, spec)
            for place, spec in enumerate(specs.values())
            if spec["source"] == "path" or (spec["source"] == "history" and spec["measure"] == "ratio")
        ]
        if not compared:
            return []
        columns = self._columns([spec for _place, spec in compared], list(released.values()), together)
        now = json_rows(
            [columns[spec["key"]].kind for _place, spec in compared],
            [columns[spec["key"]].values for _place, spec in compared],
        )
        logged = dict(
            self.env.execute_query(
                SQL("SELECT id, inputs FROM ai_deployment_inference WHERE id = ANY(%s)", list(released))
            )
        )
        changed = []
        for (inference_id, move_id), row in zip(released.items(), now, strict=True):
            before = logged.get(inference_id) or [None] * len(specs)
            for (place, spec), value in zip(compared, json.loads(row), strict=True):
                if not _says_the_same(spec, before[place], value):
                    changed.append(move_id)
                    break
        return changed

    # What is kept of it

    def _gate_keep(self, verdicts):
        """Held bills have an open review with somebody to look at it, and a line in the log of the gate."""
        if not verdicts:
            return
        asked = self._gate_ask(verdicts)
        verdicts = [verdict._replace(review_id=asked.get(verdict.move_id, verdict.review_id)) for verdict in verdicts]
        told = self._gate_told([verdict.move_id for verdict in verdicts])
        verdicts = [v._replace(inference_id=v.held_inference_id or v.inference_id) for v in verdicts]
        new = [v for v in verdicts if told.get(v.move_id) != ("held", v.inference_id, v.review_id)]
        self.env["ai.deployment.gate.event"]._log(self, "held", new)

    def _gate_told(self, move_ids):
        """{bill id: (what the last line of the log says, its inference, its review)}."""
        return {
            move_id: tuple(rest)
            for move_id, *rest in self.env.execute_query(
                SQL(
                    "SELECT DISTINCT ON (res_id) res_id, kind, inference_id, review_id FROM ai_deployment_gate_event"
                    " WHERE deployment_id = %s AND res_id = ANY(%s) ORDER BY res_id, id DESC",
                    self.id,
                    move_ids,
                )
            )
        }

    def _gate_ask(self, verdicts):
        """Open the reviews that risky bills lack, and look for a reviewer at once; {bill id: review id}."""
        reviews = self.env["ai.deployment.review"].sudo()
        lacking = [
            verdict
            for verdict in verdicts
            if verdict.standing == "risky" and verdict.review_state != "open" and not verdict.is_answered
        ]
        lines = self.env["ai.deployment.inference"].sudo().browse(verdict.inference_id for verdict in lacking)
        # One question about a record at a time: a second opinion about the bill as it was is not wanted any more.
        others = Domain("deployment_id", "=", self.id) & Domain("res_id", "in", lines.mapped("res_id"))
        reviews.search(others & Domain("state", "=", "open"))._set_aside("withdrawn")
        asked = reviews.create(
            [
                {
                    "deployment_id": self.id,
                    "version_id": line.version_id.id,
                    "company_id": line.company_id.id,
                    "res_model": line.res_model,
                    "res_id": line.res_id,
                    "inference_id": line.id,
                    "opened_date": clock.now(),
                    **self._review_values(line),
                    "reason": verdict.reason,
                    "predicted_value": line.predicted_value,
                    "prediction": line.prediction,
                    "confidence": line.confidence,
                }
                for verdict, line in zip(lacking, lines, strict=True)
            ]
        )
        waiting = reviews.browse(verdict.review_id for verdict in verdicts if verdict.review_state == "open")
        if unassigned := asked + waiting.filtered(lambda review: not review.is_assigned):
            unassigned._assign()
            wake(self.env, "ir_cron_assign_reviews")
        return {review.res_id: review.id for review in asked}

    # Words

    def _gate_sentence(self, verdict):
        """Why this bill is held and what to do, in one or two sentences."""
        reasons = dict(self.env["ai.deployment.review"]._fields["reason"]._description_selection(self.env))
        why = reasons[verdict.reason]
        if verdict.reason == routing.DISAGREEMENT and (warnings := self._gate_warnings(verdict)):
            why = warnings
        if verdict.standing == "unscored":
            kinds = dict(self.env["ai.deployment.review"]._fields["failure_type"]._description_selection(self.env))
            why = kinds.get(verdict.failure_type, why)
            return self.env._("%s. Complete it, or have it passed with a reason.", why)
        if verdict.is_answered:
            names = {
                "person": self.env["res.users"].sudo().browse(verdict.decided_by_id).name,
                "date": format_date(self.env, verdict.decided_date),
            }
            if verdict.standing == "unusual":
                return self.env._(
                    "Reviewed by %(person)s on %(date)s: unusual. Correct it, or have it passed with a reason.", **names
                )
            return self.env._(
                "%(person)s could not tell on %(date)s. Correct it, or have it passed with a reason.", **names
            )
        if verdict.review_state == "open" and verdict.reviewer_id:
            person = self.env["res.users"].sudo().browse(verdict.reviewer_id).name
            return self.env._("%(why)s. %(person)s was asked to look at it.", why=why, person=person)
        return self.env._("%s. A reviewer is asked to look at it.", why)

    def _gate_warnings(self, verdict):
        """What Odoo warns of on the bill, in its own words, without the full stop; empty where it warns no more."""
        bill = self.env["account.move"].browse(verdict.move_id).with_context(disable_abnormal_invoice_detection=False)
        return " ".join(" ".join(bill._ai_warnings()).split()).rstrip(".")


class AiDeploymentReview(models.Model):
    _inherit = "ai.deployment.review"

    _record_idx = models.Index("(deployment_id, res_id)")


def _asks_where_odoo_warns():
    """SQL of whether the reason "Odoo's own opinion differs" is on at the gate: see `_rules_on`."""
    unset = any(reason == routing.DISAGREEMENT and is_on for reason, (is_on, _priority) in DEFAULTS.items())
    return SQL(
        "COALESCE(gate.routing_rules -> 'on' @> %s::jsonb, %s)", json.dumps([{"reason": routing.DISAGREEMENT}]), unset
    )


def _rate_of(move, currency):
    """SELECT of the rate of `currency` that Odoo itself would take for the row `move`; no row where there is none."""
    return SQL(
        "SELECT rate FROM res_currency_rate WHERE currency_id = %(currency)s"
        " AND name <= COALESCE(%(move)s.invoice_date, %(move)s.date) AND (company_id IS NULL OR company_id ="
        "  (SELECT SPLIT_PART(parent_path, '/', 1)::int FROM res_company WHERE id = %(move)s.company_id))"
        " ORDER BY company_id, name DESC LIMIT 1",
        currency=currency,
        move=move,
    )


def _no_maker(makers, user):
    """SQL of whether `user` (an SQL expression in text) is none of `makers`; Odoo's own account never is one."""
    return SQL(
        "(%(user)s IS NULL OR %(user)s = %(system)s OR %(user)s NOT IN (SELECT made.user_id FROM (%(makers)s)"
        " made (user_id) WHERE made.user_id IS NOT NULL))",
        user=SQL(user),
        system=SUPERUSER_ID,
        makers=makers,
    )


def _says_the_same(spec, before, now):
    if spec["source"] != "history" or before is None or now is None:
        return before == now
    return abs(now - before) <= NEAR * abs(before)
