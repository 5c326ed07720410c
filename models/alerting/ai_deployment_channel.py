"""One way in which people hear of a deployment: who or what is told, and how often.

The owner's activity is one of them, is always there and cannot be taken away: what else is told comes on top of it.
Anything that leaves the company (a webhook, a person who is no colleague) is set by an administrator. What a channel
has to say becomes a row of `ai.deployment.message`, which is sent after the transaction.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..tools import clock
from ..tools.credentials import NAME
from ..tools.told import told
from ..tools.wording import labelled
from . import digest
from .alert_kinds import CHANNEL, Cause


class AiDeploymentChannel(models.Model):
    _name = "ai.deployment.channel"
    _description = "Notification Channel"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "deployment_id, kind, id"
    _ai_most = 50

    name = fields.Char(compute="_compute_name")
    deployment_id = fields.Many2one("ai.deployment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [
            ("activity", "Activity of the owner"),
            ("email", "E-mail"),
            ("discuss", "Discuss channel"),
            ("webhook", "Webhook (Slack and others)"),
        ],
        string="Channel Type",
        required=True,
        default="email",
    )
    partner_ids = fields.Many2many("res.partner", "ai_deployment_channel_partner_rel", string="Recipients")
    discuss_channel_id = fields.Many2one(
        "discuss.channel", ondelete="set null", domain=[("channel_type", "in", ("channel", "group"))]
    )
    credential = fields.Char(
        "Address Name",
        help="Name under which the server stores the address of the webhook. For example: SLACK_SALES. The address "
        "itself is a secret and is not stored in the database.",
    )
    frequency = fields.Selection(
        [
            ("each", "Each alert"),
            ("daily", "Summary every day"),
            ("weekly", "Summary every week"),
            ("retraining", "Requests to retrain"),
        ],
        required=True,
        default="each",
        help="Requests to retrain are for the program that trains a model outside Odoo: signed JSON, and no alerts.",
    )
    send_when_empty = fields.Boolean(help="Send a weekly summary of one line when there is nothing to report.")
    summary_date = fields.Datetime("Last Summary", readonly=True, copy=False)
    last_sent_date = fields.Datetime("Last Notification", readonly=True, copy=False)
    failure_message = fields.Char("Error Details", readonly=True, copy=False)

    _one_activity = models.UniqueIndex(
        "(deployment_id) WHERE kind = 'activity'", "The owner already receives an activity: choose another channel."
    )

    def init(self):
        """Deployments from before there were channels have the owner's activity too."""
        self.env.cr.execute(
            SQL(
                "INSERT INTO ai_deployment_channel (deployment_id, kind, frequency, active)"
                " SELECT id, 'activity', 'each', true FROM ai_deployment deployment WHERE NOT EXISTS ("
                " SELECT FROM ai_deployment_channel WHERE deployment_id = deployment.id AND kind = 'activity')"
            )
        )

    @api.depends("kind", "partner_ids.name", "discuss_channel_id.name", "credential")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for channel in self:
            target = {
                "email": ", ".join(channel.sudo().partner_ids.mapped("name")),
                "discuss": channel.sudo().discuss_channel_id.name,
                "webhook": channel.credential,
            }.get(channel.kind)
            channel.name = labelled(self.env, kinds[channel.kind], target) if target else kinds.get(channel.kind)

    def _targets(self):
        """Return who or what this channel reaches: ids of people or of a Discuss channel, or the name of an address."""
        self.ensure_one()
        if self.kind == "email":
            return self.partner_ids.ids
        return self.discuss_channel_id.ids if self.kind == "discuss" else [self.credential]

    # Constraints

    @api.constrains("kind", "partner_ids", "discuss_channel_id", "credential", "frequency")
    def _check_target(self):
        for channel in self.sudo():
            problem = channel._target_problem()
            if problem:
                raise ValidationError(problem)

    def _target_problem(self):
        if self.kind == "activity" and self.frequency != "each":
            return self.env._("The owner is notified of each alert.")
        if self.kind != "webhook" and self.frequency == "retraining":
            return self.env._("Requests to retrain are sent by webhook only.")
        if self.kind == "email":
            silent = self.partner_ids.filtered(lambda partner: not partner.email)
            if silent:
                return self.env._("%s has no e-mail address.", silent[0].name)
            return "" if self.partner_ids else self.env._("Enter the recipients of the e-mail.")
        if self.kind == "discuss" and not self.discuss_channel_id:
            return self.env._("Choose the Discuss channel.")
        if self.kind == "webhook" and not NAME.fullmatch(self.credential or ""):
            return self.env._(
                "The name of a webhook's address consists of capital letters, digits and underscores, e.g. "
                "SLACK_SALES. The address itself is set on the server."
            )
        return ""

    # Writing

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        for channel in channels:
            channel._check_reach(set())
        return channels

    def write(self, vals):
        self.check_access("write")
        if not self.env.su:
            if any(channel.deployment_id.id != vals.get("deployment_id", channel.deployment_id.id) for channel in self):
                raise AccessError(self.env._("A notification channel cannot be moved to another deployment."))
        if {"active", "kind", "frequency", "deployment_id"} & vals.keys():
            self.filtered(lambda channel: not channel._is_unchanged(vals))._check_not_activity()
        before = {channel: channel._reach() for channel in self}
        result = super().write(vals)
        for channel, reach in before.items():
            channel._check_reach(reach)
        if not vals.get("active", True):
            self._end()
        return result

    def _is_unchanged(self, vals):
        return all(
            self._fields[name].convert_to_write(self[name], self) == vals[name]
            for name in ("active", "kind", "frequency", "deployment_id")
            if name in vals
        )

    def unlink(self):
        self.check_access("unlink")
        self._end()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_activity(self):
        self._check_not_activity()

    def _check_not_activity(self):
        if self.filtered(lambda channel: channel.kind == "activity"):
            raise UserError(self.env._("The activity of the owner is mandatory."))

    def _end(self):
        """Nothing more goes out this way, and what is wrong with it matters no more."""
        ended = self.sudo().filtered(lambda channel: channel.kind != "activity")
        self.env["ai.deployment.message"].sudo().search(
            [("channel_id", "in", ended.ids), ("state", "=", "pending")]
        ).unlink()
        for channel in ended:
            self.env["ai.deployment.alert"]._resolve(channel.deployment_id, channel._cause())

    def _reach(self):
        """Return the targets outside of the company."""
        channel = self.sudo()
        if channel.kind == "webhook":
            return {channel.credential}
        if channel.kind == "email":
            return set(channel.partner_ids.filtered(lambda partner: not partner._ai_is_colleague()).ids)
        return set()

    def _check_reach(self, before):
        if self.env.su:
            return
        if self._reach() - before and not self.env.user.has_group("ai_deployment.group_manager"):
            raise AccessError(
                self.env._("Only an administrator may send alerts outside the company, by webhook or external mail.")
            )
        if self.discuss_channel_id:
            self.discuss_channel_id.check_access("read")

    @api.model
    def _add_activities(self, deployments):
        standing = (
            self.sudo()
            .with_context(active_test=False)
            .search([("deployment_id", "in", deployments.ids), ("kind", "=", "activity")])
        )
        self.sudo().create(
            [{"deployment_id": d.id, "kind": "activity"} for d in deployments.sudo() - standing.deployment_id]
        )

    # Telling

    @api.model
    def _tell(self, alert):
        """Tell of `alert` wherever each alert is told. What is wrong with a channel is for the owner alone.

        That nothing goes out at all is told by activity, too.
        """
        if not Cause.of(alert).leaves_odoo:
            return
        deployment = alert.deployment_id.sudo()
        words = self._in_language_of(deployment._person_to_tell())
        what = alert.with_env(words.env).sudo()._outward_name()
        for channel in deployment.channel_ids.filtered(
            lambda c: c.active and c.kind != "activity" and c.frequency == "each"
        ):
            channel._queue(
                words.env._("%(deployment)s: %(what)s", deployment=deployment.name, what=what),
                alert.with_env(words.env).sudo().suggestion or "",
                link=f"/odoo/ai-alerts/{alert.id}",
                alert=alert,
            )

    def _in_language_of(self, person):
        return self.with_context(lang=person.sudo().lang or self.env.lang)

    def _queue(self, subject, body, **values):
        return self.env["ai.deployment.message"].sudo()._add(self, subject, body, **values)

    def _cause(self):
        return str(Cause(CHANNEL, str(self.id)))

    @api.model
    def _due_digests(self):
        return digest.due_steps(self.sudo())

    def _worked(self):
        self.sudo().write({"last_sent_date": clock.now(), "failure_message": False})
        self.env["ai.deployment.alert"]._resolve(self.deployment_id, self._cause())

    def _failed(self, why):
        """Nothing goes through: the owner hears of it, by activity."""
        self.sudo().failure_message = why
        self.env["ai.deployment.alert"]._raise(
            self.deployment_id,
            self._cause(),
            name=told(
                self.env,
                lambda env: env._(
                    "Notification through “%(channel)s” failed: %(why)s", channel=self.with_env(env).name, why=why
                ),
            ),
            suggestion=told(
                self.env,
                lambda env: env._("Correct it under “Notifications” and click “Test”, or remove this channel."),
            ),
        )

    # Buttons

    def action_try(self):
        """Send a line through this channel."""
        self.ensure_one()
        self.check_access("write")
        deployment = self.deployment_id
        if not deployment._may_decide():
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
        if self.kind == "activity" or not self.active:
            raise UserError(self.env._("This channel cannot be tested."))
        self._queue(
            self.env._("%s: a test", deployment.name),
            self.env._("If you can read this, alerts arrive in this channel."),
            link=f"/odoo/ai-deployments/{deployment.id}",
            event={"event": "test", "deployment": {"id": deployment.id}} if self.frequency == "retraining" else None,
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "info", "message": self.env._("It is being sent.")},
        }
