"""Asks an administrator for the file of a scikit-learn pipeline, and makes a version of it if it passes every check."""

import base64
import binascii

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...ml.columns import (
    CATEGORY,
    NUMBER,
    TAGS,
    make_column,
)
from ...ml.errors import ArtifactRejected, TrainingError
from ...ml.threads import one_thread
from ...models.deployment import events
from ...models.tools import clock
from ...models.training.challenger import Challenger
from ...models.training.segment_tests import SegmentTests
from ...models.training.version_test import floors, untested_text


class AiDeploymentVersionImport(models.TransientModel):
    _name = "ai.deployment.version.import"
    _description = "Import a Model"
    _inherit = "ai.deployment.guarded.mixin"

    deployment_id = fields.Many2one("ai.deployment", required=True)
    # Not an attachment: what is refused leaves nothing behind but this row, which goes with the wizard.
    file = fields.Binary(required=True, attachment=False)
    file_name = fields.Char()
    expected_digest = fields.Char(
        "Expected SHA-256", help="SHA-256 of the file as stated by its provider. Other files are refused."
    )
    inputs_text = fields.Text("Inputs", compute="_compute_inputs_text", unsaved=True)

    @api.depends("deployment_id")
    def _compute_inputs_text(self):
        kinds = {NUMBER: self.env._("a number"), "category": self.env._("text")}
        for wizard in self:
            wizard.inputs_text = "\n".join(
                f"{number}. {feature.key} ({feature.name}, {kinds.get(feature.kind, feature.kind)})"
                for number, feature in enumerate(wizard.deployment_id.feature_ids, 1)
            )

    def action_import(self):
        self.ensure_one()
        if not self.env.user.has_group("ai_deployment.group_manager"):
            raise AccessError(self.env._("Only an administrator may import a model."))
        self.deployment_id.check_access("write")
        version = self._make_version()
        events.follow_version(version, events.ARRIVED)
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.deployment.version",
            "res_id": version.id,
            "views": [(False, "form")],
        }

    def _make_version(self):
        """The new version, tested on the latest labelled records; it serves when somebody promotes it."""
        # Imported here: scikit-learn and skops cost seconds, and a process that scores cards needs neither.
        from ...ml.import_evaluation import evaluate_pipeline

        deployment = self.deployment_id.sudo()
        if deployment.method != "scorecard":
            raise UserError(self.env._("A model can be imported only if the deployment predicts an outcome."))
        if deployment.state == "retired":
            raise UserError(self.env._("“%s” is retired.", deployment.name))
        if not deployment.feature_ids:
            raise UserError(self.env._("“%s” has no inputs yet. Add inputs first.", deployment.name))
        content = self._content()
        specs = {feature.key: feature._to_spec() for feature in deployment.feature_ids}
        for spec in specs.values():
            if spec["kind"] == TAGS:  # a pipeline reads one value each: its tags, joined by commas
                spec["kind"] = CATEGORY
        rows = self.env[deployment.res_model].sudo()._ai_training_rows(deployment, clock.now())
        ids = [row[0] for row in rows]
        columns = deployment._columns(list(specs.values()), ids, moments=[row[1] for row in rows])
        moments = make_column("moment", NUMBER, [row[1] for row in rows]).values
        labels = np.array([bool(row[2]) for row in rows])
        required = [key for key, spec in specs.items() if spec["required"]]
        try:
            with one_thread():
                training = evaluate_pipeline(
                    content, columns, labels, moments, required=required, expected_digest=self.expected_digest
                )
        except ArtifactRejected as error:
            raise UserError(self.env._("The file was refused: %s.", error.reason)) from error
        except TrainingError as error:
            raise UserError(self.env._("The model could not be tested: %s", error)) from error
        card = training.card
        values = {
            "pipeline_file": base64.b64encode(content),
            "pipeline_name": (self.file_name or "model.skops")[:120],
            "pipeline_size": card.file["size"],
            "pipeline_digest": card.file["sha256"],
            "floors": floors(card, columns, moments),
            "verdict_text": untested_text(deployment, ids, labels),
            "held_out": {
                "segments": SegmentTests(deployment, list(specs.values())).test(training, columns, ids, moments, labels)
            },
        }
        if deployment.champion_id:
            champion = deployment.champion_id
            came = [row[1] for row in rows]
            compared = Challenger(deployment).compare(
                champion, training, training, columns, ids, moments, labels, at=came
            )
            values.update(compared)
        used = [specs[name] for name in card.names]
        return self.env["ai.deployment.version"]._store(deployment, training, used, clock.now(), **values)

    def _content(self):
        try:
            return base64.b64decode(self.with_context(bin_size=False).file or b"", validate=False)
        except (binascii.Error, ValueError) as error:
            raise UserError(self.env._("The file could not be read.")) from error
