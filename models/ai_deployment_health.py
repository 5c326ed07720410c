"""Whether a running deployment can do its work: worked out from what is there at this moment, whoever asks.

Three ask: a person who opens the deployment, a job of its own (`_cron_health`, not the one that monitors), and the
address that an outside check calls when no job runs any more (`controllers/health.py`). Nothing of what they are told
is stored beforehand, so nothing of it can be stale; the alerts of the job are opened and resolved by it.
"""

import hashlib
import hmac
import logging
import secrets
from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..ml.errors import VersionError
from . import clock
from .ai_deployment_monitoring import fault_text
from .tools import faults

_logger = logging.getLogger(__name__)

STALE = timedelta(days=14)  # two reports that were not made
REVIEW_GRACE = timedelta(days=14)
CAUGHT_UP = timedelta(hours=3)
CAUSE = "health:"
TOKEN = "ai_deployment.health_token_sha256"


class Finding(NamedTuple):
    """One thing that is wrong: a person hears of a severe one at once, a notice waits until somebody looks."""

    code: str
    severity: str  # severe or notice
    sentence: str
    suggestion: str
    breaks: bool = False  # nothing, or only nonsense, can be scored


class Facts(NamedTuple):
    """What the findings of several deployments rest on, read at once; keys are ids."""

    troubles: dict  # see `_job_troubles`
    asked: dict  # (latest day, records asked for lately, of them cancelled) per deployment
    actions: dict  # server actions that score, per deployment
    first_days: dict  # first day of intake, per version
    reported: dict  # moment of the latest report on what comes in, per version
    levels: dict  # records that are levels, as far as looked up already, see `_small_levels`


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    idle_days = fields.Integer(
        "Expect Scores Within Days", default=14,
        help="When nothing was scored for so many days, somebody is told. 0: a deployment that may rest.",
    )  # fmt: skip
    at_work_since = fields.Datetime(readonly=True, copy=False)
    health_html = fields.Html("What Was Found", compute="_compute_health_html", sanitize=False)

    _idle_days_not_negative = models.Constraint("CHECK(idle_days >= 0)", "A number of days is not negative.")

    def write(self, vals):
        working = self._at_work_states()
        begins = self.filtered(lambda d: d.state not in working) if vals.get("state") in working else self.browse()
        result = super().write(vals)
        if begins:
            begins.sudo().at_work_since = clock.now()
        return result

    # Found

    def _severe(self, code, sentence, suggestion, breaks=False):
        return Finding(code, "severe", sentence, suggestion, breaks)

    def _notice(self, code, sentence, suggestion):
        return Finding(code, "notice", sentence, suggestion)

    def _health(self):
        """Findings per deployment at work, severe ones first: {id: [Finding]}.

        One that cannot be looked at is a finding too, and keeps no other from being looked at.
        """
        running = self._origin.sudo().filtered(lambda deployment: deployment.state in self._at_work_states())
        if not running:
            return {}
        facts, found = running._health_facts(), {}
        for deployment in running:
            try:
                with self.env.cr.savepoint(flush=False):
                    found[deployment.id] = deployment._findings(facts)
            except faults.OF_THE_MOMENT:
                raise
            except Exception as error:  # noqa: BLE001 - it is a finding, and stops no other
                _logger.info("The health of deployment %s could not be looked at", deployment.id, exc_info=True)
                found[deployment.id] = [
                    self._severe(
                        "unknown",
                        self.env._("Its health could not be looked at: %s", fault_text(error)),
                        self.env._("Ask an administrator to look at the server log."),
                    )
                ]
        return found

    def _findings(self, facts):
        self.ensure_one()
        found = [
            *self._version_findings(),
            *self._input_findings(facts.levels),
            *self._job_findings(facts.troubles),
            *self._people_findings(),
            *self._branch_findings(),
            *self._entrance_findings(facts.actions.get(self.id, self.env["ir.actions.server"])),
            *self._idle_findings(*facts.asked[self.id]),
            *self._report_findings(facts.first_days, facts.reported),
        ]
        return sorted(found, key=lambda finding: finding.severity != "severe")

    def _health_facts(self):
        """Read once for all of `self`, in as many statements whether these are one or a hundred."""
        actions, champions = self.env["ir.actions.server"].sudo(), self.champion_id
        scoring = actions.search(Domain("ai_deployment_id", "in", self.ids))
        first_days = self.env["ai.deployment.profile"]._read_group(
            [("version_id", "in", champions.ids)], ["version_id"], ["day:min"]
        )
        reported = self.env["ai.deployment.report"]._read_group(
            [("version_id", "in", champions.ids), ("kind", "=", "drift")], ["version_id"], ["date:max"]
        )
        return Facts(
            troubles=self._job_troubles(),
            asked=self._asked_lately(),
            actions=scoring.grouped(lambda action: action.ai_deployment_id.id),
            first_days={version.id: day for version, day in first_days},
            reported={version.id: moment for version, moment in reported},
            levels={},
        )

    def _asked_lately(self):
        self.env["ai.deployment"].flush_model(["idle_days"])
        lately = SQL("day >= %s::date - deployment.idle_days", clock.today())
        rows = self.env.execute_query(
            SQL(
                "SELECT deployment.id,"
                " (SELECT MAX(day) FROM ai_deployment_asked WHERE deployment_id = deployment.id AND count > 0),"
                " (SELECT SUM(count) FROM ai_deployment_asked WHERE deployment_id = deployment.id AND %s),"
                " (SELECT SUM(cancelled) FROM ai_deployment_settled WHERE deployment_id = deployment.id AND %s)"
                " FROM ai_deployment deployment WHERE id = ANY(%s)",
                lately, lately, list(self.ids),
            )
        )  # fmt: skip
        return {res_id: (day, asked or 0, cancelled or 0) for res_id, day, asked, cancelled in rows}

    def _version_findings(self):
        if not self.champion_id:
            yield self._severe(
                "no_version",
                self.env._("No version serves, so nothing can be scored."),
                self.env._("Let an earlier version serve, or train a new one."),
                breaks=True,
            )
            return
        try:
            self.champion_id._card()
        except VersionError as error:
            yield self._severe(
                "version",
                self.env._("The serving version cannot be used: %s", error),
                self.env._("Let an earlier version serve, or train a new one. What waits is scored then."),
                breaks=True,
            )

    def _people_findings(self):
        if not self.user_id.active:
            yield self._severe(
                "owner",
                self.env._("%s, who answers for it, is not active any more.", self.user_id.name),
                self.env._("Name a new owner."),
            )
        late = clock.today() - self.review_date
        if late > timedelta(0):
            grade = self._severe if late > REVIEW_GRACE else self._notice
            yield grade(
                "review",
                self.env._("The review was due on %s.", format_date(self.env, self.review_date)),
                self.env._("Look whether it still does what it is for, and set the next review."),
            )

    def _branch_findings(self):
        """Branches of its company whose open records its filter leaves out, all of them."""
        branches = self._company_ids()[1:]
        if not branches:
            return
        documents = self.env[self.res_model].sudo()
        there = documents._ai_base_domain() & documents._ai_open_domain() & Domain("company_id", "in", branches)
        seen = {company.id for [company] in documents._read_group(there & self._record_domain(), ["company_id"])}
        unseen = documents._read_group(there & Domain("company_id", "not in", list(seen)), ["company_id"], ["__count"])
        if unseen:
            yield self._notice(
                "branches",
                self.env._(
                    "It does not look at %(records)s of branches: %(branches)s.",
                    records=documents._ai_words()["records"],
                    branches=", ".join(f"{company.name} ({count})" for company, count in unseen),
                ),
                self.env._("Change “Only Records”, or make a deployment for the branch."),
            )

    def _entrance_findings(self, actions):
        """The ways in which records come, by themselves or by hand."""
        entry, words = self.action_server_id, self.env[self.res_model]._ai_words()
        if entry not in actions or not entry.binding_model_id:
            yield self._notice(
                "action",
                self.env._("The Action menu of %s has no entry any more to score with it.", words["records"]),
                self.env._("Switch it off and on again: that makes a new entry."),
            )
        rules = actions.base_automation_id | actions.parent_id.base_automation_id
        if archived := rules.filtered(lambda rule: not rule.active):
            other_way = self._scores_by_itself() or archived != rules
            grade = self._notice if other_way else self._severe
            yield grade(
                "rule",
                self.env._(
                    "Automation rules that score with it are archived: %s",
                    ", ".join(f"“{rule.name}”" for rule in archived),
                ),
                self.env._("Take the rule out of the archive. One that is not wanted any more can be deleted."),
            )

    def _idle_findings(self, latest, asked, cancelled):
        since = max(filter(None, (latest, (self.at_work_since or self.create_date).date())))
        words = self.env[self.res_model]._ai_words()
        if not self.idle_days:
            return
        if (clock.today() - since).days > self.idle_days:
            yield self._severe(
                "idle",
                self.env._(
                    "No %(records)s were asked for since %(date)s.",
                    records=words["records"], date=format_date(self.env, since),
                ),
                self.env._("Look at “When Scored”, and whether the automation rule or the people that asked for scores "
                           "still do. If it may rest so long, say so under “Expect scores within days”."),
            )  # fmt: skip
        elif asked and cancelled >= asked and self._worked_for(timedelta(days=self.idle_days)):
            yield self._severe(
                "idle",
                self.env._(
                    "Of %(count)s %(records)s asked for in the last %(days)s days none was for this deployment.",
                    count=asked, records=words["records"], days=self.idle_days,
                ),
                self.env._("Look at “Only records”, the company, and the rights of those who ask."),
            )  # fmt: skip

    def _worked_for(self, duration):
        return clock.now() - (self.at_work_since or self.create_date) > duration

    def _report_findings(self, first_days, reported):
        """Reports are made weekly once records come in; two that are missing are no accident."""
        version = self.champion_id
        first_day, latest = first_days.get(version.id), reported.get(version.id)
        serving = self.assignment_ids.filtered(lambda a: a.role == "champion" and not a.end_date)[:1]
        if not first_day or clock.today() - first_day <= STALE or not self._worked_for(STALE):
            return
        if clock.now() - serving.start_date <= STALE or (latest and clock.now() - latest <= STALE):
            return
        words = self.env[self.res_model]._ai_words()
        if latest:
            sentence = self.env._(
                "The last report is of %s; there should be one a week.", format_date(self.env, latest)
            )
        else:
            sentence = self.env._(
                "There is no report yet, though %(records)s come in since %(date)s.",
                records=words["records"], date=format_date(self.env, first_day),
            )  # fmt: skip
        yield self._severe(
            "report",
            sentence,
            self.env._("Look for alerts on this deployment, and whether “AI Deployment: watch deployments” runs."),
        )

    # Shown

    @api.depends("state", "champion_id", "review_date", "user_id")
    @api.depends_context("lang")
    def _compute_health_html(self):
        found = self._health()
        for deployment in self:
            findings = found.get(deployment._origin.id)
            deployment.health_html = findings is not None and self.env["ir.qweb"]._render(
                "ai_deployment.health_list", {"findings": [finding._asdict() for finding in findings]}
            )

    def _compute_health(self):  # pylint: disable=missing-return
        super()._compute_health()
        found = self._health()
        for deployment in self:
            severe = [f for f in found.get(deployment._origin.id, ()) if f.severity == "severe"]
            if severe and deployment.health != "bad":
                deployment.health = "bad" if any(finding.breaks for finding in severe) else "attention"
                deployment.health_reason = severe[0].sentence

    @api.model
    def _is_all_well(self):
        """Whether no running deployment has a severe finding."""
        found = self.search(Domain("state", "in", self._at_work_states()))._health()
        return not any(finding.severity == "severe" for findings in found.values() for finding in findings)

    # Alerts

    @api.model
    def _cron_health(self):
        """Open an alert for what is found, resolve what is over; each deployment by itself."""
        self._take_turns("health", self.search(Domain("state", "in", self._at_work_states()), order="id"))
        alerts = self.env["ai.deployment.alert"].sudo()
        resting = Domain("deployment_id.state", "not in", self._at_work_states()) & Domain("state", "!=", "resolved")
        of_ours = Domain("cause", "=like", f"{CAUSE}%") | Domain("cause", "=like", "broken:%")
        for alert in alerts.search(resting & of_ours):
            alerts._resolve(alert.deployment_id, alert.cause)

    def _watch_health(self):
        self.ensure_one()
        alerts = self.env["ai.deployment.alert"].sudo()
        of_mine = alerts.search(Domain("deployment_id", "=", self.id) & Domain("state", "!=", "resolved"))
        causes = set(of_mine.mapped("cause"))
        findings = {f"{CAUSE}{finding.code}": finding for finding in self._findings(self._health_facts())}
        if "version" in causes:  # scoring has told of it already
            findings.pop(f"{CAUSE}version", None)
        if self._catches_up():
            findings.pop(f"{CAUSE}jobs_late", None)
            causes.discard(f"{CAUSE}jobs_late")
        for cause, finding in findings.items():
            level = "alert" if finding.severity == "severe" else "notice"
            alerts._raise(self, cause, name=finding.sentence, suggestion=finding.suggestion, level=level)
        for cause in causes:
            if cause.startswith(CAUSE) and cause not in findings:
                alerts._resolve(self, cause)

    def _catches_up(self):
        """Whether the server stood still until now: the other jobs are late then, and have their turn next."""
        lastcall = self.env.context.get("lastcall")
        return bool(lastcall) and clock.now() - lastcall > CAUGHT_UP

    # The address for a check outside, see `controllers/health.py`

    @api.model
    def _make_health_token(self):
        """A new token, in place of the one before; it cannot be had again, as only its hash is kept."""
        token = secrets.token_urlsafe(32)
        self.env["ir.config_parameter"].sudo().set_param(TOKEN, _hash(token))
        return token

    @api.model
    def _forget_health_token(self):
        self.env["ir.config_parameter"].sudo().set_param(TOKEN, False)

    @api.model
    def _has_health_token(self):
        return bool(self.env["ir.config_parameter"].sudo().get_param(TOKEN))

    @api.model
    def _is_health_token(self, token):
        kept = self.env["ir.config_parameter"].sudo().get_param(TOKEN)
        return bool(kept) and hmac.compare_digest(_hash(token), kept)


def _hash(token):
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
