"""Guard of every model of the addon: what the system keeps is not chosen by who calls.

1. A field that is read-only in Python (stored, computed or related) is written with all rights only. Whoever creates a
   record cannot give it a value: it is left out, as Odoo does with read-only computed fields.
2. No default of a user, a company or a context reaches such a field, nor one that a model names in
   `_ai_fields_without_default`; no default of a user or company reaches any field where the addon creates the record
   with all rights (`models/ir_default.py`).
3. Creating, writing and deleting run without the caller's context, but for language, time zone, companies and the
   records at hand, so that no key lifts a check, a trace or an `ondelete` method. Odoo itself (`is_system`) keeps it.

4. What people write into a field, and how many rows they add to a deployment, has a limit (`limits`), with all rights
   too.
5. A row that is moved to another company, deployment or template has to be one that may be written there as well:
   record rules look at rows before they are written only.

A test fails for a model of the addon that does not inherit this one first.
"""

from odoo import api, models, tools
from odoo.exceptions import AccessError, UserError

from .limits import too_much
from .trust import (
    BY_ADDON,
    KEPT,
    OWN,
    is_system,
)
from .wording import number

# Odoo leaves these out of what is written by itself; imports send them.
PLACES = frozenset({"company_id", "deployment_id", "template_id"})  # where a row belongs: record rules follow them
MAGIC = frozenset({*models.LOG_ACCESS_COLUMNS, "id", "parent_path"})


class AiDeploymentGuardedMixin(models.AbstractModel):
    _name = "ai.deployment.guarded.mixin"
    _inherit = "ai.deployment.readable.mixin"
    _description = "System-Managed Fields"

    # How many rows of this model a deployment may have, where people add them.
    _ai_most = None
    # Writable fields that nevertheless take no default of a user, a company or a context.
    _ai_fields_without_default = frozenset()
    # Read-only fields that people write all the same, each judged by the model's own `write`.
    _ai_judged_fields = frozenset()

    @api.model
    @tools.ormcache("self._name")
    def _ai_system_fields(self):
        """Names of the fields that the system keeps."""
        return frozenset(name for name, field in self._fields.items() if field.readonly and name not in MAGIC)

    @api.model
    @tools.ormcache("self._name")
    def _ai_undefaulted_fields(self):
        """Names of the fields that take no default but the model's own."""
        return self._ai_system_fields() | self._ai_fields_without_default

    def _ai_guarded(self):
        """Return these records without what a caller's context could change."""
        undefaulted, system = self._ai_undefaulted_fields(), is_system(self.env)
        kept, context = {}, self.env.context
        for key, value in context.items():
            if key.startswith("default_"):
                # Under all rights, a default in the context of a person was not meant for what the addon makes.
                if key[8:] not in undefaulted and (system or not self.env.su):
                    kept[key] = value
            elif system or key in KEPT or value is OWN:
                kept[key] = value
        if not system:
            kept[BY_ADDON] = OWN  # what follows on other models, such as messages, takes no default of a user
        # pylint: disable-next=context-overridden
        return self if kept == context else self.with_context(kept)

    @api.model
    def default_get(self, fields):
        return super(AiDeploymentGuardedMixin, self._ai_guarded()).default_get(fields)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            kept = self._ai_system_fields()
            vals_list = [{name: value for name, value in vals.items() if name not in kept} for vals in vals_list]
        for vals in vals_list:
            self._ai_check_limits(vals)
        records = super(AiDeploymentGuardedMixin, self._ai_guarded()).create(vals_list).with_env(self.env)
        records._ai_check_most()
        return records

    def write(self, vals):
        self._ai_check_limits(vals)
        result = super(AiDeploymentGuardedMixin, self._ai_guarded()).write(vals)
        if not self.env.su and PLACES & vals.keys():
            self.check_access("write")
        return result

    @api.model
    def _ai_check_limits(self, vals):
        """Raise a sentence where a value is too much for its field."""
        for name, value in vals.items():
            field = self._fields.get(name)
            if field and (found := too_much(field, value)):
                size, most = found
                raise UserError(
                    self.env._(
                        "“%(field)s” is too long: %(size)s characters, at most %(most)s are possible. Shorten it.",
                        field=field._description_string(self.env),
                        size=number(self.env, size),
                        most=number(self.env, most),
                    )
                )

    def _ai_check_most(self):
        """Raise where a person has added more rows to a deployment than it may have."""
        if not self._ai_most or self.env.su:
            return
        for deployment in self.sudo().deployment_id:
            if self.sudo().search_count([("deployment_id", "=", deployment.id)]) > self._ai_most:
                raise UserError(
                    self.env._(
                        "“%(deployment)s” can have at most %(most)s rows of “%(kind)s”.",
                        deployment=deployment.name,
                        most=self._ai_most,
                        kind=self._description,
                    )
                )

    def unlink(self):
        return super(AiDeploymentGuardedMixin, self._ai_guarded()).unlink()

    @api.model
    def _has_field_access(self, field, operation):
        if operation == "write" and not self.env.su and self._ai_is_kept(field):
            return False
        return super()._has_field_access(field, operation)

    @api.model
    def _check_field_access(self, field, operation):
        if operation == "write" and not self.env.su and self._ai_is_kept(field):
            raise AccessError(
                self.env._(
                    "“%s” is managed by the system and cannot be changed manually.", field._description_string(self.env)
                )
            )
        return super()._check_field_access(field, operation)

    @api.model
    def _ai_is_kept(self, field):
        return field.readonly and field.name not in MAGIC and field.name not in self._ai_judged_fields
