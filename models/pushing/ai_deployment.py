"""Results from outside: the API that external programs push to, and code of one's own that is observed.

The methods without underscore are called over JSON-2 and JSON-RPC, by whoever answers for the deployment and by
its technical user, who needs no other right.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...ml.remote_card import PushedCard
from ..deployment import events
from ..endpoints.binding import make_version
from ..tools import clock
from .observing import observe, row_check
from .pushed_run import record_challenger_rows, record_rows, version_of
from .rows import check_key, digest_of, storable

LONGEST_NAME = 100


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    push_user_id = fields.Many2one(
        "res.users",
        "Technical User",
        tracking=True,
        copy=False,
        help="User of the external program, with an API key. It may push results of this deployment, and nothing else.",
    )
    push_hours = fields.Integer(
        "Pushes Expected Within (Hours)",
        default=24,
        help="An alert tells if the external program has not called for so long. 0: it is not watched.",
    )
    pushed_date = fields.Datetime("Last Call", readonly=True, copy=False)

    _push_hours_in_reach = models.Constraint("CHECK(push_hours BETWEEN 0 AND 8760)", "Enter 0 to 8,760 hours.")

    def record_inferences(self, rows, key, version=None):
        """Store results of the serving version, or of the challenger; all of them or none.

        :param rows: list of {"res_id", "score", "confidence", "inputs"} or {"res_id", "failure": {"message",
            "details"}}; score and confidence from 0 to 1, inputs by their keys. Where values are proposed, "answers" in
            place of score and confidence: {"team_id": "Direct", "team_id_confidence": 0.9}
        :param key: idempotency key. The same call again changes nothing and returns the same ids
        :param version: number of the version that found them; by default the serving one
        :return: ids of the log lines, in the order of the rows; none for a challenger, whose results nobody is shown
        """
        deployment = self._check_may_push()
        key = check_key(key, self.env)
        digest = digest_of(rows if version is None else {"rows": rows, "version": version}, self.env)
        pushes = self.env["ai.deployment.push"]
        before = pushes._before(deployment, key, digest)
        self._note_contact(deployment)
        if before is not None:
            return before
        push = pushes._begin(deployment, key, digest)
        found_by = version_of(deployment, version)
        checked = row_check(found_by).rows(rows)
        record = record_rows if found_by == deployment.champion_id else record_challenger_rows
        ids = record(deployment, checked, self.env.user)
        push.write({"record_count": len(checked), "inference_ids": ids})
        return ids

    def register_version(self, model, inputs=None, threshold=0.5, description=""):
        """Register a version of the external program; the same again is the same version.

        :param model: name and version of the model, as the program knows it
        :param inputs: keys of the inputs that it reads; by default all
        :param threshold: score from which a record is predicted as won
        :return: {"id", "number", "is_serving", "is_challenger"}. Its owner promotes it; where another version serves
            already, it is compared as the challenger first
        """
        deployment = self._check_may_push()
        if not isinstance(model, str) or not model.isprintable() or not 1 <= len(model.strip()) <= LONGEST_NAME:
            raise UserError(self.env._("The model needs a name of at most %s characters.", LONGEST_NAME))
        if not isinstance(description, str) or len(description) > 5000:
            raise UserError(self.env._("The description must be a text of at most 5,000 characters."))
        if isinstance(threshold, bool) or not isinstance(threshold, int | float):
            raise UserError(self.env._("The threshold must be between 0 and 1."))
        keys = deployment.feature_ids.mapped("key") if inputs is None else inputs
        if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
            raise UserError(self.env._("The inputs must be a list of keys."))
        contract = {"model": model.strip(), "description": storable(description), "inputs": sorted(set(keys))}
        if deployment.is_task:
            contract["answers"] = self.env["ai.deployment.answer.field"]._checked(deployment)
        same = deployment.version_ids.filtered(
            lambda version: version.kind == "pushed"
            and (version.artifact or {}).get("contract") == contract
            and version.artifact["threshold"] == threshold
        )
        version = same[:1]
        if not version:
            version = make_version(deployment, PushedCard, contract, contract["inputs"], threshold)
            events.follow_version(version, events.ARRIVED)
        self._note_contact(deployment)
        return {
            "id": version.id,
            "number": version.number,
            "is_serving": version.is_serving,
            "is_challenger": version == deployment.challenger_id,
        }

    def heartbeat(self):
        """Say that the external program is alive though it has nothing to push; return the numbers of the versions."""
        deployment = self._check_may_push()
        self._note_contact(deployment)
        return {
            "number": deployment.champion_id.number or 0,
            "challenger": deployment.challenger_id.number or 0,
            "state": deployment.state,
        }

    @api.private
    def observe(self, record):
        """Observe code of one's own that scores `record`::

            with deployment.observe(lead) as call:
                call.inputs, call.output = {"expected_revenue": lead.expected_revenue}, my_model(lead)

        In a server action: ``deployment.observe(lead).run(lambda call: …)``. See `observing` on transactions.
        """
        self.ensure_one()
        return observe(self, record)

    def _check_may_push(self):
        """Return the deployment with all rights, where the user may push its results."""
        deployment = self.sudo().exists()
        user = self.env.user
        # The same sentence for one that is not there: who may not push learns nothing of deployments.
        may = len(deployment) == 1 == len(self) and (
            (
                deployment.push_user_id == user
                and user.has_group("ai_deployment.group_pusher")
                and deployment.company_id in user.company_ids.parent_ids  # a branch is served by those above it
            )
            or (deployment.with_env(self.env).has_access("write") and deployment.with_env(self.env)._may_decide())
        )
        if not may:
            raise AccessError(self.env._("You may not push results of this deployment."))
        return deployment

    @api.model
    def _note_contact(self, deployment):
        """Store that the program has called; at most once a minute, so that calls at the same time do not collide."""
        now = clock.now()
        if not deployment.pushed_date or (now - deployment.pushed_date).total_seconds() > 60:
            self.env.cr.execute(
                SQL(
                    "UPDATE ai_deployment SET pushed_date = %s WHERE id IN"
                    " (SELECT id FROM ai_deployment WHERE id = %s FOR UPDATE SKIP LOCKED)",
                    now,
                    deployment.id,
                )
            )
            deployment.invalidate_recordset(["pushed_date"], flush=False)
