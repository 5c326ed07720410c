"""Health of live deployments, computed from the current state.

Nothing of what people are told is stored beforehand, so nothing of it can be stale. The alerts of the cron are opened
and resolved by it: those about one deployment on it, those about the database on one for all.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial

from odoo.api import Environment
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import format_date

from ..alerting.alert_kinds import BROKEN, HEALTH, PERFORMANCE, Cause, of_kind
from ..tools import clock, faults
from ..tools.faults import fault_text
from ..tools.told import Told, told
from .check import SEVERE, Finding, by_severity, severe
from .facts import Facts
from .registry import CHECKS, INSTANCE_CHECKS, INSTANCE_CODES, UNKNOWN

_logger = logging.getLogger(__name__)

CAUGHT_UP = timedelta(hours=3)  # since the last run of a job, after which it is late
JOBS_LATE = Cause(HEALTH, "jobs_late")
OF_ALL = Domain("cause", "in", [str(Cause(HEALTH, code)) for code in sorted(INSTANCE_CODES)])
OPEN = Domain("state", "!=", "resolved")


class HealthMonitor:
    """Find what is wrong with live deployments, and keep alerts of it.

    :param deployments: ai.deployment with all rights, those that are live; maybe none
    """

    def __init__(self, deployments: BaseModel):
        self.deployments = deployments
        self.env = deployments.env
        self.alerts = self.env["ai.deployment.alert"].sudo()

    @classmethod
    def of_live(cls, deployments: BaseModel) -> "HealthMonitor":
        """Return the monitor of those of `deployments` that are live, with all rights."""
        states = deployments._at_work_states()
        return cls(deployments._origin.sudo().filtered(lambda deployment: deployment.state in states))

    # Found

    def findings(self) -> dict[int, list[Finding]]:
        """Return the findings of each deployment, severe ones first; those about the database stand on each.

        One that cannot be looked at is a finding too, and keeps no other from being looked at.
        """
        if not self.deployments:
            return {}
        facts = Facts(self.deployments)
        of_all = self._guarded("", lambda: self.instance_findings(facts))
        return {
            deployment.id: by_severity(
                [*of_all, *self._guarded(deployment.id, partial(self.own_findings, deployment, facts))]
            )
            for deployment in self.deployments
        }

    def own_findings(self, deployment: BaseModel, facts: Facts) -> list[Finding]:
        """Return what is wrong with one deployment alone, severe ones first."""
        return by_severity([finding for check in CHECKS for finding in check.find(deployment, facts)])

    def instance_findings(self, facts: Facts) -> list[Finding]:
        """Return what is wrong for all deployments alike, severe ones first."""
        checks = [check for check in INSTANCE_CHECKS if self.deployments or check.always]
        return by_severity([finding for check in checks for finding in check.find(self.deployments, facts)])

    def is_all_well(self) -> bool:
        """Return whether neither a deployment nor the database has a severe finding."""
        found = self.findings() if self.deployments else {0: self.instance_findings(Facts(self.deployments))}
        return not any(finding.severity == SEVERE for findings in found.values() for finding in findings)

    def _guarded(self, what: int | str, look: Callable[[], list[Finding]]) -> list[Finding]:
        """Return what `look()` finds; that it failed is a finding."""
        try:
            with self.env.cr.savepoint(flush=False):
                return look()
        except faults.OF_THE_MOMENT:
            raise
        except Exception as error:  # noqa: BLE001 - it is a finding, and stops no other
            _logger.info("The health of deployment %s could not be looked at", what, exc_info=True)
            return [
                severe(
                    UNKNOWN,
                    self.env._("The health check failed: %s", fault_text(error)),
                    self.env._("Ask an administrator to check the server log."),
                )
            ]

    # Shown

    def shown(self, deployment: BaseModel, findings: list[Finding]) -> list[dict]:
        """Return findings as the page shows them: each with the day since which an alert tells of it, if one does."""
        causes = {str(Cause(HEALTH, finding.code)): finding for finding in findings}
        of_all = [cause for cause, finding in causes.items() if finding.code in INSTANCE_CODES]
        mine = Domain("deployment_id", "=", deployment.id) & Domain("cause", "in", list(causes))
        standing = self.alerts.search((mine | Domain("cause", "in", of_all)) & OPEN)
        since = {alert.cause: format_date(self.env, alert.onset_date) for alert in standing}
        return [{**finding._asdict(), "since": since.get(cause)} for cause, finding in causes.items()]

    # Alerts

    def watch_instance(self) -> None:
        """Tell once what concerns the database as a whole, on the first deployment; resolve what is over."""
        records = self.deployments
        place = records[:1] or records.search(Domain("state", "!=", "retired"), order="id", limit=1)
        if place:
            found = self._guarded("", lambda: self.instance_findings(Facts(records)))
            self.tell(
                place,
                [finding for finding in found if finding.code != UNKNOWN],
                of_instance=True,
                again=lambda env: HealthMonitor(records.with_env(env)).instance_findings(Facts(records.with_env(env))),
            )
        self._resolve(OF_ALL & Domain("deployment_id", "!=", place.id))

    def watch(self) -> None:
        """Tell what is wrong with each deployment alone; resolve what is over."""
        for deployment in self.deployments:
            self.tell(
                deployment,
                self.own_findings(deployment, Facts(deployment)),
                of_instance=False,
                again=partial(self._own_findings_in, deployment),
            )

    def resolve_resting(self) -> None:
        """Resolve the alerts of health on deployments that are not live."""
        states = self.deployments._at_work_states()
        self._resolve(Domain("deployment_id.state", "not in", states) & of_kind(HEALTH, BROKEN) & ~OF_ALL)

    def _own_findings_in(self, deployment: BaseModel, env: Environment) -> list[Finding]:
        there = deployment.with_env(env)
        return self.own_findings(there, Facts(there))

    def tell(
        self,
        deployment: BaseModel,
        findings: Iterable[Finding],
        *,
        of_instance: bool,
        again: Callable[[Environment], list[Finding]],
    ) -> None:
        """Open an alert for each of `findings`, and resolve those of earlier ones that are over.

        :param of_instance: whether the alerts about the whole database are kept here, or those about one deployment
        :param again: finds the same in another language
        """
        of_mine = self.alerts.search(Domain("deployment_id", "=", deployment.id) & OPEN)
        told_before, catches_up = {Cause.of(alert): alert.notified_date for alert in of_mine}, self._catches_up()
        others = [cause for cause in told_before if cause.kind != HEALTH]
        told = {
            Cause(HEALTH, finding.code): finding
            for finding in findings
            if not any(cause.is_about(*finding.told_as) for cause in others)
        }
        if catches_up:
            told.pop(JOBS_LATE, None)
        said = FindingWords(self.env, of_mine, again)
        for cause, finding in told.items():
            level = "alert" if finding.severity == SEVERE else "notice"
            alert = self.alerts._raise(
                deployment,
                cause,
                name=said.of(cause, finding, "sentence"),
                suggestion=said.of(cause, finding, "suggestion"),
                level=level,
            )
            if finding.code in INSTANCE_CODES and alert.notified_date and alert.notified_date != told_before.get(cause):
                # Its cure is theirs, whoever answers for the deployment on which it stands.
                alert._point(deployment._administrators() - deployment._person_to_tell(), lambda there: there.name)
        for cause in told_before.keys() - told.keys():
            is_ours = cause.kind == HEALTH and (cause.subject in INSTANCE_CODES) == of_instance
            if is_ours and not (catches_up and cause == JOBS_LATE):
                self.alerts._resolve(deployment, cause)

    def _resolve(self, domain: Domain) -> None:
        for alert in self.alerts.search(domain & OPEN):
            self.alerts._resolve(alert.deployment_id, alert.cause)

    def _catches_up(self) -> bool:
        """Return whether the server stood still until now: the other jobs are late then, and have their turn next."""
        lastcall = self.env.context.get("lastcall")
        return bool(lastcall) and clock.now() - lastcall > CAUGHT_UP


class FindingWords:
    """Words of findings in every language, looked for again only where an alert does not say them yet.

    :param alerts: the open alerts of the deployment
    :param again: finds the same in another language
    """

    def __init__(self, env: Environment, alerts: BaseModel, again: Callable[[Environment], list[Finding]]) -> None:
        self.env, self._again = env, again
        self._standing = {Cause.of(alert): alert for alert in alerts}
        self._found: dict[str, dict[str, Finding]] = {}

    def of(self, cause: Cause, finding: Finding, name: str) -> Told:
        """Return the sentence or the suggestion (`name`) of `finding`."""
        standing = self._standing.get(cause)
        if standing and standing.name == finding.sentence:
            field = {"sentence": "name"}.get(name, name)
            return told(self.env, lambda env: standing.with_env(env)[field] or "")
        return told(self.env, lambda env: getattr(self._finding(env, finding), name))

    def _finding(self, env: Environment, finding: Finding) -> Finding:
        code = env.lang or "en_US"
        if code == (self.env.lang or "en_US"):
            return finding
        if code not in self._found:
            self._found[code] = {one.code: one for one in self._again(env)}
        return self._found[code].get(finding.code, finding)


def state_of(deployment: BaseModel) -> tuple[str, str | bool]:
    """Return (health, its reason) of a deployment, apart from findings.

    :param deployment: ai.deployment with all rights
    """
    env, state = deployment.env, deployment.state
    if state in ("poc", "retired"):
        return "idle", False
    if state == "suspended":
        return "bad", env._("Suspended: no score is shown.")
    firing = deployment.alert_ids.filtered(
        lambda alert: alert.state == "firing" and alert.level == "alert" and Cause.of(alert).kind != HEALTH
    )  # those of health are looked at again
    if firing:
        # What came true says more of a deployment than what came in.
        wrong = firing.filtered(lambda alert: Cause.of(alert).kind == PERFORMANCE) or firing
        return "attention", wrong[0].name
    if not deployment.champion_id:
        return "bad", env._("No version serves.")
    if deployment.review_date < clock.today():
        return "attention", env._("The periodic review was due on %s.", format_date(env, deployment.review_date))
    return "good", False
