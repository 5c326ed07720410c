"""Training of a deployment: from which date its records count, what is missing, and the button that trains.

A record counts from the day on which it was entered, or from a date that the owner names. Records of an older
system are entered in one night. Counted from that night, none of their outcomes is due before the horizon has passed;
counted from the date on which they began there, they are a history to learn from at once.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..alerting.alert_kinds import CHALLENGER, ROLLBACK
from ..deployment.history import versions_at
from ..deployment.serving import challenging
from ..features.feature_reader import FeatureReader
from ..scoring.challenger_run import failed
from ..tools import clock
from ..tools.toast import toast
from ..tools.told import keep
from ..tools.trust import own
from .challenger_gate import ChallengerGate, challenger_text, missing_shadow
from .policy import AUTOMATIC, MANUAL, PROPOSE, enter, follow_verdict
from .probation import Probation
from .procedure import procedure
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
    landmarks = fields.Boolean(
        "Learn From Later Moments",
        tracking=True,
        help="A version learns from each lead on its first day and at five later moments of its first 120 days while "
        "it was open, with the inputs as they were then. A score is then the chance to win within the outcome window "
        "from the day of the score, whatever the age of the lead. For example: of a lead that has been open for 50 "
        "days.",
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

    comparison_ids = fields.One2many(
        "ai.deployment.comparison",
        "deployment_id",
        "Comparisons",
        groups="ai_deployment.group_owner,ai_deployment.group_auditor",
    )
    replay_count = fields.Integer(
        "Replayed Records",
        default=1000,
        help="So many of the latest records are scored by the challenger for a comparison. For example: 1000.",
    )
    probation_days = fields.Integer(
        "Probation (Days)",
        default=14,
        tracking=True,
        help="In the first days after a promotion, the version before serves again automatically if too many records "
        "fail, more are sent to review than people can answer, or scores are far from those expected. 0: never.",
    )
    challenger_text = fields.Char("Challenger Status", compute="_compute_challenger_text")
    procedure_html = fields.Html("Retraining Procedure", compute="_compute_procedure_html", sanitize=False)

    _replay_count_in_reach = models.Constraint(
        "CHECK(replay_count BETWEEN 50 AND 10000)", "Between 50 and 10,000 records can be replayed."
    )
    _probation_days_in_reach = models.Constraint(
        "CHECK(probation_days BETWEEN 0 AND 90)", "The probation is between 0 and 90 days."
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

    @api.depends("challenger_id", "assignment_ids.verdict", "assignment_ids.outcome_count", "state")
    @api.depends_context("lang")
    def _compute_challenger_text(self):
        for deployment in self:
            deployment.challenger_text = challenger_text(deployment)

    @api.depends("promotion_policy", "training_ids.state", "challenger_id", "trigger_ids", "training_seconds")
    @api.depends_context("uid", "lang", "tz")
    def _compute_procedure_html(self):
        for deployment in self:
            rows = procedure(deployment) if deployment._origin else []
            deployment.procedure_html = (
                self.env["ir.qweb"]._render("ai_deployment.retraining_procedure", {"rows": rows}) if rows else False
            )

    @api.constrains("landmarks", "model_id", "method")
    def _check_landmarks(self):
        for deployment in self:
            documents = self.env[deployment.res_model]
            if deployment.landmarks and (deployment.method != "scorecard" or documents._ai_course() is None):
                raise ValidationError(
                    self.env._("“Learn From Later Moments” is for predicting the outcome of records that stay open.")
                )
            if not deployment.landmarks:
                deployment.feature_ids._check_course()
                deployment.feature_ids._check_known_in_time()

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

    def action_withdraw_challenger(self):
        """Let the challenger score no more."""
        self.ensure_one()
        self._check_decides()
        if not self.sudo()._withdraw_challenger(self.env._("Withdrawn by %s", self.env.user.name)):
            raise UserError(self.env._("“%s” has no challenger.", self.name))
        return toast(self, self.env._("The challenger of %s scores no more.", "%s"), self.name)

    def action_compare(self):
        """Open the comparison of the challenger with the serving version; a new one is made by a scheduled action."""
        self.ensure_one()
        self._check_decides()
        if not self.challenger_id:
            raise UserError(
                self.env._("“%s” has no challenger: open a version and choose “Score as Challenger”.", self.name)
            )
        return self._open_comparison(self.env["ai.deployment.comparison"]._ask(self.sudo()))

    def action_view_comparison(self):
        """Open the latest comparison; ask for one where there is none of the challenger of now."""
        self.ensure_one()
        self._check_decides()
        latest = self.sudo().comparison_ids[:1]
        if self.challenger_id and latest.challenger_id != self.challenger_id:
            return self.action_compare()
        if not latest:
            raise UserError(
                self.env._("“%s” has no challenger: open a version and choose “Score as Challenger”.", self.name)
            )
        return self._open_comparison(latest)

    def _open_comparison(self, comparison):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Side by Side"),
            "res_model": "ai.deployment.comparison",
            "res_id": comparison.id,
            "views": [(False, "form")],
        }

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

    def _missing_shadow_on(self, version):
        """Return why `version` has to challenge the serving one first; empty where it has, or need not."""
        return missing_shadow(self.sudo(), version.sudo())

    def _let_challenge(self, version):
        """Let a version that was made elsewhere score beside the serving one, as its challenger.

        Proposed values have no outcome to compare: people judge them once the version serves.
        """
        if self.sudo().champion_id and not self.is_task and version.verdict != "worse":
            enter(version.sudo(), self.env._("Made elsewhere, by %s", self.env.user.name))

    def _follow_challenger(self):
        """End comparisons with what does not score any more; begin one with a new challenger."""
        comparisons = self.env["ai.deployment.comparison"].sudo()
        for deployment in self.sudo():
            comparisons._end_open(deployment)
            if deployment.challenger_id:
                self.env["ai.deployment.alert"]._resolve(deployment, CHALLENGER)
                comparisons._ask(deployment)

    def _close_requests_to_retrain(self):
        """Take back what was asked about the version before: to retrain it, or to promote a better one."""
        for deployment in self:
            own(deployment).activity_unlink(["ai_deployment.mail_activity_type_retrain"])

    def _resolve_rollback(self):
        """Resolve the alert on an automatic rollback: another version serves, or the one before does again."""
        for deployment in self:
            self.env["ai.deployment.alert"]._resolve(deployment, ROLLBACK)

    def _judge_challenger(self):
        """Judge the challenger on what it scored so far, and follow the verdict."""
        for deployment in self.sudo():
            assignment = challenging(deployment)
            if not assignment or deployment.champion_id._fault():
                continue
            if fault := assignment.version_id._fault():
                failed(deployment, fault)
            elif found := ChallengerGate(assignment).look():
                assignment.write(found)
                keep(assignment, found)
                follow_verdict(assignment)

    def _watch_probation(self):
        """Roll a version back that breaks a guard in its first days."""
        for deployment in self.sudo():
            Probation(deployment).watch()

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

    def _columns(self, specs, ids, together=(), moments=None):
        """Return the columns of the records `ids`: {key: Column}, rows in the order of `ids`.

        :param together: ids of all records that are judged together, where `ids` are only some of them
        :param moments: as of when, one per record, where versions learn from later moments; each record once
        """
        reader = FeatureReader(self.env[self.res_model], specs, self.company_id, together)
        if moments is not None and self.landmarks:
            return reader.past(ids, moments)[0]
        return reader.columns(ids)
