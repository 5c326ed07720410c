"""Training of a deployment: from which date its records count, what is missing, and the button that trains.

A record counts from the day on which it was entered, or from a date that the owner names. Records of an older
system are entered in one night. Counted from that night, none of their outcomes is due before the horizon has passed;
counted from the date on which they began there, they are a history to learn from at once.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..deployment.history import versions_at
from ..features.feature_reader import FeatureReader
from ..tools import clock
from .policy import AUTOMATIC, MANUAL, PROPOSE
from .questions import missing_answers
from .readiness import readiness
from .rollback import Rollback
from .suggestions import Suggestions
from .trainer import Trainer
from .usual_inputs import add_usual_inputs


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    start_field_id = fields.Many2one(
        "ir.model.fields",
        "Start Date",
        tracking=True,
        ondelete="set null",
        copy=True,
        domain="[('model_id', '=', model_id), ('ttype', 'in', ('date', 'datetime')), ('store', '=', True)]",
        help="Date on which a record starts: its age, order in time and outcome window are counted from there. "
        "Records without it, or an empty field: creation date. For example: the date of the enquiry, for "
        "imported records.",
    )
    has_outcome = fields.Boolean(compute="_compute_has_outcome")
    has_usual_inputs = fields.Boolean(compute="_compute_has_usual_inputs")
    readiness = fields.Char(compute="_compute_readiness", help="Missing requirements for training a first version.")
    training_ids = fields.One2many("ai.deployment.training", "deployment_id", "Trainings")
    training_count = fields.Integer("Number of Trainings", compute="_compute_training_count")
    promotion_policy = fields.Selection(
        [
            (AUTOMATIC, "Promote automatically"),
            (PROPOSE, "Propose to the owner"),
            (MANUAL, "Only by a decision"),
        ],
        "Better Versions",
        required=True,
        default=PROPOSE,
        tracking=True,
        help="What happens when a training finds a version that is better than the serving one. Versions that are not "
        "better are never promoted automatically.",
    )
    training_seconds = fields.Integer(
        "Training Time (Seconds)",
        default=300,
        help="A training that needs more time is ended, and nothing of it is kept.",
    )
    training_megabytes = fields.Integer(
        "Training Memory (MB)", default=1024, help="A training that needs more memory is ended. For example: 1024."
    )
    trainings_per_month = fields.Integer(
        "Automatic Trainings per Month",
        default=4,
        help="Triggers start no more trainings than this within 30 days. Trainings started by a person do not count.",
    )

    _training_seconds_in_reach = models.Constraint(
        "CHECK(training_seconds BETWEEN 10 AND 86400)", "The training time must be between 10 seconds and one day."
    )
    _training_megabytes_in_reach = models.Constraint(
        "CHECK(training_megabytes BETWEEN 256 AND 65536)", "The training memory must be between 256 and 65,536 MB."
    )
    _trainings_per_month_in_reach = models.Constraint(
        "CHECK(trainings_per_month BETWEEN 0 AND 100)", "Between 0 and 100 automatic trainings per month are possible."
    )

    @api.depends("res_model")
    def _compute_has_outcome(self):
        for deployment in self:
            documents = self.env.get(deployment.res_model)
            deployment.has_outcome = bool(documents is not None and documents._ai_has_outcome())

    @api.depends("method", "champion_id", "model_id", "horizon_days", "domain", "start_field_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_readiness(self):
        for deployment in self:
            deployment.readiness = False
            if not deployment.champion_id and deployment.res_model in self._target_models():
                deployment.readiness = readiness(deployment)

    @api.depends("training_ids")
    def _compute_training_count(self):
        groups = self.env["ai.deployment.training"]._read_group(
            [("deployment_id", "in", self.ids)], ["deployment_id"], ["__count"]
        )
        counts = {deployment.id: count for deployment, count in groups}
        for deployment in self:
            deployment.training_count = counts.get(deployment.id, 0)

    @api.constrains("start_field_id", "model_id")
    def _check_start_field(self):
        """The date moves what is learned, so it is one that exists, that its reader may read, and no end."""
        for deployment in self.filtered("start_field_id"):
            chosen, documents = deployment.sudo().start_field_id, self.env[deployment.res_model]
            field = documents._fields.get(chosen.name) if chosen.model == documents._name else None
            if not field or field.type not in ("date", "datetime") or not field.store:
                raise ValidationError(self.env._("“Start Date” needs a stored date field of the record."))
            if not documents._ai_has_outcome():
                raise ValidationError(self.env._("“Start Date” is for records that have an outcome."))
            if not documents._has_field_access(field, "read"):
                raise ValidationError(self.env._("You may not read “%s”.", chosen.field_description))
            if chosen.name in documents._ai_no_start_fields():
                label = chosen.field_description
                raise ValidationError(self.env._("“%s” is the date of an end or a change, not of a start.", label))

    @api.depends("res_model", "method")
    def _compute_has_usual_inputs(self):
        for deployment in self:
            documents = self.env.get(deployment.res_model)
            deployment.has_usual_inputs = bool(
                deployment.method == "anomaly" and documents is not None and documents._ai_usual_inputs()
            )

    def action_add_usual_inputs(self):
        """Add the inputs that help to find unusual records of this kind, except those that are declared already."""
        self.ensure_one()
        if not self._may_decide():
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
        add_usual_inputs(self)

    def action_train(self):
        """Ask for a training, and open its page: the work is done by a scheduled action."""
        self.ensure_one()
        if not self._may_decide():
            raise AccessError(self.env._("Only the owner, the deputy or an administrator may do this."))
        self.env[self.res_model].check_access("read")
        self._check_domain()
        self.feature_ids._check_declaration()  # what was readable when it was declared may not be any more
        Trainer(self.sudo()).check()
        training = self.env["ai.deployment.training"]._ask(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.deployment.training",
            "res_id": training.id,
            "views": [(False, "form")],
        }

    def action_suggest_inputs(self):
        """Look through the records that the user may read, and open a dialog that lists what could be an input."""
        self.ensure_one()
        self._check_decides()
        wizard = self.env["ai.deployment.suggest"]._open(self, Suggestions(self).find(clock.now()))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Suggested Inputs"),
            "res_model": "ai.deployment.suggest",
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_view_trainings(self):
        return self._action_lines("ai.deployment.training", self.env._("Trainings"))

    def action_roll_back(self):
        """Let the version serve again that served before; see `Rollback`."""
        self.ensure_one()
        self._check_decides()
        rollback = Rollback(self.sudo())
        return rollback.to(rollback.previous())

    def version_at(self, moment):
        """Return {id: id of the version that served each deployment at `moment`}; False where none did.

        :param moment: datetime or its text, naive UTC
        """
        self.check_access("read")
        try:
            at = fields.Datetime.to_datetime(moment)
        except (ValueError, TypeError, OverflowError) as error:
            raise UserError(self.env._("“%s” is not a date.", moment)) from error
        if not at:
            raise UserError(self.env._("Enter a day."))
        return versions_at(self, at)

    def _missing_inputs_on(self, version):
        """Return why `version` cannot score any more, as an input of it is gone or it is damaged; empty if it can."""
        return str(version.sudo()._fault() or "")

    def _evaluate_triggers(self):
        """Look at the triggers of one deployment: is it time to train again?"""
        self.ensure_one()
        self.env["ai.deployment.trigger"]._evaluate(self)

    def _missing_answers(self, target):
        return self._missing_answers_on(self.champion_id) if target == "production" else ""

    def _missing_answers_on(self, version):
        return missing_answers(version.sudo())

    def _train(self):
        """Train a version on what is known now and return it; see `Trainer.train`."""
        return Trainer(self.sudo()).train().sudo(self.env.su)

    def _columns(self, specs, ids, together=()):
        """Return the columns of the records `ids`: {key: Column}, rows in the order of `ids`.

        :param together: ids of all records that are judged together, where `ids` are only some of them
        """
        return FeatureReader(self.env[self.res_model], specs, self.company_id, together).columns(ids)
