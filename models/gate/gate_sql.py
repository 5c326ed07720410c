"""Compute the gate status of vendor bills in SQL, shared by posting, banner and the filter "Held".

Values of `Verdict.status`:

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

A held bill stays held until somebody looked. So the status is about bills that the gate's deployment has scored,
whichever company, kind or filter they belong to by now; and a bill that was held stays risky although another version
finds nothing, until an answer, a pass or a waiver says otherwise (`remembered`).

An answer and a pass are about the bill as it was (`fingerprint`), and by nobody who wrote what is judged of it.
"""

import json
from datetime import datetime
from typing import NamedTuple

from odoo.api import SUPERUSER_ID, Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from ...ml import routing
from ..documents.account_move import FINGERPRINT_FIELDS
from ..routing.rules import DEFAULTS
from ..tools import clock

HELD = ("risky", "unusual", "unscored")
READ = (*FINGERPRINT_FIELDS, "amount_total_signed", "company_id", "date", "state")  # of a bill, for its status


class Verdict(NamedTuple):
    """The status of one bill at one gate; the fields are the columns of `StatusSql.select`."""

    move_id: int
    deployment_id: int
    gate: str
    status: str
    reason: str | None = None  # of REVIEW_REASONS: why it is risky, where it is
    failure_type: str | None = None
    inference_id: int | None = None
    review_id: int | None = None
    review_state: str | None = None
    is_answered: bool = False  # the last review is decided, about the inputs of now
    reviewed_inference_id: int | None = None
    reviewer_id: int | None = None
    decided_by_id: int | None = None
    decided_date: datetime | None = None
    waiver_id: int | None = None
    fingerprint: str | None = None
    codes: str | None = None
    sees_review: bool = False  # the current user is one of the people of the deployment
    was_held: bool = False  # the last line of the gate's log says so
    held_inference_id: int | None = None  # what it was held for, where the serving version would let it through

    @property
    def is_held(self) -> bool:
        return self.status in HELD

    @property
    def is_blocked(self) -> bool:
        return self.is_held and self.gate == "block"


def outside(gate: BaseModel, bill: BaseModel) -> Verdict:
    """Return the verdict on a bill that the filter of `gate` leaves out."""
    return Verdict(bill.id, gate.id, gate.gate, "outside")


def verdicts(bills: BaseModel, gate: BaseModel | None = None) -> dict[int, Verdict]:
    """Return {bill id: Verdict} of bills that were scored at a gate, as stored; nothing is scored.

    :param gate: the gate that is asked; None: any, and where there are two, the one that holds the bill
    """
    if not bills.ids:
        return {}
    flush(bills)
    rows = bills.env.execute_query_dict(
        SQL(
            "SELECT move.id AS move_id, gated.* FROM account_move move, LATERAL (%s) gated WHERE move.id = ANY(%s)",
            StatusSql(bills.env, "move").select(),
            list(bills.ids),
        )
    )
    found: dict[int, Verdict] = {}
    for verdict in (Verdict(**row) for row in rows):
        known = found.get(verdict.move_id)
        if (gate is None or verdict.deployment_id == gate.id) and not (known and known.is_held):
            found[verdict.move_id] = verdict
    return found


def flush(bills: BaseModel) -> None:
    """Write what `StatusSql` reads to the database."""
    bills.flush_model(READ)
    bills._ai_flush_makers()
    for model in ("res.currency.rate", "ai.deployment", "ai.deployment.review", "ai.deployment.waiver"):
        bills.env[model].flush_model()


class StatusSql:
    """The status of a row of account_move, as SQL.

    :param alias: of account_move in the query around
    """

    def __init__(self, env: Environment, alias: str) -> None:
        bills = env["account.move"]
        self.env = env
        self.move = SQL.identifier(alias)
        self.fingerprint = bills._ai_fingerprint_sql(alias)
        self.makers = bills._ai_makers_sql(alias)

    def is_held(self) -> SQL:
        """Return a condition: a gate that blocks holds the bill."""
        return SQL(
            "EXISTS (SELECT FROM (%s) gated WHERE gated.gate = 'block' AND gated.status IN %s)", self.select(), HELD
        )

    def select(self) -> SQL:
        """Return a SELECT of the fields of `Verdict`, `move_id` aside: a row for each gate of the bill."""
        return SQL(
            "SELECT gate.id AS deployment_id, gate.gate, %(status)s AS status, looked.reason, score.failure_type,"
            " line.id AS inference_id, review.id AS review_id, review.state AS review_state,"
            " answer.given AS is_answered, review.inference_id AS reviewed_inference_id, review.reviewer_id,"
            " review.decided_by_id, review.decided_date, waiver.id AS waiver_id, %(fingerprint)s AS fingerprint,"
            " score.codes, %(people)s AS sees_review, COALESCE(held.pending, FALSE) AS was_held,"
            " CASE WHEN looked.remembered THEN held.inference_id END AS held_inference_id"
            " FROM (%(gate)s) gate"
            " JOIN ai_deployment_score score ON score.deployment_id = gate.id AND score.res_id = %(move)s.id"
            " LEFT JOIN LATERAL (%(line)s) line ON TRUE"
            " LEFT JOIN LATERAL (%(review)s) review ON TRUE"
            " LEFT JOIN LATERAL (%(passed)s) passed ON TRUE"
            " LEFT JOIN LATERAL (%(held)s) held ON TRUE"
            " CROSS JOIN LATERAL (%(answer)s) answer"
            " CROSS JOIN LATERAL (%(looked)s) looked"
            " LEFT JOIN LATERAL (%(waiver)s) waiver ON TRUE",
            gate=self._gates(),
            status=self._status(),
            fingerprint=self.fingerprint,
            people=self._sees_review(),
            move=self.move,
            line=self._last_inference(),
            review=self._last_review(),
            passed=self._passed(),
            held=self._last_held(),
            answer=self._answer(),
            looked=self._risk(),
            waiver=self._waiver(),
        )

    def _gates(self) -> SQL:
        """SELECT of the gates of the bill.

        That of the bill's company, or of the nearest one above it: its path in the tree is the longest. And that of a
        company which the bill has left, or of one above it that holds the bill still.
        """
        live = SQL(
            "standing.res_model = 'account.move' AND standing.is_primary AND standing.active"
            " AND standing.state = 'production' AND standing.gate <> 'off'"
        )
        return SQL(
            "SELECT standing.* FROM ai_deployment standing JOIN res_company home ON home.id = standing.company_id"
            " JOIN res_company own ON own.id = %(move)s.company_id WHERE %(live)s AND (standing.id = ("
            "  SELECT standing.id FROM ai_deployment standing JOIN res_company home ON home.id = standing.company_id"
            "  JOIN res_company own ON own.id = %(move)s.company_id AND STARTS_WITH(own.parent_path, home.parent_path)"
            "  WHERE %(live)s ORDER BY LENGTH(home.parent_path) DESC, standing.id DESC LIMIT 1)"
            " OR NOT STARTS_WITH(own.parent_path, home.parent_path) OR (SELECT kind = 'held'"
            "  FROM ai_deployment_gate_event WHERE deployment_id = standing.id AND res_id = %(move)s.id"
            "  ORDER BY id + 0 DESC LIMIT 1))",
            move=self.move,
            live=live,
        )

    # Each of these is looked up by itself in an index; the sum (`id + 0`) keeps the planner from reading the primary
    # key in its order instead.

    def _last_inference(self) -> SQL:
        return SQL(
            "SELECT id, review_reason, incumbent_value >= 0.5 AND %s AS warned FROM ai_deployment_inference"
            " WHERE deployment_id = gate.id AND res_id = %s.id ORDER BY id + 0 DESC LIMIT 1",
            _asks_where_odoo_warns(),
            self.move,
        )

    def _last_review(self) -> SQL:
        """SELECT of the review that counts.

        A question that nobody answered in time does not take back the answer before it, but a withdrawn one is gone.
        A second opinion looks at the reviewers, not at the bill: it holds nothing while it is open.
        """
        return SQL(
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
            self.move,
        )

    def _passed(self) -> SQL:
        return SQL(
            "SELECT id FROM ai_deployment_gate_event WHERE deployment_id = gate.id AND res_id = %s.id"
            " AND kind = 'passed' AND fingerprint = %s AND codes IS NOT DISTINCT FROM score.codes"
            " AND (is_maker OR gate.gate_maker_may_pass OR %s) LIMIT 1",
            self.move,
            self.fingerprint,
            self._is_no_maker(SQL("user_id")),
        )

    def _last_held(self) -> SQL:
        return SQL(
            "SELECT event.kind = 'held' AS pending, line.version_id, event.inference_id"
            " FROM ai_deployment_gate_event event"
            " LEFT JOIN ai_deployment_inference line ON line.id = event.inference_id"
            " WHERE event.deployment_id = gate.id AND event.res_id = %s.id ORDER BY event.id + 0 DESC LIMIT 1",
            self.move,
        )

    def _answer(self) -> SQL:
        """SELECT of whether the last review is decided about the bill (`spoken`) and its inputs (`given`) as of now."""
        return SQL(
            "SELECT as_it_is.spoken, about_now.given, CASE WHEN about_now.given THEN review.ground_truth END AS truth"
            " FROM (SELECT COALESCE(review.state = 'decided' AND review.stands"
            "  AND review.fingerprint = %s, FALSE) AND %s AS spoken) as_it_is,"
            " LATERAL (SELECT COALESCE(as_it_is.spoken AND score.state = 'scored'"
            "  AND review.codes = score.codes AND review.version_id = score.version_id, FALSE)"
            "  AND (review.knew_warning OR line.warned IS NOT TRUE) IS TRUE AS given) about_now",
            self.fingerprint,
            self._is_no_maker(SQL("review.decided_by_id")),
        )

    def _risk(self) -> SQL:
        """SELECT of whether and why the bill is risky.

        What Odoo itself warns of is risky where that is a reason to ask, whether or not a day had quota for a review.
        `remembered`: it was held by a version before, and nobody has looked since.
        """
        return SQL(
            "SELECT found.risky OR COALESCE(line.warned, FALSE) AS risky,"
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

    def _waiver(self) -> SQL:
        return SQL(
            "SELECT id FROM ai_deployment_waiver WHERE deployment_id = gate.id AND active AND end_date >= %s"
            " AND partner_id = %s.commercial_partner_id AND (reason IS NULL OR reason = looked.reason)"
            " AND (gate.gate_maker_may_pass OR %s AND %s) ORDER BY id LIMIT 1",
            clock.today(),
            self.move,
            self._is_no_maker(SQL("user_id")),
            self._is_no_maker(SQL("changed_by_id")),
        )

    def _status(self) -> SQL:
        return SQL(
            "CASE WHEN gate.gate_from_amount > 0 AND GREATEST(ABS(%(move)s.amount_total_signed),"
            "  ABS(%(move)s.amount_total) / %(rate)s) < gate.gate_from_amount THEN 'small'"
            " WHEN passed.id IS NOT NULL THEN 'passed'"
            " WHEN answer.truth = 'positive' THEN 'unusual'"
            " WHEN score.state = 'scored' AND NOT looked.risky AND NOT looked.remembered THEN 'clean'"
            " WHEN answer.truth = 'negative' THEN 'released'"
            " WHEN score.state <> 'scored' AND gate.gate_unavailable = 'open' THEN 'bypassed'"
            " WHEN waiver.id IS NOT NULL THEN 'waived'"
            " WHEN score.state <> 'scored' THEN 'unscored'"
            " ELSE 'risky' END",
            move=self.move,
            rate=self._rate_of_the_books(),
        )

    def _rate_of_the_books(self) -> SQL:
        """Return the rate of the bill's currency in the books; NULL where there is none.

        Whoever enters a bill also enters its rate, so the rate of the books counts too.
        """
        return SQL(
            "(SELECT NULLIF(foreign_rate.rate, 0) / (%(own)s) FROM (%(foreign)s) foreign_rate)",
            foreign=self._rate_of(SQL("%s.currency_id", self.move)),
            own=SQL(
                "SELECT COALESCE((SELECT NULLIF(home.rate, 0) FROM (%s) home), 1)",
                self._rate_of(SQL("(SELECT currency_id FROM res_company WHERE id = %s.company_id)", self.move)),
            ),
        )

    def _rate_of(self, currency: SQL) -> SQL:
        """SELECT of the rate of `currency` that Odoo itself would take for the bill; no row where there is none."""
        return SQL(
            "SELECT rate FROM res_currency_rate WHERE currency_id = %(currency)s"
            " AND name <= COALESCE(%(move)s.invoice_date, %(move)s.date) AND (company_id IS NULL OR company_id ="
            "  (SELECT SPLIT_PART(parent_path, '/', 1)::int FROM res_company WHERE id = %(move)s.company_id))"
            " ORDER BY company_id, name DESC LIMIT 1",
            currency=currency,
            move=self.move,
        )

    def _sees_review(self) -> SQL:
        """Return a condition: the current user is one of the people of the deployment."""
        return SQL(
            "(%(manager)s OR gate.user_id = %(uid)s OR gate.deputy_id = %(uid)s OR EXISTS (SELECT FROM"
            " ai_deployment_reviewer_rel WHERE ai_deployment_id = gate.id AND res_users_id = %(uid)s))",
            manager=self.env.user.has_group("ai_deployment.group_manager"),
            uid=self.env.uid,
        )

    def _is_no_maker(self, user: SQL) -> SQL:
        """Return a condition: the user with the id `user` has not made the bill; Odoo's own account never has."""
        return SQL(
            "(%(user)s IS NULL OR %(user)s = %(system)s OR %(user)s NOT IN (SELECT made.user_id FROM (%(makers)s)"
            " made (user_id) WHERE made.user_id IS NOT NULL))",
            user=user,
            system=SUPERUSER_ID,
            makers=self.makers,
        )


def _asks_where_odoo_warns() -> SQL:
    """Return a condition: the reason "Odoo's own opinion differs" is on at the gate, see `_rules_on`."""
    unset = any(reason == routing.DISAGREEMENT and is_on for reason, (is_on, _priority) in DEFAULTS.items())
    return SQL(
        "COALESCE(gate.routing_rules -> 'on' @> %s::jsonb, %s)", json.dumps([{"reason": routing.DISAGREEMENT}]), unset
    )
