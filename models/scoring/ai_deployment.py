"""Ways into scoring: on request, on creation or change, and every night.

`_score` is the one door: the server action, the crons and the API come through here. It writes nothing on the records.
"""

import logging
from collections import Counter
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import ormcache

from ..tools import clock, faults, noted
from .scoring_on_save import score_saved
from .scoring_rule import RULE_FIELDS, find_rules
from .scoring_run import ScoringRun
from .standing import READ_TO_SCORE

_logger = logging.getLogger(__name__)


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    score_on_create = fields.Boolean(
        "Score on Creation",
        default=True,
        tracking=True,
        help="A new record is scored when it is saved, whether created in a form or by an import, an e-mail or the "
        "website. Large imports are scored in the background.",
    )
    score_on_change = fields.Boolean(
        "Score on Change",
        tracking=True,
        help="A record is scored again when an input of the serving version or a field of the filter “Only "
        "Records” changes. For example: the expected revenue of a lead.",
    )

    # On request

    def _score(self, records, now=None, again=False, action=None):
        """Score `records` with the serving version; the outcome as a Counter, see `ScoringRun.run`.

        :param records: recordset of the deployment's document model, with the rights of who asks
        :param now: the moment of scoring, for a replay; by default the clock's
        :param again: log also what has not changed
        :param action: the server action that asks
        :raise UserError: where the deployment is not at work
        """
        self.ensure_one()
        deployment = self.sudo()
        deployment._check_at_work()
        with clock.at(now or clock.now()):
            day, asked = clock.today(), self.env["ai.deployment.requested"]
            requested = partial(asked._statement, deployment, day, user=records.env.user, action=action)
            return self._scoring_run(records, day=day, again=again, requested=requested).run()

    def _ask(self, records, again=False, action=None):
        """Score `records` now, or keep the wish as a batch where there are more than `batch_above`.

        The outcome as `_score` gives it, or with `queued` records and the id of their `batch`.
        """
        self.ensure_one()
        deployment = self.sudo()
        if deployment._serves_from_outside() == "pushed":
            raise UserError(
                self.env._("The scores of “%s” are pushed by an external program: nothing can be asked for.", self.name)
            )
        if len(records) <= deployment.batch_above and not deployment._serves_from_outside():
            return self._score(records, again=again, action=action)
        deployment._check_at_work()
        noted.forget(self.env.cr, self.id, records.ids)
        batch = self.env["ai.deployment.batch"]._ask(deployment, records.ids, again, action, confirms_floods=True)
        return Counter(requested=len(records), queued=len(set(records.ids)), batch=batch.id)

    def _serves_from_outside(self):
        """Return "remote" or "pushed" where the serving version runs elsewhere, else an empty string."""
        version = self.champion_id
        kind = version._cached_kind(version.id) if version else ""
        return kind if kind in ("remote", "pushed") else ""

    def _check_at_work(self):
        if self.state not in self._at_work_states():
            raise UserError(self.env._("“%s” is not live, so nothing was scored.", self.name))

    def _scoring_run(self, records, **options):
        """Return the `ScoringRun` of `records`: the one place where scoring gets its rights."""
        self.ensure_one()
        deployment = self.sudo()
        return ScoringRun(deployment, deployment._router(), records, **options)

    # Every night

    @api.model
    def _cron_score_nightly(self):
        """Ask for all open records of the deployments that want it; the lanes do the work."""
        cron = self.env["ir.cron"]
        wanted = self.search(Domain("state", "in", self._at_work_states()) & Domain("score_nightly", "=", True))
        cron._commit_progress(remaining=len(wanted))
        for deployment in wanted:
            if deployment._serves_from_outside() != "pushed":
                deployment._ask_nightly()
            if not cron._commit_progress(1):
                break

    def _ask_nightly(self):
        """Ask for all open records; a filter that fails becomes an alert and stops no other deployment."""
        self.ensure_one()
        alerts, documents = self.env["ai.deployment.alert"], self.env[self.res_model]
        try:
            with self.env.cr.savepoint():
                domain = self._record_domain() & documents._ai_base_domain() & documents._ai_open_domain()
                domain &= self._company_domain()
                ids = documents.search(domain).ids
        except faults.OF_THE_MOMENT:
            raise
        except Exception:
            _logger.exception("The open records of %s could not be found", self.name)
            alerts._raise(
                self,
                "nightly",
                name=self.env._("“%s” cannot be scored every night: its filter is no longer valid", self.name),
                suggestion=self.env._("Correct “Only Records”, or ask an administrator to."),
            )
            return
        alerts._resolve(self, "nightly")
        self.env["ai.deployment.batch"]._ask(self, ids, confirms_floods=True)

    # By themselves

    def _scores_by_itself(self):
        """Return whether records come to it without an automation rule or a person."""
        self.ensure_one()
        return self.score_on_create or self.score_on_change or self.score_nightly

    @api.model
    @ormcache("res_model")
    def _scoring_rules(self, res_model):
        """Return the `Rule`s of the deployments that records of `res_model` are scored with by themselves, as a tuple.

        Every creation and every write asks, so the answer is remembered; `_forget_rules` empties it in all workers.
        """
        return find_rules(self.sudo(), res_model)

    def _follow_rules(self, vals):
        """Forget the rules where `vals`, just written, changes some."""
        if RULE_FIELDS & vals.keys():
            self._forget_rules()

    @api.model
    def _forget_rules(self):
        """Let all workers look the rules up again: now, and once more after the commit.

        Another thread may have looked them up in between, and have found them as they were.
        """
        self.env.registry.clear_cache()
        self.env.cr.postcommit.add(self.env.registry.clear_cache)

    @api.model
    def _score_noted(self, wanted):
        """Score what a transaction noted, before it is committed.

        :param wanted: {deployment id: {record id: id of the user who created or changed it}}
        """
        if faults.is_aborted(self.env.cr):  # somebody goes on after an error: there is nothing to save
            return
        still = Domain("id", "in", list(wanted)) & Domain("state", "in", self._at_work_states())
        still &= Domain("champion_id", "!=", False)
        for deployment in self.sudo().search_fetch(still, READ_TO_SCORE, order="id"):
            asked = wanted[deployment.id]
            score_saved(deployment, sorted(asked), next(iter(asked.values())))

    # Events

    def _make_requests_due(self):
        for deployment in self:
            self.env["ai.deployment.request"]._make_due(deployment)
