"""An endpoint: where a remote model answers, in which protocol and within which limits.

Administrators write it. Its credential is a name alone; the server says which host it may be sent to, so that whoever
points an endpoint elsewhere sends nothing along.
"""

import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ...ml.errors import EndpointError, EndpointNotReady
from ...remote import asking
from ...remote.breaker import Breaker
from ...remote.guard import Guard, parse_allowed
from ...remote.protocols.base import Row
from ..alerting.alert_kinds import ENDPOINT
from ..tools import clock
from ..tools.credentials import NAME
from ..tools.wording import number
from . import breakers
from .budget import is_used_up, spent
from .connection import connect
from .sample import sample_inputs

PROTOCOLS = [
    ("mlflow", "MLflow"),
    ("inference_v2", "Open Inference v2 (KServe, Triton, MLServer)"),
    ("chat", "OpenAI-compatible chat"),
    ("json", "Plain JSON"),
]
MOST_SECONDS = 60  # a worker that asks for 40 seconds more is not ended for its own time limit
MOST_IN_FLIGHT = 16
UNBOUND, ANSWERED, FAILED = "unbound", "answered", "failed"  # what a test came to
KINDS = {UNBOUND: "warning", ANSWERED: "success", FAILED: "danger"}  # of the notification that tells it


class AiDeploymentEndpoint(models.Model):
    _name = "ai.deployment.endpoint"
    _description = "Endpoint of a Remote Model"
    _inherit = ["ai.deployment.guarded.mixin", "mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    protocol = fields.Selection(PROTOCOLS, required=True, default="mlflow", tracking=True)
    address = fields.Char(
        required=True,
        tracking=True,
        help="Address without the path that the protocol adds. For example: https://models.example.com. It must begin "
        "with https, unless a system administrator lists its host under Allowed Hosts.",
    )
    credential = fields.Char(
        tracking=True,
        help="Name of the credential sent as bearer token. Its value and the host it may be sent to are set on the "
        "server, as AI_DEPLOYMENT_CREDENTIAL_<NAME> and AI_DEPLOYMENT_CREDENTIAL_<NAME>_HOST.",
    )
    read_seconds = fields.Float("Read Timeout (Seconds)", default=10.0, tracking=True)
    deadline_seconds = fields.Float(
        "Deadline (Seconds)", default=20.0, tracking=True, help="Time limit of one call with all its repeats."
    )
    concurrency = fields.Integer("Calls in Flight", default=4, tracking=True, help="At a time, per worker.")
    rows_per_call = fields.Integer(
        "Records per Call", default=100, tracking=True, help="Chats are asked about one record per call."
    )
    price_per_call = fields.Float(
        "Price per Call", digits=(16, 6), tracking=True, help="In the currency of the company."
    )
    price_per_token = fields.Float("Price per 1,000 Tokens", digits=(16, 6), tracking=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    monthly_budget = fields.Float(
        tracking=True, help="An alert tells at 80 %, and at 100 % nothing more is asked until next month. 0: no limit."
    )
    spent = fields.Float("Spent This Month", compute="_compute_spent", digits=(16, 2))
    is_paused = fields.Boolean("Paused", tracking=True, help="Nothing is sent. Requested records wait.")
    breaker = fields.Json(readonly=True, copy=False)
    status = fields.Selection(
        [("ready", "Ready"), ("paused", "Paused"), ("spent", "Budget Used Up"), ("open", "Failing")],
        compute="_compute_status",
    )
    status_text = fields.Char("Status Details", compute="_compute_status")
    tested_date = fields.Datetime("Tested On", readonly=True, copy=False)
    tested = fields.Json("Stored Test Result", readonly=True, copy=False)  # see `_tested`
    tested_text = fields.Char("Test Result", compute="_compute_tested_text")
    version_ids = fields.One2many("ai.deployment.version", "endpoint_id", "Versions", readonly=True)
    call_ids = fields.One2many("ai.deployment.endpoint.call", "endpoint_id", "Calls", readonly=True)

    _limits_in_reach = models.Constraint(
        f"CHECK(read_seconds BETWEEN 0.1 AND {MOST_SECONDS} AND deadline_seconds BETWEEN 0.1 AND {MOST_SECONDS})",
        "Timeouts must be between 0.1 and 60 seconds.",
    )
    _in_flight_in_reach = models.Constraint(
        f"CHECK(concurrency BETWEEN 1 AND {MOST_IN_FLIGHT} AND rows_per_call BETWEEN 1 AND 500)",
        "1 to 16 calls in flight and 1 to 500 records per call are possible.",
    )
    _price_not_negative = models.Constraint(
        "CHECK(price_per_call >= 0 AND price_per_token >= 0 AND monthly_budget >= 0)", "A price is not negative."
    )

    @api.constrains("address", "credential")
    def _check_address(self):
        for endpoint in self:
            if "?" in endpoint.address or "#" in endpoint.address or re.search(r"\s", endpoint.address):
                raise ValidationError(self.env._("The address must not hold parameters or spaces."))
            try:
                Guard(endpoint._allowed_hosts()).check(endpoint.address)
            except EndpointError as error:
                raise ValidationError(
                    self.env._(
                        "The address cannot be used: %s Use https, or ask a system administrator to list the host "
                        "under Allowed Hosts.",
                        error.reason,
                    )
                ) from None
            if endpoint.credential and not NAME.fullmatch(endpoint.credential):
                raise ValidationError(
                    self.env._("The name of a credential consists of capital letters, digits and underscores.")
                )

    def _allowed_hosts(self):
        return parse_allowed(self.env["ir.config_parameter"].sudo().get_param("ai_deployment.allowed_hosts"))

    @api.depends("is_paused", "breaker", "monthly_budget")
    @api.depends_context("lang")
    def _compute_status(self):
        for endpoint in self:
            state = Breaker.from_dict(endpoint.breaker)
            endpoint.status = "paused" if endpoint.is_paused else "open" if state.is_open else "ready"
            endpoint.status_text = ""
            if endpoint.status != "paused" and endpoint.id and is_used_up(endpoint):
                endpoint.status = "spent"
                endpoint.status_text = self.env._(
                    "The budget of this month is used up. Requested records wait until it is raised, or until next "
                    "month."
                )
            elif endpoint.status == "open":
                endpoint.status_text = self.env._(
                    "Too many calls failed. The next attempt is in %s minutes at the latest.",
                    number(self.env, max(state.waits(breakers.seconds()), 60) / 60),
                )

    def _compute_spent(self):
        for endpoint in self:
            endpoint.spent = spent(endpoint) if endpoint.id else 0.0

    # Writing

    def write(self, vals):
        protocol = vals.get("protocol")
        if protocol and self.sudo().filtered(lambda endpoint: endpoint.protocol != protocol and endpoint.version_ids):
            raise UserError(
                self.env._(
                    "The protocol is part of the versions bound to this endpoint. Create a new endpoint for another."
                )
            )
        if (
            "company_id" in vals
            and self.sudo().filtered(lambda one: one.company_id.id != vals["company_id"]).version_ids
        ):
            raise UserError(self.env._("The endpoint serves versions of its company. Create another one there."))
        result = super().write(vals)
        if {"address", "credential", "is_paused", "active", "monthly_budget"} & vals.keys():
            self._try_again()
        return result

    def _try_again(self):
        """Close the breaker, and let waiting records go on: what was wrong may be put right."""
        endpoints = self.sudo()
        endpoints.breaker = False
        ready = endpoints.filtered(lambda endpoint: endpoint.active and not endpoint.is_paused)
        for deployment in ready.version_ids.deployment_id:
            if deployment.champion_id.endpoint_id in ready:
                self.env["ai.deployment.alert"]._resolve(deployment, ENDPOINT)
                deployment._make_requests_due()
        if ready:
            self.env["ai.deployment.batch"]._wake_workers()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_bound(self):
        bound = self.sudo().filtered("version_ids")[:1]
        if bound:
            raise UserError(self.env._("“%s” is part of versions, which are kept. Archive it instead.", bound.name))

    # Buttons

    def action_pause(self):
        self.check_access("write")
        self.is_paused = True

    def action_resume(self):
        self.check_access("write")
        self.is_paused = False

    def action_test(self):
        """Ask the endpoint about a record that is made up, and store what came of it.

        Nothing is locked while it is asked: nothing was written in this transaction.
        """
        self.ensure_one()
        self.check_access("write")
        endpoint = self.sudo()
        tested = endpoint._tested()
        endpoint.write({"tested_date": clock.now(), "tested": tested})
        kind = KINDS[tested["outcome"]]
        if kind == "success":
            endpoint._try_again()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": endpoint.tested_text,
                "sticky": kind != "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _tested(self):
        """Return what a call of the latest version bound here came to, as plain JSON.

        {"outcome": a key of `KINDS`, "failure_type" and "message" of a failure, "ms", "answer": what came instead}
        """
        version = self.version_ids.sorted("id")[-1:]
        if not version:
            return {"outcome": UNBOUND}
        try:
            connection = connect(self)
        except EndpointNotReady as error:
            return {"outcome": FAILED, "failure_type": error.failure_type, "message": str(error)}
        protocol = asking.protocol_of(version._contract())
        row = Row(0, sample_inputs(version, protocol.contract))
        asked = asking.ask(
            connection.session(),
            connection.address,
            protocol,
            [row],
            asking.row_key("test", row),
            secret=connection.secret,
        )
        [result] = asked.results
        tested = {"outcome": ANSWERED, "ms": round(asked.seconds * 1000)}
        if not isinstance(result, asking.Result):
            failure = {"failure_type": result.failure_type, "message": str(result).strip()}
            tested.update(failure, outcome=FAILED, answer=(asked.received or "")[:200])
        return tested

    @api.depends("tested")
    @api.depends_context("lang")
    def _compute_tested_text(self):
        for endpoint in self:
            endpoint.tested_text = endpoint._test_text(endpoint.tested) if endpoint.tested else False

    def _test_text(self, tested):
        """Return the result of a test, see `_tested`, in the language of the user."""
        if tested["outcome"] == UNBOUND:
            return self.env._("No version is bound to this endpoint yet, so nothing can be asked.")
        milliseconds = number(self.env, tested.get("ms", 0))
        if tested["outcome"] == ANSWERED:
            return self.env._("It answered about a made-up record in %s ms.", milliseconds)
        why = self.env["ai.deployment.endpoint.call"]._failure_text(tested["failure_type"], tested["message"])
        why = why if why.endswith(".") else f"{why}."
        if tested.get("answer"):
            return self.env._(
                "%(why)s It took %(ms)s ms. It answered: %(answer)s", why=why, ms=milliseconds, answer=tested["answer"]
            )
        return self.env._("%(why)s It took %(ms)s ms.", why=why, ms=milliseconds) if "ms" in tested else why

    def action_view_calls(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Calls"),
            "res_model": "ai.deployment.endpoint.call",
            "view_mode": "list,kanban,form",
            "domain": Domain("endpoint_id", "=", self.id),
            "context": {"create": False, "ai_of_endpoint": True},
        }
