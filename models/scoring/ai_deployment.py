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

from ..documents.score_sql import READ_TO_SHOW
from ..tools import clock, faults, noted
from ..tools.told import told
from ..tools.wording import for_reader
from . import bands
from .scoring_on_save import mark_changed, mark_planned, refresh, score_saved
from .scoring_rule import RULE_FIELDS, find_rules
from .scoring_run import ScoringRun
from .standing import READ_TO_SCORE

_logger = logging.getLogger(__name__)
# What scores a record, and what shows its score to whoever saved it.
READ_ON_SAVE = tuple(dict.fromkeys((*READ_TO_SCORE, *READ_TO_SHOW)))


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

    has_own_bands = fields.Boolean(
        "Own Bands", tracking=True, help="Keep the limits below when another version serves."
    )
    band_high = fields.Float(
        "Upper Limit",
        compute="_compute_bands",
        store=True,
        readonly=False,
        digits=(4, 3),
        help="Leads from this chance on are called hot, bills from this unusualness on very unusual. By default, the "
        "odds of a hot lead are twice those of an average one in training; very unusual is a fifth of what is flagged.",
    )
    band_low = fields.Float(
        "Lower Limit",
        compute="_compute_bands",
        store=True,
        readonly=False,
        digits=(4, 3),
        help="Leads below this chance are called cold. By default, their odds are half those of an average lead in "
        "training. Bills are called unusual where they are flagged.",
    )

    _bands_in_order = models.Constraint(
        "CHECK(band_low IS NULL OR band_high IS NULL OR (band_low >= 0 AND band_low <= band_high AND band_high <= 1))",
        "The lower limit must be between 0 and the upper limit, and the upper limit at most 1.",
    )

    @api.depends("champion_id", "has_own_bands")
    def _compute_bands(self):
        for deployment in self:
            if not deployment.has_own_bands or not deployment.band_high:
                deployment.band_low, deployment.band_high = bands.of_version(deployment.sudo())

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
        with clock.at(now or clock.instant()):
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
            words = for_reader(self).env
            alerts._raise(
                self,
                "nightly",
                name=told(
                    words,
                    lambda there: there._(
                        "“%s” cannot be scored every night: its filter is no longer valid", self.name
                    ),
                ),
                suggestion=told(words, lambda there: there._("Correct “Only Records”, or ask an administrator to.")),
            )
            return
        alerts._resolve(self, "nightly")
        self.env["ai.deployment.batch"]._ask(self, ids, confirms_floods=True)

    def _score_open_records(self):
        """Score what is open now: at once, or as a batch where there are more than `batch_above`."""
        for deployment in self.sudo():
            documents = deployment.env[deployment.res_model]
            domain = deployment._record_domain() & documents._ai_base_domain() & documents._ai_open_domain()
            records = documents.search(domain & deployment._company_domain())
            if records:
                deployment._ask(records)

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
        """Let all workers look the rules up again."""
        self._forget_remembered()

    @api.model
    def _score_noted(self, wanted):
        """Score what a transaction noted, before it is committed.

        :param wanted: {deployment id: {record id: id of the user who created or changed it}}
        """
        if faults.is_aborted(self.env.cr):  # somebody goes on after an error: there is nothing to save
            return
        for deployment in self._at_work_among(wanted).filtered("champion_id"):
            asked = wanted[deployment.id]
            score_saved(deployment, sorted(asked), next(iter(asked.values())))

    @api.model
    def _mark_noted(self, changed, planned):
        """Mark the scores whose inputs a transaction wrote, or which hold until another moment, before it is committed.

        :param changed: {deployment id: {record id: id of the user who changed it}}
        :param planned: the same, of records that a meeting was planned for, moved or cancelled
        """
        if faults.is_aborted(self.env.cr):
            return
        for deployment in self._at_work_among([*changed, *planned]):
            for mark, asked in ((mark_planned, planned), (mark_changed, changed)):
                if users := asked.get(deployment.id):
                    mark(deployment, sorted(users), next(iter(users.values())))

    @api.model
    def _at_work_among(self, ids):
        """Return those of the deployments `ids` that are at work, in sudo, with what scoring and showing read of them.

        One statement, and only the state is judged here: whoever saves a record waits for it.
        """
        named, states = self.sudo().browse(sorted(ids)), self._at_work_states()
        found = named._fetch_query(named._as_query(), [self._fields[name] for name in READ_ON_SAVE])  # without a search
        return found.filtered(lambda one: one.state in states)

    def _refresh_score(self, record):
        """Score `record`, whose score is marked, for who looks at it; return whether that was possible."""
        self.ensure_one()
        return refresh(self.sudo(), record)

    # Events

    @api.ondelete(at_uninstall=True)
    def _unlink_requested(self):
        self.env["ai.deployment.requested"]._forget(self)

    def _make_requests_due(self):
        for deployment in self:
            self.env["ai.deployment.request"]._make_due(deployment)
