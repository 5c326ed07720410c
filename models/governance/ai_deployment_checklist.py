"""The checklist of a deployment: what has to be true before it goes live, looked up in the records.

Every rule is a method `_evidence_<rule>(check)` that looks and returns an `Evidence`; `_satisfy_<rule>(check)` returns
the action that would satisfy it. They stand in files by dimension: `ai_deployment_evidence_*`. What a demonstration
shows is never evidence.
"""

import hashlib
import json
import logging
from datetime import timedelta
from typing import Any, NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain

from ..deployment import events
from ..tools import clock, faults, turns
from .ai_deployment_check_template import DIMENSIONS

_logger = logging.getLogger(__name__)

PREFIX = "_evidence_"
CHECKS = turns.TurnWork(
    "checks",
    run=lambda deployment: deployment._watch_daily(),
    describe=lambda deployment, why: deployment.env._(
        "The checklist of “%(what)s” could not be looked at: %(why)s", what=deployment.name, why=why
    ),
    taken="checks_taken",
)


class Evidence(NamedTuple):
    """What a rule found."""

    is_met: bool
    sentence: str  # what was found, or what is missing, in words that a colleague in finance understands
    date: Any = False  # of when it is
    record: Any = None  # what can be opened
    is_broken: bool = False  # the rule itself failed


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    check_template_id = fields.Many2one(
        "ai.deployment.check.template", "Checklist Template", readonly=True, ondelete="restrict", copy=False
    )
    check_ids = fields.One2many("ai.deployment.check", "deployment_id", "Checklist")
    checks_taken = fields.Boolean(readonly=True, copy=False)  # see `tools.turns`
    technical_check_ids = fields.One2many(
        "ai.deployment.check", "deployment_id", "Technical Rows", domain=[("dimension", "=", "technical")]
    )
    monitoring_check_ids = fields.One2many(
        "ai.deployment.check", "deployment_id", "Monitoring Rows", domain=[("dimension", "=", "monitoring")]
    )
    organisational_check_ids = fields.One2many(
        "ai.deployment.check", "deployment_id", "Organisational Rows", domain=[("dimension", "=", "organisational")]
    )
    business_check_ids = fields.One2many(
        "ai.deployment.check", "deployment_id", "Business Rows", domain=[("dimension", "=", "business")]
    )
    progress_html = fields.Html("How Far", compute="_compute_progress_html", sanitize=False)
    progress_technical = fields.Float("Technical", compute="_compute_progress")
    progress_monitoring = fields.Float("Monitoring", compute="_compute_progress")
    progress_organisational = fields.Float("Organisational", compute="_compute_progress")
    progress_business = fields.Float("Business", compute="_compute_progress")
    progress = fields.Float("Ready", compute="_compute_progress", help="The least of the dimensions.")

    def _start_checklists(self):
        for deployment in self.sudo():
            deployment._start_checklist()

    def _start_checklist(self):
        if self.check_ids:
            return
        template = self.env["ai.deployment.check.template"]._of_company(self.company_id)
        self.check_template_id = template
        self.env["ai.deployment.check"].create(
            [{"deployment_id": self.id, **values} for values in template._check_values()] if template else []
        )

    @api.depends("check_ids.state", "check_ids.dimension")
    def _compute_progress(self):
        for deployment in self:
            shares = []
            for dimension, _label in DIMENSIONS:
                rows = deployment.check_ids.filtered(lambda check, dimension=dimension: check.dimension == dimension)
                done = rows.filtered(lambda check: check.state in ("met", "waived"))
                share = len(done) / len(rows) if rows else 1.0
                deployment[f"progress_{dimension}"] = share
                shares.append(share)
            deployment.progress = min(shares) if deployment.check_ids else 0.0

    @api.depends("check_ids.state", "check_ids.dimension")
    @api.depends_context("lang")
    def _compute_progress_html(self):
        labels = self.env["ai.deployment.check"]._fields["dimension"]._description_selection(self.env)
        for deployment in self:
            bars = []
            for dimension, label in labels:
                rows = deployment.check_ids.filtered(lambda check, dimension=dimension: check.dimension == dimension)
                counts = {state: sum(row.state == state for row in rows) for state in ("met", "waived")}
                bars.append({"label": label, "rows": len(rows), **counts})
            deployment.progress_html = bool(deployment.check_ids) and self.env["ir.qweb"]._render(
                "ai_deployment.checklist_bars", {"bars": bars, "ready": round(100 * deployment.progress)}
            )

    # Looking

    @api.model
    def _evidence_rules(self):
        """Names of all rules."""
        return {name.removeprefix(PREFIX) for name in dir(type(self)) if name.startswith(PREFIX)} - {"basis", "rules"}

    def _look_for(self, check):
        """Evidence for one row. In sudo."""
        self.ensure_one()
        if self.is_demonstration:
            return Evidence(False, self.env._("A demonstration: its records were made up and prove nothing."))
        if check.rule not in self._evidence_rules():
            return Evidence(
                False,
                self.env._("There is no rule “%s” any more: an administrator has to replace this row.", check.rule),
                is_broken=True,
            )
        try:
            with self.env.cr.savepoint():
                found = Evidence(*getattr(self, f"{PREFIX}{check.rule}")(check))
                return self._aged(found, check.valid_days)
        except faults.OF_THE_MOMENT:
            raise
        except Exception as error:  # noqa: BLE001 - it is what the row says, and breaks no other
            _logger.warning(
                "Evidence for %r of deployment %s could not be looked for", check.rule, self.id, exc_info=True
            )
            return Evidence(
                False, self.env._("This could not be looked at: %s", turns.fault_text(error)), is_broken=True
            )

    def _aged(self, found, valid_days):
        """`found`, which counts no more where it is older than `valid_days`; what has no date was found now."""
        if not (found.is_met and valid_days and found.date):
            return found
        if clock.now() - fields.Datetime.to_datetime(found.date) <= timedelta(days=valid_days):
            return found
        return found._replace(
            is_met=False,
            sentence=self.env._(
                "%(found)s That is more than %(days)s days ago.", found=found.sentence, days=valid_days
            ),
        )

    def _evidence_by_hand(self, check):
        if not check.signed_date:
            return Evidence(False, self.env._("Nobody has signed this yet."))
        if check.basis != self._evidence_basis():
            return Evidence(False, self.env._("It was signed for another version or other inputs: sign it anew."))
        sentence = self.env._("Signed by %(person)s: %(note)s", person=check.signed_by_id.name, note=check.note)
        return Evidence(True, sentence, check.signed_date)

    def _evidence_basis(self):
        """A fingerprint of what evidence is about: the serving version and what it reads. A change ends evidence."""
        self.ensure_one()
        made_of = {
            "version": self.champion_id.digest or "",
            "inputs": sorted(
                json.dumps(feature._to_spec(), sort_keys=True, default=str) for feature in self.feature_ids
            ),
            "domain": self.domain or "",
        }
        return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()

    def action_look_at_checklist(self):
        self.check_access("read")
        for deployment in self.sudo():
            deployment._start_checklist()
        self.check_ids._refresh()
        return True

    def action_add_row(self):
        """A row of somebody's own, beside those of the template."""
        self.ensure_one()
        self._check_decides()
        view = self.env.ref("ai_deployment.ai_deployment_check_view_form_new")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add a Row"),
            "res_model": "ai.deployment.check",
            "views": [(view.id, "form")],
            "target": "new",
            "context": {"default_deployment_id": self.id},
        }

    def _checks_missing(self):
        """The rows that block, looked at now."""
        self.ensure_one()
        self.sudo()._start_checklist()  # one that was made before there were checklists, or while there was no template
        checks = self.sudo().check_ids
        checks._refresh()
        return checks.filtered(lambda check: check.state not in ("met", "waived"))

    def _checklist_gap(self):
        """The sentence that says which rows are missing; empty where none is."""
        missing = self._checks_missing()
        if not self.sudo().check_ids:
            return self.env._("it has no checklist: an administrator activates a template for this company.")
        if not missing:
            return ""
        first = missing[0]
        if len(missing) == 1:
            return self.env._("“%(row)s” is missing. %(found)s", row=first.name, found=first.evidence or "")
        return self.env._(
            "%(count)s rows of its checklist are missing, the first is “%(row)s”. %(found)s",
            count=len(missing),
            row=first.name,
            found=first.evidence or "",
        )

    @api.model
    def _cron_checklists(self):
        """Look at all checklists once a day; where a row of a running deployment is missing, its owner is told."""
        turns.take_turns(CHECKS, self.search(Domain("state", "!=", "retired"), order="id"))

    def _watch_daily(self):
        self.ensure_one()
        events.follow(self, events.DAILY)

    def _watch_checklist(self):
        self.ensure_one()
        alerts = self.env["ai.deployment.alert"].sudo()
        gap = self._checklist_gap()
        if gap and self.state == "production":
            alerts._raise(
                self,
                "checklist",
                name=gap,
                suggestion=self.env._("Open the checklist: each row says what would satisfy it."),
            )
        else:
            alerts._resolve(self, "checklist")

    def _missing_evidence(self, target):
        return self._checklist_gap() if target == "production" else ""
