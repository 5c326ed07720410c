"""Declared inputs of a deployment.

Sources: a field path of the record, the days between two of its dates, a history of earlier records
(in the books already, whatever their date), or what happened to the record so far (its course). `feature_reader`
turns the declarations into one SQL statement; here they are kept, named and checked. A version keeps a copy of the
declarations that it was trained with (`_to_spec`), so that editing a feature changes the next version, never the one
that serves.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ...ml.anomaly import TWO_SIDED
from ...ml.columns import CATEGORY, NUMBER, TAGS
from ..tools import clock
from ..tools.score_fields import SCORE_FIELDS
from .course import COURSE
from .feature_reader import MEASURES, VALUE_MEASURES, walk_path
from .input_names import LANGUAGE, declaration_key, proposed_name
from .past import tracked_field
from .path_description import describe_path
from .readable_inputs import passes_others
from .usual_sides import usual_side
from .values import SEVERAL

NUMBER_TYPES = {"integer", "float", "monetary", "date", "datetime", "one2many"}
DIRECTIONS = {"free": 0, "rising": 1, "falling": -1}
DECLARATION = {
    "source",
    "path",
    "start_path",
    "end_path",
    "measure",
    "group_paths",
    "value_path",
    "window_days",
    "course",
}


class AiDeploymentFeature(models.Model):
    _name = "ai.deployment.feature"
    _description = "Deployment Input"
    _inherit = ["ai.deployment.guarded.mixin", "ai.deployment.named.mixin"]
    _order = "sequence, id"
    _ai_most = 200
    _ai_named_by = (*sorted(DECLARATION), "deployment_id.model_id")

    deployment_id = fields.Many2one("ai.deployment", required=True, index=True, ondelete="cascade")
    may_decide = fields.Boolean(related="deployment_id.may_decide", related_sudo=False, unsaved=True)
    res_model = fields.Char(related="deployment_id.res_model", related_sudo=False, unsaved=True)
    method = fields.Selection(related="deployment_id.method", related_sudo=False, unsaved=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(
        "Input",
        help="Name of this input in reasons and alerts. For example: Country. Unless it is changed, each user reads "
        "the label of the field in their own language.",
    )
    source = fields.Selection(
        [
            ("path", "Record field"),
            ("age", "Days between two dates"),
            ("zeros", "Number of trailing zeros"),
            ("history", "Earlier records"),
            ("course", "Course of the record"),
        ],
        required=True,
        default="path",
    )
    path = fields.Char("Field", help="A field of the record, or a path such as partner_id.country_id.")
    start_path = fields.Char("From Date Field")
    end_path = fields.Char("To Date Field")
    measure = fields.Selection(list(MEASURES.items()))
    group_paths = fields.Char(
        "Grouped By", help="Fields, separated by commas, that earlier records must have in common."
    )
    value_path = fields.Char("Amount", help="The amount that a ratio or deviation is computed of.")
    course = fields.Selection(
        list(COURSE.items()),
        help="What happened to the record until the moment at which it is scored. For example: meetings held.",
    )
    window_days = fields.Integer("Within Days", help="Only earlier records of the last days; 0: no limit.")
    kind = fields.Selection(
        [(NUMBER, "Number"), (CATEGORY, "Category")],
        required=True,
        compute="_compute_kind",
        store=True,
        readonly=False,
        precompute=True,
        unsaved=True,
    )
    key = fields.Char("Technical Name", compute="_compute_key", store=True, precompute=True, unsaved=True)
    required = fields.Boolean(
        help="A record without this input is not scored but sent to human review. For numbers, 0 counts as empty."
    )
    sensitive = fields.Boolean(
        compute="_compute_sensitive",
        store=True,
        readonly=False,
        precompute=True,
        unsaved=True,
        help="Values are masked in logs and reasons, except for authorised users. Set by default for people, such as "
        "the salesperson.",
    )
    tail = fields.Selection(
        [("two", "High and low"), ("high", "Only high"), ("low", "Only low")],
        string="Unusual When",
        required=True,
        compute="_compute_tail",
        store=True,
        readonly=False,
        precompute=True,
        unsaved=True,
        help="For detecting unusual records: the side of a number that is suspicious. For example: only high amounts. "
        "Proposed by what the input measures.",
    )
    weight = fields.Float(
        default=1.0,
        digits=(4, 2),
        help="For detecting unusual records: how much this input counts beside the others. For example: 0.5 for an "
        "input whose flagged records reviewers rarely confirm, 0 to leave it out.",
    )
    direction = fields.Selection(
        [("free", "Any direction"), ("rising", "Never lowers the score"), ("falling", "Never raises the score")],
        string="Larger Numbers",
        required=True,
        default="free",
        help="For predicting an outcome: known direction of the effect of this number, so that random patterns "
        "cannot contradict it.",
    )
    stands_alone = fields.Boolean(
        "Counts Separately",
        default=True,
        help="For detecting unusual records. If not set, this input counts only in combination with another one, "
        "after enough reviews: a large bill is no warning, but a large bill paid twice is.",
    )
    together_id = fields.Many2one(
        "ai.deployment.feature",
        "Combined With",
        ondelete="set null",
        copy=False,
        domain="[('deployment_id', '=', deployment_id), ('id', '!=', id)]",
        help="Two inputs that are a stronger warning in combination. For example: a round amount and a new vendor.",
    )
    leak_override = fields.Text(
        "Availability in Time",
        help="Some fields are filled only when the outcome is known. To use one nevertheless, explain why its "
        "value is available when a record is scored.",
    )

    leak_answered_by_id = fields.Many2one("res.users", "Explained By", readonly=True, copy=False, ondelete="set null")
    leak_answered_date = fields.Datetime("Explained On", readonly=True, copy=False)

    _key_uniq = models.UniqueIndex("(deployment_id, key)", "This input is already in the deployment.")
    _weight_is_small = models.Constraint("CHECK(weight BETWEEN 0 AND 10)", "The weight must be between 0 and 10.")
    _window_not_negative = models.Constraint("CHECK(window_days >= 0)", "The number of days cannot be negative.")

    @api.depends(
        "source", "path", "start_path", "end_path", "measure", "group_paths", "value_path", "window_days", "course"
    )
    def _compute_key(self):
        for feature in self:
            feature.key = declaration_key(feature._declared())

    def _declared(self):
        """Return what is declared, as `input_names` reads it."""
        self.ensure_one()
        return {name: self[name] for name in DECLARATION}

    def _proposed_name(self):
        documents = self.env.get(self.res_model) if self.res_model else None
        declared = self._declared()
        proposed = "" if documents is None else proposed_name(documents, declared)
        return proposed or declaration_key(declared)

    @api.depends("source", "path", "deployment_id.model_id")
    def _compute_kind(self):
        for feature in self:
            if feature.source != "path":
                feature.kind = NUMBER
                continue
            steps = (
                feature.path and feature.res_model in self.env and walk_path(self.env[feature.res_model], feature.path)
            )
            type_ = steps[-1].type(self.env) if steps else None
            is_defined = steps and steps[-1].property_name and type_ != "properties"
            if feature.kind and feature.path and "." in feature.path and not is_defined:
                continue  # keep what a person chose
            feature.kind = NUMBER if type_ in NUMBER_TYPES else CATEGORY

    @api.depends("source", "path", "deployment_id.model_id")
    def _compute_sensitive(self):
        """People are sensitive unless somebody says otherwise; what was said about another field stays."""
        for feature in self:
            feature.sensitive = feature.sensitive or feature._is_person()

    def _is_person(self):
        """Return whether the input is a user, so that a model would learn who works well."""
        self.ensure_one()
        if self.source != "path" or not self.path or self.res_model not in self.env:
            return False
        steps = walk_path(self.env[self.res_model], self.path)
        return bool(steps) and steps[-1].field.comodel_name == "res.users"

    @api.onchange("path", "source")
    def _onchange_person(self):
        if self._is_person():
            return {
                "warning": {
                    "title": self.env._("This input is a person"),
                    "message": self.env._(
                        "The model would learn how well each person does. Is that wanted, and agreed with the people "
                        "concerned? The input is sensitive by default and never named as a reason on records."
                    ),
                }
            }
        return None

    @api.depends("source", "path", "measure", "group_paths", "window_days", "deployment_id.model_id")
    def _compute_tail(self):
        for feature in self:
            feature.tail = TWO_SIDED
            if feature.res_model in self.env:
                feature.tail = usual_side(
                    self.env[feature.res_model],
                    feature.source,
                    feature.measure,
                    feature.path,
                    feature._group_path_list(),
                    feature.window_days,
                )

    @api.constrains("source", "course", "deployment_id")
    def _check_course(self):
        for feature in self.filtered(lambda feature: feature.source == "course"):
            course = self.env[feature.res_model]._ai_course()
            if not feature.course or course is None or feature.course not in course.measures:
                raise ValidationError(
                    self.env._("Input “%s”: nothing of that kind is known of these records.", feature.name)
                )
            if not feature.deployment_id.landmarks:
                raise ValidationError(
                    self.env._(
                        "“%s” changes while a record is open: switch on “Learn From Later Moments” first.",
                        feature.name,
                    )
                )

    @api.constrains("source", "path", "start_path", "end_path", "measure", "group_paths", "value_path", "deployment_id")
    def _check_declaration(self):
        for feature in self.filtered(lambda feature: feature.source != "course"):
            paths = feature._paths()
            if not paths:
                raise ValidationError(self.env._("Input “%s” has no field: select one.", feature.name))
            if feature.source == "age" and not (feature.start_path and feature.end_path):
                raise ValidationError(self.env._("Input “%s” needs two dates.", feature.name))
            if feature.source == "history":
                if not (feature.measure and feature.group_paths):
                    raise ValidationError(
                        self.env._("Input “%s” needs a measure and the fields shared by earlier records.", feature.name)
                    )
                if feature.measure in VALUE_MEASURES and not feature.value_path:
                    raise ValidationError(self.env._("Input “%s” needs an amount to compare.", feature.name))
            documents = self.env[feature.res_model]
            for path in paths:
                steps = walk_path(documents, path)
                if steps and steps[-1].field.name in SCORE_FIELDS:
                    raise ValidationError(self.env._("A score cannot be an input: the model would learn from itself."))
                if steps is None:
                    raise ValidationError(
                        self.env._("Input “%(name)s”: there is no field “%(path)s”.", name=feature.name, path=path)
                    )
                feature._check_readable(path, steps)

    def _check_readable(self, path, steps):
        """Inputs are read with elevated rights, so whoever declares one must be able to read it without them."""
        if passes_others(self.env[self.res_model].with_user(self.env.uid), steps):
            raise ValidationError(self.env._("“%s” reads lines that not all readers of the record may read.", path))
        for step in steps:
            # create() checks constraints with elevated rights; what counts is the person
            model = self.env[step.field.model_name].with_user(self.env.uid)
            if not (model.has_access("read") and model._has_field_access(step.field, "read")):
                raise AccessError(
                    self.env._("You may not read “%(path)s”, so you cannot use it as an input.", path=path)
                )

    @api.constrains("source", "path", "start_path", "end_path", "group_paths", "value_path", "measure", "deployment_id")
    def _check_types(self):
        """Refuse types that the database would answer with an error."""
        for feature in self.filtered(lambda feature: feature.source != "path"):
            steps = {path: walk_path(self.env[feature.res_model], path) or [] for path in feature._paths()}
            last = {path: found[-1].field.type for path, found in steps.items() if found}
            if feature.source == "zeros":
                if not set(last.values()) <= {"integer", "float", "monetary"}:
                    raise ValidationError(self.env._("Input “%s” needs a numeric amount.", feature.name))
                continue
            if feature.source == "age":
                if not set(last.values()) <= {"date", "datetime"}:
                    raise ValidationError(self.env._("Input “%s” needs two dates.", feature.name))
                continue
            if last.get(feature.value_path, "float") not in ("integer", "float", "monetary"):
                raise ValidationError(self.env._("Input “%s” needs a numeric amount.", feature.name))
            for path, found in steps.items():
                if any(not (step.field.store or step.field.related or step.field.inherited) for step in found):
                    raise ValidationError(
                        self.env._("“%s” is not stored, so earlier records cannot be compared by it.", path)
                    )

    @api.constrains("path", "start_path", "end_path", "group_paths", "value_path", "leak_override", "deployment_id")
    def _check_known_in_time(self):
        """Refuse fields that are filled when the outcome is known, unless somebody said in writing why not."""
        for feature in self:
            documents = self.env[feature.res_model]
            leaks = documents._ai_fields_known_too_late()
            if feature._is_read_as_it_was():
                leaks = leaks - documents._ai_known_by_tracking()
            late = [path for path in feature._paths() if path.split(".")[0] in leaks]
            if late and not (feature.leak_override or "").strip():
                raise ValidationError(
                    self.env._(
                        "“%(path)s” is often filled only when the outcome is known, so a model trained on it "
                        "would look good and be wrong. If it is known when a record is scored, explain why "
                        "under “Availability in Time”.",
                        path=late[0],
                    )
                )

    @api.constrains("together_id", "deployment_id")
    def _check_together(self):
        for feature in self.filtered("together_id"):
            if feature.together_id == feature or feature.together_id.deployment_id != feature.deployment_id:
                raise ValidationError(
                    self.env._("“%s” can only be combined with another input of the same deployment.", feature.name)
                )

    def write(self, vals):
        if not self.env.su:
            if "deployment_id" in vals and any(f.deployment_id.id != vals["deployment_id"] for f in self):
                raise AccessError(self.env._("An input cannot be moved to another deployment."))
            if "sensitive" in vals and not vals["sensitive"]:
                self._check_may_uncover()
            if DECLARATION & vals.keys():
                self._check_may_uncover()  # what is masked is found by its declaration
        self.env.registry.clear_cache()  # versions keep in mind which inputs are to be masked
        self.env["ai.deployment.edit"]._note(self.deployment_id)
        result = super().write(vals)
        if "leak_override" in vals:
            self._note_answer()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:  # said so, instead of leaving it out: who gives it believes that it counts
            for name in self._ai_system_fields() & {name for vals in vals_list for name in vals}:
                self._check_field_access(self._fields[name], "write")
        self.env.registry.clear_cache()
        features = super().create(vals_list)
        self.env["ai.deployment.edit"]._note(features.deployment_id)
        features.filtered("leak_override")._note_answer()
        return features

    def _note_answer(self):
        """Keep who explained when why the value is known in time."""
        for feature in self.sudo():
            has_text = bool((feature.leak_override or "").strip())
            feature.write(
                {
                    "leak_answered_by_id": has_text and self.env.uid,
                    "leak_answered_date": has_text and clock.now(),
                }
            )

    def unlink(self):
        if not self.env.su:
            self._check_may_uncover()
        self.env.registry.clear_cache()
        self.env["ai.deployment.edit"]._note(self.deployment_id)
        return super().unlink()

    def _check_may_uncover(self):
        """Keep sensitive inputs masked, also in earlier log lines, unless an administrator or the owner decides."""
        if any(self.mapped("sensitive")) and not self.env.user.has_group("ai_deployment.group_manager"):
            raise AccessError(self.env._("This input is sensitive: only an administrator may change or remove it."))

    def _group_path_list(self):
        return [path.strip() for path in (self.group_paths or "").split(",") if path.strip()]

    def _paths(self):
        """Every field path that this declaration reads."""
        self.ensure_one()
        if self.source == "course":
            paths = [self._start_name()]
        elif self.source in ("path", "zeros"):
            paths = [self.path]
        elif self.source == "age":
            paths = [self.start_path, self.end_path]
        else:
            paths = [*self._group_path_list(), self.value_path]
        return [path for path in paths if path]

    def _is_read_as_it_was(self):
        """Return whether versions learn from the value of this field at each moment, as tracking tells it."""
        self.ensure_one()
        if self.source != "path" or not self.path or not self.deployment_id.landmarks:
            return False
        return tracked_field(self.env[self.res_model], {"source": "path", "path": self.path}) is not None

    def _start_name(self):
        """Return the name of the date from which records of the deployment count, "" for their creation."""
        return self.deployment_id.sudo().start_field_id.name or ""

    @api.model
    def _card_spec(self, key, name):
        """Return the spec of a computed input of a card, declared like an input so that it has a label in reasons."""
        texts = ("path", "start_path", "end_path", "measure", "value_path", "together")
        flags = ("required", "sensitive", "stands_alone", "is_named")
        return {
            **dict.fromkeys(texts, ""),
            **dict.fromkeys(flags, False),
            "key": key,
            "name": name,
            "kind": NUMBER,
            "source": "card",
            "group_paths": [],
            "window_days": 0,
            "tail": "high",
            "weight": 1.0,
            "direction": "free",
            "fields": {},
        }

    def _has_several_values(self):
        """Return whether a record may have several values at a time: one input whose values count separately."""
        steps = self.source == "path" and walk_path(self.env[self.res_model], self.path)
        return bool(steps) and (
            any(step.field.type == "many2many" for step in steps) or steps[-1].type(self.env) in SEVERAL
        )

    def _to_spec(self):
        """The declaration as plain data, as a version keeps it and `FeatureReader` reads it."""
        self.ensure_one()
        return {
            "key": self.key,
            "name": self.own_name or self.with_context(lang=LANGUAGE)._proposed_name(),
            "is_named": bool(self.own_name),
            "kind": TAGS if self._has_several_values() else self.kind,
            "source": self.source,
            "path": self.path or "",
            "start_path": self._start_name() if self.source == "course" else self.start_path or "",
            "end_path": self.end_path or "",
            "measure": (self.course if self.source == "course" else self.measure) or "",
            "group_paths": self._group_path_list(),
            "value_path": self.value_path or "",
            "window_days": self.window_days,
            "required": self.required,
            "sensitive": self.sensitive,
            "tail": self.tail,
            "weight": self.weight,
            "stands_alone": self.stands_alone,
            "together": self.together_id.key or "",
            "direction": self.direction,
            # What the paths lead to at this moment: health tells when that is not so any more.
            "fields": {path: describe_path(self.deployment_id, path) for path in self._paths()},
        }
