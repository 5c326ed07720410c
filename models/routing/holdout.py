"""A hold-out: by chance, some new records are scored and logged, but nobody is shown their score.

Only so can it be told what the score itself does: the two groups differ in nothing else. Who belongs to it is a hash of
the record, the same here and in SQL (`Holdout.sql` is `ml.routing.audit_selected`). Only records that came after it
began belong to it, so that no score disappears that somebody has seen.
A score that is hidden is hidden everywhere: on the record, in the lists of scores and of the log, and in reviews, which
are not asked for. The Auditor, who reads every row, is the one exception. A record that cannot be scored goes to a
person all the same: that says nothing of its score.
"""

from datetime import datetime
from typing import NamedTuple

import numpy as np

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...ml.routing import AUTOMATIC
from ..tools import clock
from ..tools.trust import own
from ..tools.wording import plain

MOST_HELD_OUT = 0.5


class Holdout(NamedTuple):
    """What decides whether a record is held out."""

    id: int  # of the deployment
    res_model: str
    share: float
    since: datetime

    @property
    def salt(self):
        return f"holdout {self.id}"

    def sql(self, alias):
        """SQL: the record of the table `alias` is held out. The number is that of `ml.routing.audit_selected`."""
        return SQL("(%s >= %s AND %s)", SQL.identifier(alias, "create_date"), self.since, self.drawn_sql(alias))

    def drawn_sql(self, alias):
        return SQL(
            "('x' || encode(substr(sha256(%s || convert_to(%s || %s::text, 'UTF8')), 1, 6), 'hex'))::bit(48)::int8"
            " < %s::float8",
            f"{self.salt}\0".encode(),
            f"{self.res_model},",
            SQL.identifier(alias, "id"),
            self.share * 2**48,
        )


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    holdout_share = fields.Float(
        "Without a Score",
        readonly=True,
        copy=False,
        tracking=True,
        help="This share of new records is scored, but nobody is shown the score.",
    )
    holdout_since = fields.Datetime("Without a Score Since", readonly=True, copy=False)
    holdout_reason = fields.Char("Why Without a Score", readonly=True, copy=False)
    holdout_text = fields.Char("Shown to Nobody", compute="_compute_holdout_text")
    may_hold_out = fields.Boolean(compute="_compute_may_hold_out", unsaved=True)

    _holdout_share_in_reach = models.Constraint(
        "CHECK(holdout_share BETWEEN 0 AND 0.5)", "At most half of the records go without a score."
    )
    _holdout_has_begun = models.Constraint(
        "CHECK(COALESCE(holdout_share, 0) = 0 OR holdout_since IS NOT NULL)",
        "Records go without a score from a moment on.",
    )

    @api.depends("holdout_share", "holdout_since")
    @api.depends_context("lang")
    def _compute_holdout_text(self):
        for deployment in self:
            if not deployment.holdout_share:
                deployment.holdout_text = False
                continue
            deployment.holdout_text = self.env._(
                "%(share)s %% of the %(records)s that came since %(day)s have no score on purpose, by chance, to learn "
                "what the score does.",
                share=plain(self.env, 100 * deployment.holdout_share),
                day=format_date(self.env, deployment.holdout_since),
                records=self.env[deployment.res_model]._ai_words()["records"],
            )

    @api.depends("res_model")
    def _compute_may_hold_out(self):
        for deployment in self:
            documents = self.env.get(deployment.res_model)
            deployment.may_hold_out = getattr(documents, "_ai_may_hold_out", False)

    @api.model
    @tools.ormcache("res_model")
    def _holdouts(self, res_model):
        """The hold-outs that are on, as a tuple of `Holdout`: remembered, as every list of records asks."""
        deployments = (
            self.sudo()
            .with_context(active_test=False)
            .search(
                Domain("res_model", "=", res_model)
                & Domain("holdout_share", ">", 0)
                & Domain("holdout_since", "!=", False),
                order="id",
            )
        )
        return tuple(deployment._holdout() for deployment in deployments)

    def _holdout(self):
        return Holdout(self.id, self.res_model, self.holdout_share, self.holdout_since)

    def _follow_written_holdout(self, vals):
        changed = {"holdout_share", "holdout_since", "holdout_reason"} & vals.keys()
        if changed:
            self.env.registry.clear_cache()
        yield
        if changed:
            self.flush_recordset(["holdout_share", "holdout_since"])

    def _hold_out(self, share, reason):
        """Hide the score of a share of new records from now on; 0 ends it. Only the owner begins it."""
        self.ensure_one()
        self.check_access("read")
        deployment = self.sudo()
        if share and self.env.user != deployment.user_id:
            raise AccessError(self.env._("Only the owner, %s, may hide scores.", deployment.user_id.name))
        self._check_decides()
        if not 0 <= share <= MOST_HELD_OUT:
            raise ValidationError(self.env._("At most half of the records go without a score."))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why."))
        if share and not deployment.may_hold_out:
            raise UserError(
                self.env._("Scores of %s are never hidden.", self.env[deployment.res_model]._ai_words()["records"])
            )
        if share and deployment.state not in deployment._at_work_states():
            raise UserError(self.env._("“%s” is not at work: there is no score to hide.", deployment.name))
        deployment._measure_holdout()  # what is known so far: from now on other records have no score
        deployment.write(
            {
                "holdout_share": share,
                "holdout_since": clock.now() if share else False,
                "holdout_reason": reason.strip()[:500] if share else False,
            }
        )
        self.env[deployment.res_model].invalidate_model(
            ["ai_score", "ai_confidence", "ai_score_date", "ai_reasons"], flush=False
        )
        own(deployment)._message_log(
            body=self.env._(
                "%(person)s: %(share)s %% of new records have no score on purpose. %(why)s",
                person=self.env.user.name,
                share=plain(self.env, 100 * share),
                why=reason.strip(),
            ),
            author_id=self.env.user.partner_id.id,
        )

    def action_hold_out(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Records Without a Score"),
            "res_model": "ai.deployment.holdout",
            "view_mode": "form",
            "target": "new",
            "context": {"default_deployment_id": self.id},
        }

    # Scoring

    def _route(self, call, scored, chosen, ids, incumbents):
        """What is held out goes to nobody, and takes no room of those who review; what fails has no score to hide."""
        held = self._held_out_ids(ids)
        if not held:
            return super()._route(call, scored, chosen, ids, incumbents)
        rows = zip(chosen.tolist(), ids, strict=True)
        free = [place for place, (row, res_id) in enumerate(rows) if res_id not in held or row in scored.errors]
        why, chances = np.full(len(ids), AUTOMATIC, dtype=object), np.zeros(len(ids))
        if free:
            why[free], chances[free] = super()._route(
                call, scored, chosen[free], [ids[place] for place in free], [incumbents[place] for place in free]
            )
        return why, chances

    def _held_out_ids(self, ids):
        """Those of `ids` whose score nobody is shown."""
        if not self.holdout_share or not self.holdout_since:
            return set()
        table = self.env[self.res_model]._table
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE id = ANY(%s) AND %s",
                SQL.identifier(table),
                list(ids),
                self._holdout().sql(table),
            )
        )
        return {res_id for (res_id,) in rows}

    # The result

    def _measure_holdout(self):
        """Compare those with a score with those without; False where none is due.

        All records that came since count, scored or not: whether one is scored may depend on who sees a score.
        """
        self.ensure_one()
        end = self._last_due_day()
        start = self.holdout_since and fields.Date.add(self.holdout_since.date(), days=1)  # the first whole day
        live = self._went_live()
        if not self.holdout_share or not live or max(start, live.date()) > end:
            return False
        start = max(start, live.date())
        found = self._measure(start, end, self._holdout().drawn_sql(self.env[self.res_model]._table))
        self._keep_comparison("holdout", start, end, found.get(False, {}), found.get(True, {}))
        return True


def _hidden(lines):
    """Domain of the lines of `lines`' model whose score is hidden on purpose."""
    hidden, env = Domain.FALSE, lines.env
    for res_model in env["ai.deployment"]._target_models():
        for one in env["ai.deployment"]._holdouts(res_model):
            documents = env[res_model].sudo().with_context(active_test=False)
            query = documents._search(Domain("create_date", ">=", one.since))
            query.add_where(one.drawn_sql(documents._table))
            query.order = None
            hidden |= Domain("deployment_id", "=", one.id) & Domain("res_id", "in", query)
    return hidden


class AiDeploymentScore(models.Model):
    _inherit = "ai.deployment.score"

    @api.model
    def _hidden_domain(self):
        return super()._hidden_domain() | _hidden(self)


class AiDeploymentInference(models.Model):
    _inherit = "ai.deployment.inference"

    @api.model
    def _hidden_domain(self):
        return super()._hidden_domain() | _hidden(self)
