"""Find the gate of a bill, and tell whether it can hold anything.

One gate per company and its branches: the deployment on bills that is shown on records and in production. A deployment
that is a proof of concept or in shadow holds nothing and logs nothing. One that was suspended or retired, lost its
version or is not looked after any more is bypassed: it notes on each bill of its scope that the bill was posted without
a look, until somebody sets its gate to off.
"""

from datetime import datetime, time, timedelta

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL, format_date

from ..alerting.alert_kinds import BROKEN, GATE_BYPASSED, Cause
from ..documents.account_move import PURCHASE_TYPES
from ..tools import clock
from ..tools.existence import has_any
from ..tools.told import told
from ..tools.trust import own

STANDING = Domain("res_model", "=", "account.move") & Domain("is_primary", "=", True) & Domain("gate", "!=", "off")


def per_company(companies: BaseModel) -> dict[int, BaseModel]:
    """Return the deployment at the gate of each of `companies` that has one: {company id: deployment in sudo}.

    A branch has that of the nearest company above it, where it has none of its own; one in production comes before
    one that cannot hold anything, an archived one last. Without the context of the caller: a key of it would end in
    reviews and in the log.
    """
    deployments = own(companies.env["ai.deployment"])
    found = deployments.with_context(active_test=False).search(
        STANDING
        & Domain("company_id", "in", companies._ai_above_sql())
        & Domain("state", "in", ("production", "suspended", "retired")),
        order="id desc",
    )
    active = found.filtered("active")
    live = active.filtered(lambda deployment: deployment.state == "production")
    gates: dict[int, BaseModel] = {}
    for some in (found - active, active, live):  # the later ones win; of one company, the latest
        latest = {deployment.company_id.id: deployment.id for deployment in some.sorted("id")}
        nearest = companies._ai_nearest(latest.keys())
        gates.update({company: deployments.browse(latest[above]) for company, above in nearest.items()})
    return gates


def of_companies(companies: BaseModel) -> BaseModel:
    """Return the deployments at the gate of `companies`, in sudo."""
    return own(companies.env["ai.deployment"]).union(*per_company(companies).values())


def of_bills(bills: BaseModel) -> BaseModel:
    """Return the gates that `bills` have to pass, in sudo.

    Those of their companies, and of the company that one was moved from.
    """
    gates = of_companies(bills.company_id)
    gates.flush_model()
    rows = bills.env.execute_query(
        SQL(
            "SELECT gate.id FROM ai_deployment gate WHERE gate.res_model = 'account.move' AND gate.is_primary"
            " AND gate.active AND gate.state = 'production' AND gate.gate <> 'off' AND gate.id <> ALL(%s)"
            " AND EXISTS (SELECT FROM ai_deployment_score score WHERE score.deployment_id = gate.id"
            "  AND score.res_id = ANY(%s))",
            gates.ids,
            bills.ids,
        )
    )
    return gates + gates.browse(gate_id for (gate_id,) in rows)


class Gate:
    """The gate of one deployment: which bills it is for, and whether it can hold them.

    :param deployment: ai.deployment with all rights
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env

    # Whether it can hold anything

    def bypass_reason(self) -> str:
        """Return why this gate cannot hold anything at this moment, in one sentence; empty where it can."""
        deployment = self.deployment
        if deployment.state == "retired":
            return self.env._("“%s” was retired.", deployment.name)
        if deployment.state != "production" or not deployment.active:
            return self.env._("“%s” is suspended.", deployment.name)
        if not deployment.champion_id:
            return self.env._("“%s” has no serving version.", deployment.name)
        if deployment.gate_stale_days:
            return self.stale_reason()
        return ""

    def stale_reason(self) -> str:
        """Return what is overdue by more than `gate_stale_days`, in one sentence; empty where nothing is.

        The owner's review, the weekly report, or the end of a failure of the monitor.
        """
        deployment = self.deployment
        days = timedelta(days=deployment.gate_stale_days)
        if clock.today() - deployment.review_date > days:
            return self.env._(
                "The periodic review of “%(name)s” was due on %(date)s.",
                name=deployment.name,
                date=format_date(self.env, deployment.review_date),
            )
        first_day, serving, reported, failing = self._last_looks()
        overdue = clock.now() - days
        if failing and failing < overdue:
            return self.env._("Monitoring of “%s” has failed for too long.", deployment.name)
        started = max(filter(None, (first_day and datetime.combine(first_day, time.min), serving)), default=None)
        if first_day and started and started < overdue and (not reported or reported < overdue):
            return self.env._("Reports on “%s” have been missing for too long.", deployment.name)
        return ""

    def _last_looks(self) -> tuple:
        """Return (first day of its profile, serving since, last drift report, monitor failing since).

        Each is None where there is no such.
        """
        self.env["ai.deployment.alert"].flush_model(["state", "cause", "opened_date"])
        [row] = self.env.execute_query(
            SQL(
                "SELECT (SELECT MIN(day) FROM ai_deployment_profile WHERE version_id = %(version)s),"
                " (SELECT MAX(start_date) FROM ai_deployment_assignment WHERE deployment_id = %(id)s"
                "  AND role = 'champion' AND end_date IS NULL),"
                " (SELECT MAX(date) FROM ai_deployment_report WHERE version_id = %(version)s AND kind = 'drift'),"
                " (SELECT MIN(opened_date) FROM ai_deployment_alert WHERE deployment_id = %(id)s"
                "  AND cause = %(broken)s AND state IN ('firing', 'acknowledged'))",
                version=self.deployment.champion_id.id,
                id=self.deployment.id,
                broken=str(Cause(BROKEN, "monitor")),
            )
        )
        return row

    # Which bills it is for

    def covered(self, bills: BaseModel) -> BaseModel:
        """Return those of `bills` that belong to its company, or to a branch without a gate of its own."""
        bills = bills.filtered(lambda bill: bill.move_type in PURCHASE_TYPES)
        if bills.company_id - self.deployment.company_id:
            gates = per_company(bills.company_id)
            bills = bills.filtered(lambda bill: gates.get(bill.company_id.id) == self.deployment)
        return bills

    def scope(self, bills: BaseModel) -> BaseModel:
        """Return those of the covered `bills` that the filter of the deployment leaves in."""
        bills = self.covered(bills)
        domain = self.deployment._record_domain()
        if domain.is_true() or not bills:
            return bills
        return bills.browse(bills.with_context(active_test=False)._search(domain & Domain("id", "in", bills.ids)))

    # What it says

    def note(self, texts: dict[int, str]) -> None:
        """Add a note to the chatter of bills.

        :param texts: {bill id: note}
        """
        own(self.env["account.move"]).browse(texts)._message_log_batch(bodies=texts)

    def alert_bypassed(self, reason: str) -> None:
        """Raise the alert that bills are posted without a look; once, not once per bill.

        Posting does not wait for other transactions that raise it as well.
        """
        alerts = self.env["ai.deployment.alert"]
        known = Domain("deployment_id", "=", self.deployment.id) & Domain("cause", "=", str(GATE_BYPASSED))
        if not has_any(alerts, known & Domain("state", "in", ("firing", "acknowledged"))):
            alerts._raise(
                self.deployment,
                GATE_BYPASSED,
                name=told(self.env, lambda env: env._("Bills are posted without a check: %s", reason)),
                suggestion=told(
                    self.env, lambda env: env._("Fix the cause, or switch the gate off if it is no longer wanted.")
                ),
            )
