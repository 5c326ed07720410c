"""When records are scored by themselves: as they come, as what is scored of them changes, and every night.

Documents note what was created or changed (`tools/noted.py`); the end of the transaction scores it here, one chunk per
deployment, whoever created it and by whichever way. It is scored as the deployment, with all rights. Nothing of that
refuses what a user saves or changes which error a user sees: where scoring fails, the records wait.
"""

import logging
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import ormcache

from ..deployment.ai_deployment import FILTER_ERRORS
from ..features.feature_reader import paths_of, walk_path
from ..tools import clock, faults
from ..tools.bounded import bounded_savepoint
from .scoring_run import READ_TO_SCORE
from .keep_waiting import failure_of, keep_waiting

_logger = logging.getLogger(__name__)

MOST_AT_ONCE = 2000  # records; what a transaction has more of is scored in the background
LONGEST_LOCK, LONGEST_STATEMENT = "2s", "10s"  # that the user who saves waits for
RULE_FIELDS = {"active", "domain", "model_id", "score_on_change", "score_on_create", "state"}


class Rule(NamedTuple):
    """What asks a deployment for a score, as documents need to know it."""

    deployment_id: int
    on_create: bool
    names: frozenset  # fields of the document whose change asks; empty where no change does


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    score_on_create = fields.Boolean(
        "On Creation",
        default=True,
        tracking=True,
        help="A new record has its score when it is saved, whichever way it came: a form, an import, an e-mail, a "
        "website. Those of a large import are scored in the background.",
    )
    score_on_change = fields.Boolean(
        "On Change",
        tracking=True,
        help="A record is scored again when one of the inputs that the serving version reads changes on it, or what "
        "“Only Records” asks. For example: the expected revenue of a lead.",
    )

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
        deployments = self.sudo().search(
            Domain("res_model", "=", res_model)
            & Domain("state", "in", self._at_work_states())
            & (Domain("score_on_create", "=", True) | Domain("score_on_change", "=", True)),
            order="id",
        )
        return tuple(
            Rule(one.id, one.score_on_create, one._names_read() if one.score_on_change else frozenset())
            for one in deployments
            if one.champion_id
        )

    def _names_read(self):
        """Return the names of the document's fields that the serving version and the filter read."""
        documents, names = self.env[self.res_model], set()
        specs = [spec for spec in self.champion_id._specs().values() if spec["source"] != "card"]
        paths = [path for spec in specs for path in paths_of(spec)]
        for path in paths + self._filter_paths():
            steps = walk_path(documents, path)
            if steps:
                names |= _names_behind(documents, steps[0].field)
        return frozenset(names)

    def _follow_rules(self, vals):
        """Forget the rules where `vals`, just written, changes some."""
        if RULE_FIELDS & vals.keys():
            self._forget_rules()

    def _filter_paths(self):
        """Return the paths that "Only Records" asks for; none where it cannot be used, which scoring tells of."""
        try:
            return [condition.field_expr for condition in self._record_domain().iter_conditions()]
        except FILTER_ERRORS:
            return []

    def _make_requests_due(self):
        for deployment in self:
            self.env["ai.deployment.request"]._make_due(deployment)

    @api.model
    def _forget_rules(self):
        """Let all workers look the rules up again: now, and once more after the commit.

        Another thread may have looked them up in between, and have found them as they were.
        """
        self.env.registry.clear_cache()
        self.env.cr.postcommit.add(self.env.registry.clear_cache)

    # At the end of a transaction

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
            deployment._score_quietly(sorted(asked), next(iter(asked.values())))

    def _score_quietly(self, ids, uid):
        """Score records as this deployment, in the name of the user `uid`; let them wait where that fails.

        First all at once. Only where a record or the version is to blame, they are tried again in ever smaller chunks.
        """
        for one_try in (True, False):
            try:
                self._score_bounded(ids, uid, one_try)
                return
            except Exception as error:
                kind = faults.kind_of(error)
                if kind == faults.LOST_CONNECTION or faults.is_aborted(self.env.cr):
                    raise  # nothing can be saved any more
                if kind or not one_try:
                    self._let_wait(ids, uid, kind, error)
                    return

    def _score_bounded(self, ids, uid, one_try):
        """Score records in the name of the user `uid`, in a savepoint with limits; raise what fails."""
        own = self.env(user=uid, su=True)
        with bounded_savepoint(self.env.cr, LONGEST_LOCK, LONGEST_STATEMENT):
            self.with_env(own)._score_found(own[self.res_model].browse(ids), one_try)

    def _let_wait(self, ids, uid, kind, error):
        is_collision = kind == faults.COLLISION
        if is_collision:
            _logger.info("Deployment %s scores %s records after the commit: others are at it", self.id, len(ids))
        else:
            faults.log_fault(_logger, f"Deployment {self.id} could not score what was saved", error)
        keep_waiting(self, ids, uid, failure_of(error), scores_first=is_collision)

    def _score_found(self, records, one_try):
        """Score those of `records` that the deployment is for; many of them in the background."""
        documents = records.browse()
        only, most = ~documents._ai_moot_domain(), min(self.batch_above, MOST_AT_ONCE)
        if len(records) > most:
            domain = Domain("id", "in", records.ids) & self._record_domain() & documents._ai_base_domain() & only
            records = documents.with_context(active_test=False).search(domain & self._company_domain())
        if len(records) > most:
            # With all rights, as the cron of the night does: a visitor of a website may read no record.
            self.with_user(api.SUPERUSER_ID).env["ai.deployment.batch"]._ask(self, records.ids)
            return
        day, user = clock.today(), self.env.user

        def ask(found):
            return self.env["ai.deployment.asked"]._statement(self, day, found, user)

        self._settle(records, day, ask=ask, only=only, one_try=one_try)


def _names_behind(documents, field):
    """Return the name of a field and, where it is not stored, of those of the same model that it is computed from."""
    names, waiting = set(), [field]
    while waiting:
        one = waiting.pop()
        if one.name in names:
            continue
        names.add(one.name)
        if not one.store:
            first = (path.split(".")[0] for path in documents.pool.field_depends[one])
            waiting += [documents._fields[name] for name in first if name in documents._fields]
    return names
