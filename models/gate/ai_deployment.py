"""The gate on posting: which deployment stands at it, what it holds, and when it opens by itself.

One gate per company and its branches: that of the deployment on bills that is shown on records and in production. A
deployment in proof or in shadow holds nothing and says nothing. One that was switched off, retired, lost its version or
is not looked after any more stands open, and says so on each bill that it would have looked at, until somebody sets its
gate to off.

What is judged about a bill stands in `ai_deployment_gate_judge`, where bills meet it in `account_move_posting`.
"""

from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..documents.account_move import PURCHASE_TYPES
from ..tools import clock
from ..tools.trust import own

GATES = [("off", "Off"), ("warn", "Say so and let it pass"), ("block", "Hold it")]
GATE_FIELDS = {
    "gate",
    "gate_from_amount",
    "gate_risk",
    "gate_score",
    "gate_unavailable",
    "gate_stale_days",
    "gate_maker_may_pass",
}
OPEN = "gate:open"  # the cause of the alert
STANDING = Domain("res_model", "=", "account.move") & Domain("is_primary", "=", True) & Domain("gate", "!=", "off")


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    gate = fields.Selection(
        GATES,
        "Before a Bill Is Posted",
        required=True,
        default="off",
        tracking=True,
        copy=False,
        help="What happens when somebody, or something, posts a bill that is risky and that nobody has looked at.",
    )
    gate_from_amount = fields.Float(
        "From This Amount",
        tracking=True,
        copy=False,
        help="In the currency of the company. Smaller bills are posted without a look. 0: any amount.",
    )
    gate_risk = fields.Selection(
        [
            ("flagged", "What it finds unusual"),
            ("score", "A score from"),
            ("review", "Whatever it sends to a person, random checks aside"),
        ],
        "What Is Risky",
        required=True,
        default="flagged",
        tracking=True,
        copy=False,
        help="Beside this, a bill that a person has found unusual as it is now is always held.",
    )
    gate_score = fields.Float("Score", default=0.99, tracking=True, copy=False)
    gate_unavailable = fields.Selection(
        [("open", "Post it, and say so"), ("closed", "Hold it")],
        "If a Bill Cannot Be Scored",
        required=True,
        default="open",
        tracking=True,
        copy=False,
    )
    gate_stale_days = fields.Integer(
        "Opens When Not Looked After for Days",
        default=28,
        tracking=True,
        copy=False,
        help="When its review is overdue, its reports are missing, or watching it has failed for longer than this, the "
        "gate opens and the owner is told. 0: it stays closed.",
    )
    gate_maker_may_pass = fields.Boolean(
        "Makers May Pass Their Own Bills",
        tracking=True,
        copy=False,
        help="For companies of one person. Otherwise whoever made a bill cannot pass it. Set by an administrator.",
    )
    waiver_ids = fields.One2many("ai.deployment.waiver", "deployment_id", "Waivers")

    _gate_amount_not_negative = models.Constraint(
        "CHECK(gate_from_amount >= 0)", "The amount from which bills are held cannot be negative."
    )
    _gate_score_is_share = models.Constraint(
        "CHECK(gate_score BETWEEN 0 AND 1)", "The score from which bills are held lies between 0 and 100 %."
    )
    _gate_stale_not_negative = models.Constraint("CHECK(gate_stale_days >= 0)", "A number of days is not negative.")

    @api.constrains("gate", "model_id")
    def _check_gate(self):
        for deployment in self:
            if deployment.gate != "off" and deployment.res_model != "account.move":
                raise ValidationError(self.env._("Only bills are held before they are posted."))

    def _follow_written_gate(self, vals):
        asked = GATE_FIELDS & vals.keys()
        if asked and not self.env.su and not self.env.user.has_group("ai_deployment.group_manager"):
            for deployment in self:
                changed = any(vals[name] != deployment[name] for name in asked)
                if changed and deployment.user_id != self.env.user:
                    raise AccessError(self.env._("Only the owner or an administrator may change the gate."))
        yield

    # Who stands at the gate

    @api.model
    def _gates_of(self, companies):
        """The deployments at the gate of `companies`, in sudo."""
        first, *others = [*dict.fromkeys(self._gate_per_company(companies).values())] or [self.sudo().browse()]
        return first.concat(*others)

    @api.model
    def _gate_per_company(self, companies):
        """The deployment at the gate of each of `companies` that has one: {company id: deployment in sudo}.

        A branch has that of the nearest company above it, where it has none of its own; one in production comes before
        one that cannot hold anything, an archived one last. Without the context of the caller: a key of it would end in
        reviews and in the log.
        """
        clean = own(self)
        found = clean.with_context(active_test=False).search(
            STANDING
            & Domain("company_id", "in", companies._ai_above_sql())
            & Domain("state", "in", ("production", "suspended", "retired")),
            order="id desc",
        )
        active = found.filtered("active")
        live = active.filtered(lambda deployment: deployment.state == "production")
        gates = {}
        for some in (found - active, active, live):  # the later ones win; of one company, the latest
            latest = {deployment.company_id.id: deployment.id for deployment in some.sorted("id")}
            nearest = companies._ai_nearest(latest.keys())
            gates.update({company: clean.browse(latest[above]) for company, above in nearest.items()})
        return gates

    @api.model
    def _gates_for(self, bills):
        """The gates that `bills` have to pass: those of their companies, and of the company that one was moved from."""
        gates = self._gates_of(bills.company_id)
        self.env["ai.deployment"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT gate.id FROM ai_deployment gate WHERE gate.res_model = 'account.move' AND gate.is_primary"
                " AND gate.active AND gate.state = 'production' AND gate.gate <> 'off' AND gate.id <> ALL(%s)"
                " AND EXISTS (SELECT FROM ai_deployment_score score WHERE score.deployment_id = gate.id"
                "  AND score.res_id = ANY(%s))",
                gates.ids,
                bills.ids,
            )
        )
        return gates + gates.browse(row[0] for row in rows)

    def _gate_is_open_because(self):
        """Why this gate cannot hold anything at this moment, in one sentence; empty where it can."""
        self.ensure_one()
        if self.state == "retired":
            return self.env._("“%s” was retired.", self.name)
        if self.state != "production" or not self.active:
            return self.env._("“%s” is switched off.", self.name)
        if not self.champion_id:
            return self.env._("“%s” has no version that serves.", self.name)
        if self.gate_stale_days:
            return self._gate_is_stale_because()
        return ""

    def _gate_is_stale_because(self):
        """Overdue by more than `gate_stale_days`: the owner's review, the weekly report, or the end of a failure."""
        days = timedelta(days=self.gate_stale_days)
        if clock.today() - self.review_date > days:
            return self.env._(
                "The review of “%(name)s” was due on %(date)s.",
                name=self.name,
                date=format_date(self.env, self.review_date),
            )
        self.env["ai.deployment.alert"].flush_model(["state", "cause", "opened_date"])
        [(first_day, serving, reported, failing)] = self.env.execute_query(
            SQL(
                "SELECT (SELECT MIN(day) FROM ai_deployment_profile WHERE version_id = %(version)s),"
                " (SELECT MAX(start_date) FROM ai_deployment_assignment WHERE deployment_id = %(id)s"
                "  AND role = 'champion' AND end_date IS NULL),"
                " (SELECT MAX(date) FROM ai_deployment_report WHERE version_id = %(version)s AND kind = 'drift'),"
                " (SELECT MIN(opened_date) FROM ai_deployment_alert WHERE deployment_id = %(id)s"
                "  AND cause = 'broken:monitor' AND state IN ('firing', 'acknowledged'))",
                version=self.champion_id.id,
                id=self.id,
            )
        )
        overdue = clock.now() - days
        if failing and failing < overdue:
            return self.env._("Watching “%s” has failed for too long.", self.name)
        begun = max(filter(None, (first_day and datetime.combine(first_day, time.min), serving)), default=None)
        if first_day and begun < overdue and (not reported or reported < overdue):
            return self.env._("There was no report on “%s” for too long.", self.name)
        return ""

    def _gate_covered(self, bills):
        """Those of `bills` that belong to the company of this gate, or to a branch without a gate of its own."""
        bills = bills.filtered(lambda bill: bill.move_type in PURCHASE_TYPES)
        if bills.company_id - self.company_id:
            gates = self._gate_per_company(bills.company_id)
            bills = bills.filtered(lambda bill: gates.get(bill.company_id.id) == self)
        return bills

    def _gate_scope(self, bills):
        """Those of `bills` that this gate is for: of its company, and of branches that have no gate of their own."""
        bills = self._gate_covered(bills)
        domain = self._record_domain()
        if domain.is_true() or not bills:
            return bills
        return bills.browse(bills.with_context(active_test=False)._search(domain & Domain("id", "in", bills.ids)))

    # The alert

    def _tell_gate_is_open(self, why):
        """The owner hears of it once, not once per bill; posting does not wait for others who tell it as well."""
        alerts = self.env["ai.deployment.alert"].sudo()
        known = Domain("deployment_id", "=", self.id) & Domain("cause", "=", OPEN)
        if not alerts.search_count(known & Domain("state", "in", ("firing", "acknowledged")), limit=1):
            alerts._raise(
                self,
                OPEN,
                name=self.env._("Bills are posted without a look: %s", why),
                suggestion=self.env._("See to it, or set the gate to off where it is not wanted any more."),
            )


class AiDeploymentAlert(models.Model):
    _inherit = "ai.deployment.alert"

    @api.model
    def _daily_steps(self):
        """An open gate is over when it can hold again, or was set to off."""
        told = self.sudo().search(Domain("cause", "=", OPEN) & Domain("state", "!=", "resolved"))
        return super()._daily_steps() + [alert._end_open_gate for alert in told]

    def _end_open_gate(self):
        deployment = self.deployment_id
        if deployment.gate == "off" or not deployment._gate_is_open_because():
            self._resolve(deployment, OPEN)
