"""A record that waits: it was asked for, could not be scored for a reason that may pass, and is tried again.

One row per record and day asked; `asks` counts how often it was asked for on that day. The row goes when the record is
settled, in the transaction that settles it. A try is counted, and the next one put off, before the work: requests whose
process ended are tried again later and in ever smaller groups, until one that ends it alone goes to a person.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...ml.errors import InferenceError, Unexpected
from ..alerting.alert_kinds import FAILS, FILTER, SLOW, VERSION
from ..endpoints import breakers
from ..tools import batch_insert as bulk
from ..tools import clock
from .ai_deployment_inference import FAILURE_TYPES
from .challenger_asking import ask_challengers
from .failure_words import failure_words, told_in_full
from .remote_asking import ask_before
from .scoring_run import serving_card

FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=1)
AGAIN_AFTER = timedelta(minutes=1)  # what a remote model could not be asked about yet
CHUNK = 2000
SMALLER = 8  # times, the group after each try whose process ended
MOST_INTERRUPTIONS = 5  # alone by then


class AiDeploymentRequest(models.Model):
    _name = "ai.deployment.request"
    _description = "Record Waiting for Its Score"
    _inherit = ["ai.deployment.guarded.mixin", "ai.deployment.document.mixin"]
    _order = "next_date, id"
    _log_access = False
    _rec_name = "res_id"

    deployment_id = fields.Many2one(ondelete="cascade")
    day = fields.Date("Requested On", required=True, readonly=True)
    asks = fields.Integer("Requests", required=True, readonly=True)
    attempts = fields.Integer(required=True, readonly=True)
    interruptions = fields.Integer(readonly=True, help="Attempts that did not end: the process was killed.")
    next_date = fields.Datetime("Next Attempt", required=True, readonly=True, index=True)
    failure_type = fields.Selection(FAILURE_TYPES, "Reason", readonly=True)
    failure_message = fields.Char("Stored Failure", readonly=True)
    failure_text = fields.Char("Failure Details", compute="_compute_failure_text", compute_sudo=True)

    _record_day_uniq = models.UniqueIndex("(deployment_id, res_id, day)", "This record is already waiting.")

    @api.depends("failure_type", "failure_message", "deployment_id.champion_id")
    @api.depends_context("lang")
    def _compute_failure_text(self):
        for request in self:
            names = request.deployment_id.champion_id._input_names()
            words = failure_words(self.env, request.failure_type, request.failure_message or "", names)
            request.failure_text = request.failure_type and told_in_full(words)

    @api.model
    def _add(self, deployment, day, ids, failures, earlier, companies=None):
        """`ids` wait, each with its (failure type, message); `earlier` holds what requests they had before this try.

        :param companies: ids of the companies whose records they are, in the order of `ids`; by default the
            deployment's own
        """
        attempts = [earlier[res_id].attempts + 1 if res_id in earlier else 1 for res_id in ids]
        waits = [_wait_after(tries) for tries in attempts]
        bulk.insert(
            self.env,
            self._table,
            {
                "deployment_id": ("int4", deployment.id),
                "company_id": ("int4", list(companies) if companies else deployment.company_id.id),
                "res_model": ("varchar", deployment.res_model),
                "res_id": ("int4", list(ids)),
                "day": ("date", day),
                "asks": ("int4", [earlier[res_id].asks if res_id in earlier else 1 for res_id in ids]),
                "attempts": ("int4", attempts),
                "next_date": ("timestamp", [clock.now() + wait for wait in waits]),
                "failure_type": ("varchar", [kind for kind, _text in failures]),
                "failure_message": ("varchar", [text for _kind, text in failures]),
            },
            conflict=SQL(
                "ON CONFLICT (deployment_id, res_id, day) DO UPDATE SET"
                " asks = ai_deployment_request.asks + excluded.asks, failure_type = excluded.failure_type,"
                " failure_message = excluded.failure_message"
            ),
        )

    @api.model
    def _add_due(self, deployment, day, ids):
        """`ids` wait for a remote model, and may be asked about at once."""
        self._add(deployment, day, ids, [(None, None)] * len(ids), {})
        self.env.cr.execute(
            SQL(
                "UPDATE ai_deployment_request SET next_date = %s, attempts = 0"
                " WHERE deployment_id = %s AND day = %s AND res_id = ANY(%s)",
                clock.now(),
                deployment.id,
                day,
                list(ids),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _cron_retry(self):
        """Try again what is due, a deployment and day at a time; each piece in a transaction of its own."""
        cron = self.env["ir.cron"]
        # Where the version is broken still, they would only fail again: the alert stands, and a repair makes them due.
        usable = self._due_deployments().filtered(
            lambda deployment: not isinstance(serving_card(deployment), InferenceError)
        )
        away = breakers.blocked(self.env)
        usable = usable.filtered(
            lambda deployment: deployment.id not in away and deployment._serves_from_outside() != "pushed"
        )
        cron._commit_progress(remaining=self._due_count(usable))
        for deployment in usable:
            self.env["ai.deployment.alert"]._resolve(deployment, VERSION)
            while requests := self._take(deployment):
                requests = requests._begin()
                requests = requests._ask_remote()
                if requests and requests[0].interruptions > MOST_INTERRUPTIONS:
                    requests._give_up()
                elif requests:
                    requests._retry()
                if not cron._commit_progress(len(requests), remaining=self._due_count(usable)):
                    return
                if deployment.id in breakers.blocked(self.env):
                    break
        ask_challengers(self.env)

    def _due_domain(self):
        return clock.due_domain("next_date", LONGEST_WAIT) & Domain(
            "deployment_id.state", "in", self.env["ai.deployment"]._at_work_states()
        )

    def _due_count(self, deployments):
        return self.sudo().search_count(self._due_domain() & Domain("deployment_id", "in", deployments.ids))

    def _due_deployments(self):
        groups = self.sudo()._read_group(self._due_domain(), ["deployment_id"])
        return self.env["ai.deployment"].sudo().union(*(deployment for (deployment,) in groups))

    def _take(self, deployment):
        """The next requests of one day that are due, locked; those whose tries ended in order come first."""
        due = Domain("deployment_id", "=", deployment.id) & clock.due_domain("next_date", LONGEST_WAIT)
        first = self.sudo().search(due, order="interruptions NULLS FIRST, day, id", limit=1)
        if not first:
            return first
        alike = Domain("day", "=", first.day) & Domain("interruptions", "=", first.interruptions)
        size = max(CHUNK // SMALLER**first.interruptions, 1)
        return self.sudo().search(due & alike, order="id", limit=size).try_lock_for_update()

    def _begin(self):
        """Count the start of a try and put the next one off, committed before the work; return those still there."""
        for attempts, requests in self.grouped("attempts").items():
            requests.next_date = clock.now() + _wait_after(attempts + 1)
        self.interruptions = self[0].interruptions + 1
        self.env["ir.cron"]._commit_progress()
        return self.try_lock_for_update()

    def _ask_remote(self):
        """Ask a remote model about the records first, without a lock; return the requests whose answers are there.

        The others are put off as if they had not been tried.
        """
        deployment = self.deployment_id
        if not self or deployment._serves_from_outside() != "remote" or self[0].interruptions > MOST_INTERRUPTIONS:
            return self
        ids, interruptions = self.ids, self[0].interruptions
        records = self.env[deployment.res_model].browse(self.mapped("res_id"))
        left = ask_before(deployment._scoring_run(records, day=self[0].day))
        there = self.sudo().browse(ids).exists().try_lock_for_update()
        later = there.filtered(lambda request: request.res_id in left)
        later.write({"interruptions": interruptions - 1, "next_date": clock.now() + AGAIN_AFTER})
        return there - later

    def _give_up(self):
        """Send records to a person: each ended the process that scored it alone."""
        deployment, day = self.deployment_id, self[0].day
        records = self.env[deployment.res_model].browse(self.mapped("res_id"))
        asks = {request.res_id: request.asks for request in self}
        self._forget()
        logged = deployment._scoring_run(records, day=day).log_failed(Unexpected("it ends its process"))
        # One of the times that it was asked for is in the log now; the others found nothing new, or are gone with it.
        left = sum(count - (res_id in logged) for res_id, count in asks.items())
        self.env["ai.deployment.ledger"]._settled(deployment, day, cancelled=left)

    def _forget(self):
        self.flush_recordset()
        self.env.execute_query(SQL("DELETE FROM ai_deployment_request WHERE id = ANY(%s) RETURNING id", list(self.ids)))
        self.invalidate_model(flush=False)

    def _retry(self):
        """Score the records of these requests, all of one deployment and day; those that wait again get a new row."""
        deployment, day = self.deployment_id, self[0].day
        earlier = {request.res_id: Earlier(request.asks, request.attempts) for request in self}
        self._forget()
        records = self.env[deployment.res_model].browse(earlier)
        outcome = deployment._scoring_run(records, day=day, earlier=earlier).run()
        alerts = self.env["ai.deployment.alert"]
        if not outcome["waiting"]:
            alerts._resolve(deployment, SLOW)
        if outcome["requested"] > outcome["waiting"]:  # some could be found and scored
            for cause in (FAILS, FILTER):
                alerts._resolve(deployment, cause)

    @api.model
    def _cancel_all(self, deployment):
        """Nothing waits for a retired deployment."""
        rows = self.env.execute_query(
            SQL("DELETE FROM ai_deployment_request WHERE deployment_id = %s RETURNING day, asks", deployment.id)
        )
        self.invalidate_model(flush=False)
        for day, asks in rows:
            self.env["ai.deployment.ledger"]._settled(deployment, day, cancelled=asks)

    @api.model
    def _make_due(self, deployment):
        """Make waiting requests due at once, after the unusable version was replaced."""
        self.flush_model()
        self.env.execute_query(
            SQL(
                "UPDATE ai_deployment_request SET next_date = %s WHERE deployment_id = %s AND next_date > %s"
                " RETURNING id",
                clock.now(),
                deployment.id,
                clock.now(),
            )
        )
        self.invalidate_model(flush=False)


def _wait_after(tries):
    """The time until the next try after so many tries."""
    return min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT)


class Earlier:
    """History of a waiting record: number of requests and attempts."""

    __slots__ = ("asks", "attempts")

    def __init__(self, asks, attempts):
        self.asks = asks
        self.attempts = attempts
