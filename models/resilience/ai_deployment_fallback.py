"""What shows instead of scores, and since when: chosen beforehand, put in force by what happened, never silently.

In force is stored (`fallback_since`, `fallback_reason`), so that lists of leads and bills need no further look: it is
worked out where a state changes, where scoring finds the version damaged, and hourly with the health. Where a record is
shown, `Fallback` is what `ai_deployment_scorable_mixin` puts into its one expression: no row is written when a fallback
comes into force, and none has to be taken back when it is over.
"""

from typing import Any, NamedTuple

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..tools import clock, turns
from ..tools.trust import own

FALLBACK = turns.TurnWork(
    "fallback",
    run=lambda deployment: deployment._refresh_fallback(),
    describe=lambda deployment, why: deployment.env._(
        "What “%(what)s” shows instead could not be kept right: %(why)s", what=deployment.name, why=why
    ),
)
DRILL = turns.TurnWork(
    "drill",
    run=lambda deployment: deployment._try_fallback(),
    describe=lambda deployment, why: deployment.env._(
        "What “%(what)s” shows instead of scores could not be tried: %(why)s", what=deployment.name, why=why
    ),
    taken="drill_taken",
)


class Fallback(NamedTuple):
    """What shows instead of the scores of one deployment."""

    deployment: Any
    below: float | None  # only where the score is less sure than this; None: on every record
    sentence: str


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    fallback = fields.Selection(
        [
            ("none", "Nothing"),
            ("incumbent", "Odoo's own estimate"),
            ("previous", "What the version before said"),
            ("constant", "A fixed figure"),
            ("rule", "A rule of our own"),
        ],
        "Shown Instead",
        required=True,
        default="none",
        tracking=True,
        help="What stands in the place of scores while it is switched off, or its version cannot be used.",
    )
    fallback_value = fields.Float("Fixed Figure", digits=(16, 4))
    fallback_below = fields.Float(
        "Also Where Less Sure Than",
        tracking=True,
        help="A score that is less sure than this is not shown, but what is shown instead. 0: every score is shown.",
    )
    fallback_since = fields.Datetime("Shown Instead Since", readonly=True, copy=False)
    fallback_reason = fields.Char("Because", readonly=True, copy=False)

    _fallback_value_is_share = models.Constraint(
        "CHECK(fallback_value BETWEEN 0 AND 1)", "The fixed figure lies between 0 and 100 %."
    )
    _fallback_below_is_share = models.Constraint(
        "CHECK(fallback_below BETWEEN 0 AND 1)", "How sure a score has to be lies between 0 and 100 %."
    )

    @api.constrains("fallback", "model_id")
    def _check_fallback(self):
        for deployment in self.filtered(lambda deployment: deployment.fallback == "incumbent"):
            documents = self.env[deployment.res_model]
            if documents._ai_incumbent_sql(documents._table) is None:
                raise ValidationError(
                    self.env._("Odoo has no estimate of its own for %s.", documents._ai_words()["records"])
                )

    # In force

    def _fallback_reasons(self):
        """Hook: why no score may be shown now, as sentences; none where all is well. Others add theirs."""
        self.ensure_one()
        if self.state == "suspended":
            return [self.env._("ours is switched off")]
        if self.state == "production" and self._grace_over():
            return [self.env._("nobody answers for ours any more")]
        if self.state == "production" and self.champion_id and self.champion_id._fault():
            return [self.env._("ours cannot be used at the moment")]
        return []

    def _update_fallback(self):
        """Put the fallback in force where there is a reason, and end it where there is none any more."""
        for deployment in self.sudo():
            reasons = deployment._fallback_reasons() if deployment.fallback != "none" else []
            reason = reasons[0] if reasons else False
            if bool(deployment.fallback_since) != bool(reason) or (deployment.fallback_reason or False) != reason:
                began = deployment.fallback_since or clock.now()
                deployment.write({"fallback_since": began if reason else False, "fallback_reason": reason})
                own(deployment)._message_log(body=deployment._fallback_news(reason))

    def _fallback_news(self, reason):
        if not reason:
            return self.env._("Scores are shown again.")
        return self.env._(
            "From now on shown instead of scores: %(what)s, as %(why)s.", what=self._fallback_label(), why=reason
        )

    def _fallback_label(self):
        return dict(self._fields["fallback"]._description_selection(self.env))[self.fallback]

    def _fallback_in_force(self):
        """What shows instead of scores, and why, of those of `self` where it does: {id: Fallback}."""
        return {
            deployment.id: Fallback(deployment, None, deployment._fallback_sentence())
            for deployment in self.sudo()
            if deployment.fallback != "none" and deployment.fallback_since
        }

    def _fallback_sentence(self):
        return self.env._(
            "%(what)s; %(why)s (since %(day)s).",
            what=self._fallback_label(),
            why=self.fallback_reason,
            day=format_date(self.env, self.fallback_since),
        )

    def _fallbacks_shown(self):
        """What a person sees of `self`, one deployment per company: those in force, and those of unsure scores."""
        in_force = self._fallback_in_force()
        unsure = [
            Fallback(
                deployment,
                deployment.fallback_below,
                self.env._("%s; ours is not sure enough here.", deployment._fallback_label()),
            )
            for deployment in self
            if deployment.fallback != "none" and deployment.fallback_below and deployment.id not in in_force
        ]
        return [*in_force.values(), *unsure]

    def _fallback_sql(self, alias):
        """SQL of the figure that shows instead, for the record `alias`."""
        self.ensure_one()
        if self.fallback == "incumbent":
            return self.env[self.res_model]._ai_incumbent_sql(alias) or SQL("NULL::float8")
        if self.fallback == "constant":
            return SQL("%s::float8", self.fallback_value)
        before = self._version_before()
        return SQL(
            "(SELECT line.predicted_value FROM ai_deployment_inference line WHERE line.deployment_id = %s"
            " AND line.res_id = %s AND line.version_id = %s AND line.failure_type IS NULL"
            " ORDER BY line.id DESC LIMIT 1)",
            self.id,
            SQL.identifier(alias, "id"),
            before.id or 0,
        )

    def _version_before(self):
        """The version that served before the one that serves."""
        served = self.assignment_ids.filtered(lambda a: a.role == "champion" and a.end_date)
        return served.sorted("id", reverse=True)[:1].version_id

    def _follow_written_fallback(self, vals):
        yield
        if "fallback" in vals:
            self._update_fallback()
        elif {"fallback_action_id", "fallback_below"} & vals.keys():
            self.sudo()._update_fallback()

    @api.model
    def _refresh_fallbacks(self):
        """What shows instead is kept right also where nothing is at work, and no health is looked at."""
        for deployment in self.search(Domain("fallback", "!=", "none") & Domain("state", "!=", "retired")):
            try:
                turns.run_or_alert(FALLBACK, deployment)
            except psycopg2.OperationalError:  # somebody wrote the same rows: with the next pass
                self.env.cr.rollback()
            self.env["ir.cron"]._commit_progress()

    def _refresh_fallback(self):
        """Hook: set right what shows instead, once an hour."""
        self._update_fallback()

    # The drill

    def action_drill_fallback(self):
        self.ensure_one()
        self._check_decides()
        return self._open_drill(self.sudo()._drill("fallback"))

    def _drill_fallback(self):
        """Switch it off and break its version, out of sight of everybody, and read a record as its viewer does."""
        say = self.env._
        return [
            self._step("off", say("It is switched off"), self._drill_switched_off),
            self._step("unusable", say("Its version cannot be used"), self._drill_unusable),
        ]

    def _drill_switched_off(self):
        self._as_if("suspended")
        return self._drill_shown()

    def _drill_unusable(self):
        record = self._drill_record()
        self._as_if("production")
        self._serve_for_now(self._damaged_version())
        self._score(record, again=True)
        return self._drill_shown()

    def _as_if(self, state):
        """In this state until it is undone, without any of what follows from a step in its life."""
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE ai_deployment SET state = %s WHERE id = %s", state, self.id))
        self.invalidate_recordset(["state"], flush=False)
        self._update_fallback()
        self.env.flush_all()

    def _drill_shown(self):
        """Whether a viewer reads and finds what is shown instead, marked as such."""
        record, viewer = self._drill_record(), self._some_viewer()
        if not self.is_primary or not viewer:
            return False, self.env._("Its scores are shown to nobody, so nothing can be shown instead.")
        seen = record.with_user(viewer).sudo(False).with_context(allowed_company_ids=self.company_id.ids)
        if not seen.has_access("read"):
            seen = seen.sudo()
        if self.fallback == "none":
            went = not seen.ai_score_date and not seen.ai_is_fallback
            return went, self.env._("No score was shown, and nothing instead, as chosen.")
        found = seen.search_count([("id", "=", seen.id), ("ai_is_fallback", "=", True)])
        went = seen.ai_is_fallback and found and not seen.ai_score_date and seen.ai_reasons
        return went, self.env._(
            "A viewer read: “%(text)s” (%(value)s %%).", text=seen.ai_reasons or "", value=round(100 * seen.ai_score)
        )

    def _some_viewer(self):
        """An active colleague who sees scores."""
        members = self.sudo().viewer_group_ids.all_user_ids
        company = self.sudo().company_id
        return members.filtered(lambda u: u.active and not u.share and company in u.company_ids).sorted("id")[:1]

    # Once a month

    drill_taken = fields.Boolean(readonly=True, copy=False)

    @api.model
    def _cron_drill_fallbacks(self):
        """Try what is shown instead, once in a month for each deployment at work."""
        since = fields.Datetime.subtract(clock.now(), days=30)
        at_work = self.search(
            Domain("state", "in", self._at_work_states()) & Domain("fallback", "!=", "none"), order="id"
        )
        lately = self.env["ai.deployment.drill"].search(
            Domain("deployment_id", "in", at_work.ids)
            & Domain("kind", "=", "fallback")
            & Domain("date", ">", since)
            & Domain("date", "<=", clock.now())
        )
        turns.take_turns(DRILL, at_work.filtered(lambda deployment: deployment not in lately.deployment_id))

    def _try_fallback(self):
        drill, alerts = self._drill("fallback"), self.env["ai.deployment.alert"].sudo()
        if drill.is_passed:
            alerts._resolve(self, "drill:fallback")
        else:
            alerts._raise(
                self,
                "drill:fallback",
                name=drill._verdict(),
                suggestion=self.env._("Open the drill: it says what a viewer would have seen."),
            )
