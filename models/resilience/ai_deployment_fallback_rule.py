"""A rule of the company's own, shown instead of scores: a server action that says a figure for each record.

A list has to sort and search by these figures, so they are kept beside the records, as scores are: worked out when they
come into use, and again every hour while they are. The rule only says something: whatever else it does is taken back.
Its code gets `records` and sets `action` to {record id: figure from 0 to 1}.
"""

import logging
import math

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from ..tools import batch_insert as bulk
from ..tools import turns
from ..tools.kept_open import forbidden_names, kept_open
from ..tools.shipped import wake

_logger = logging.getLogger(__name__)

RULE = "rule"
AT_ONCE = 1000  # records that a rule is asked about at a time


class AiDeploymentFallbackFigure(models.Model):
    _name = "ai.deployment.fallback.figure"
    _description = "Figure of a Rule That Shows Instead of a Score"
    _inherit = "ai.deployment.guarded.mixin"
    _log_access = False
    _rec_name = "res_id"

    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, ondelete="cascade")
    res_id = fields.Integer("Record", required=True, readonly=True)
    value = fields.Float("Figure", required=True, readonly=True, digits=(16, 4))

    _record_uniq = models.UniqueIndex("(deployment_id, res_id)", "A record has one figure.")


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    fallback_action_id = fields.Many2one(
        "ir.actions.server",
        "Rule",
        tracking=True,
        copy=False,
        ondelete="restrict",
        domain="[('model_id', '=', model_id), ('state', '=', 'code')]",
        help="A server action whose code sets “action” to the figure, from 0 to 1, of each of “records”. Nothing that "
        "it writes is kept. Set by an administrator.",
    )

    @api.constrains("fallback", "fallback_action_id", "model_id")
    def _check_fallback_action(self):
        for deployment in self:
            action = deployment.sudo().fallback_action_id
            if deployment.fallback == RULE and not action:
                raise ValidationError(self.env._("Choose the rule: an administrator names a server action."))
            if action and (action.model_id != deployment.model_id or action.state != "code"):
                raise ValidationError(self.env._("“%s” is no rule for these records.", action.name))

    def _uses_rule(self):
        """Whether figures of a rule are, or may be, shown now."""
        return self.fallback == RULE and bool(self.fallback_since or self.fallback_below)

    def _update_fallback(self):
        """Figures are worked out by the job, at once: the switch that brings a rule into use waits for nothing."""
        result = super()._update_fallback()
        for deployment in self.sudo():
            if not deployment._uses_rule():
                deployment._update_figures()
            elif (
                not self.env["ai.deployment.fallback.figure"]
                .sudo()
                .search_count(Domain("deployment_id", "=", deployment.id), limit=1)
            ):
                wake(self.env, "ir_cron_health")
        return result

    def _as_if(self, state):
        result = super()._as_if(state)
        if self._uses_rule():
            self._update_figures()
        return result

    def _refresh_fallback(self):
        """New records, and changed ones, have their figure within the hour."""
        result = super()._refresh_fallback()
        self._update_figures()
        return result

    def _update_figures(self):
        """Ask the rule about all open records, and keep what it says; nothing while it is not shown.

        A rule that fails leaves the figures as they were, and is an alert.
        """
        self.ensure_one()
        alerts = self.env["ai.deployment.alert"].sudo()
        if not self._uses_rule():
            self.env.cr.execute(SQL("DELETE FROM ai_deployment_fallback_figure WHERE deployment_id = %s", self.id))
            alerts._resolve(self, "fallback:rule")
            return
        try:
            figures = self._figures_of_rule()
        except Exception as error:  # noqa: BLE001 - people wrote it: whatever is wrong with it becomes an alert
            _logger.info("The rule shown instead by deployment %s failed", self.id, exc_info=True)
            alerts._raise(
                self,
                "fallback:rule",
                name=self.env._("The rule that shows instead of scores failed: %s", turns.fault_text(error)),
                suggestion=self.env._(
                    "Ask an administrator to correct the server action “%s”.", self.fallback_action_id.name
                ),
            )
            return
        alerts._resolve(self, "fallback:rule")
        self.env.cr.execute(SQL("DELETE FROM ai_deployment_fallback_figure WHERE deployment_id = %s", self.id))
        bulk.insert(
            self.env,
            "ai_deployment_fallback_figure",
            {
                "deployment_id": ("int4", self.id),
                "res_id": ("int4", list(figures)),
                "value": ("float8", list(figures.values())),
            },
        )
        self.env["ai.deployment.fallback.figure"].invalidate_model(flush=False)

    def _figures_of_rule(self):
        """{record id: figure} of all open records, as the rule says."""
        documents = self.env[self.res_model].sudo()
        domain = self._record_domain() & documents._ai_base_domain() & documents._ai_open_domain()
        domain &= self._company_domain()
        figures = {}
        for ids in split_every(AT_ONCE, documents.search(domain, order="id").ids):
            figures.update(self._ask_rule(documents.browse(ids)))
        return figures

    def _ask_rule(self, records):
        """What the rule says of `records`, in the time of a drill; whatever else it does is taken back."""
        action = self.fallback_action_id.sudo()
        if action.state != "code":
            raise UserError(self.env._("“%s” is no rule for these records.", action.name))
        if names := forbidden_names(action.code):
            raise UserError(self.env._("it may not use “%s”, which ends a transaction.", ", ".join(names)))
        with self._undone(), kept_open(self.env):
            said = action.with_context(
                active_model=records._name, active_ids=records.ids, active_id=records.ids[0]
            ).run()
        if not isinstance(said, dict):
            raise UserError(self.env._("it set no figures: “action” has to be a figure for each record."))
        known, figures = set(records.ids), {}
        for res_id, value in said.items():
            if res_id not in known:
                raise UserError(self.env._("it spoke of a record that it was not asked about: %s.", res_id))
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise UserError(
                    self.env._("“%(value)s” of record %(id)s is no figure from 0 to 1.", value=value, id=res_id)
                )
            figures[res_id] = float(value)
        if any(math.isnan(value) for value in figures.values()):
            raise UserError(self.env._("a figure of it is no number."))
        return figures

    def _fallback_sql(self, alias):
        if self.fallback != RULE:
            return super()._fallback_sql(alias)
        return SQL(
            "(SELECT figure.value FROM ai_deployment_fallback_figure figure WHERE figure.deployment_id = %s"
            " AND figure.res_id = %s)",
            self.id,
            SQL.identifier(alias, "id"),
        )
