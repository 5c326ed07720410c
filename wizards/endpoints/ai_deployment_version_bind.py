"""Asks an administrator for the contract with a remote model, and makes a version of it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...models.deployment import events
from ...models.endpoints.binding import bind, contract_of

SCHEMA = """{
  "type": "object",
  "properties": {"chance": {"type": "number", "minimum": 0, "maximum": 1}},
  "required": ["chance"]
}"""


class AiDeploymentVersionBind(models.TransientModel):
    _name = "ai.deployment.version.bind"
    _description = "Bind a Remote Model"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True)
    company_id = fields.Many2one(related="deployment_id.company_id", related_sudo=False)
    endpoint_id = fields.Many2one("ai.deployment.endpoint", required=True)
    is_task = fields.Boolean(related="deployment_id.is_task", related_sudo=False)
    protocol = fields.Selection(related="endpoint_id.protocol", related_sudo=False)
    model = fields.Char(help="Name of the model on the server.")
    inputs_text = fields.Text(
        "Inputs",
        compute="_compute_inputs_text",
        store=True,
        readonly=False,
        help="One line per input: its key, an equals sign, and the name it is sent under. Remove what is not sent.",
    )
    value = fields.Char(
        "Path of the Value",
        help="Where the score stands in the answer on a record, for example prediction.score. Empty: all of it.",
    )
    confidence = fields.Char(
        "Path of the Confidence",
        help="Where the confidence stands, from 0 to 1. Of a chat: a field of the schema, or “logprobs”.",
    )
    positive = fields.Char("Positive Label", help="If the value is a label: the one that means won.")
    threshold = fields.Float(default=0.5, help="Score from which a record is predicted as won.")
    document = fields.Selection(
        [("text", "Text of the attachment")],
        help="Send the text of the record's main attachment, up to 20,000 characters. A record without one is not "
        "sent and goes to human review.",
    )
    prompt = fields.Text(help="Instructions for the language model. The inputs are added below, as data.")
    schema_text = fields.Text("Schema of the Answer", default=SCHEMA)
    rows_in = fields.Char("Path of the Records Sent", default="rows")
    rows_out = fields.Char("Path of the Answers", default="predictions")
    id_in = fields.Char("Name of the Record Number", default="id")
    id_out = fields.Char("Path of the Record Number", default="id")

    @api.depends("deployment_id")
    def _compute_inputs_text(self):
        for wizard in self:
            keys = wizard.deployment_id.feature_ids.mapped("key")
            wizard.inputs_text = "\n".join(f"{key} = {key}" for key in keys)

    def action_bind(self):
        self.ensure_one()
        if not self.env.user.has_group("ai_deployment.group_manager"):
            raise AccessError(self.env._("Only an administrator may bind a remote model."))
        self.deployment_id.check_access("write")
        self.endpoint_id.check_access("read")
        version = bind(self.deployment_id.sudo(), self.endpoint_id.sudo(), self._contract(), threshold=self.threshold)
        events.follow_version(version, events.ARRIVED)
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.deployment.version",
            "res_id": version.id,
            "views": [(False, "form")],
        }

    def _contract(self):
        """Return the contract as plain JSON types; parts that the protocol does not know are left out."""
        protocol = self.endpoint_id.protocol
        contract = {"protocol": protocol, "inputs": self._inputs(), "document": self.document or ""}
        names = ["model", "value", "confidence", "positive"]
        if protocol == "json":
            names += ["rows_in", "rows_out", "id_in", "id_out"]
        elif protocol == "inference_v2":
            names.append("rows_out")
        if self.is_task:
            names.remove("positive")
        for name in names:
            contract[name] = (self[name] or "").strip()
        if protocol == "chat":
            contract["prompt"] = self.prompt or ""
        if protocol == "chat" and not self.is_task:
            contract["schema"] = contract_of(self.schema_text, self.env._("Schema of the Answer"), self.deployment_id)
        return contract

    def _inputs(self):
        inputs = {}
        for line in filter(None, map(str.strip, (self.inputs_text or "").splitlines())):
            key, sign, name = line.partition("=")
            if not sign or key.strip() in inputs:
                raise UserError(self.env._("“%s” is not an input and the name it is sent under.", line[:60]))
            inputs[key.strip()] = name.strip()
        return inputs
