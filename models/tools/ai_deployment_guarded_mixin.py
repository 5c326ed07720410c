"""Guard of every model of the addon: what the system keeps is not chosen by who calls.

1. A field that is read-only in Python (stored, computed or related) is written with all rights only. Whoever creates a
   record cannot give it a value: it is left out, as Odoo does with read-only computed fields.
2. No default of a user, a company or a context reaches such a field, nor one that a model names in
   `_ai_fields_without_default`; no default of a user or company reaches any field where the addon creates the record
   with all rights (`models/ir_default.py`).
3. Creating, writing and deleting run without the caller's context, but for language, time zone, companies and the
   records at hand, so that no key lifts a check, a trace or an `ondelete` method. Odoo itself (`is_system`) keeps it.

A test fails for a model of the addon that does not inherit this one first.
"""

from odoo import api, models, tools
from odoo.exceptions import AccessError

from .trust import BY_ADDON, KEPT, OWN, is_system

# Odoo leaves these out of what is written by itself; imports send them.
MAGIC = frozenset({*models.LOG_ACCESS_COLUMNS, "id", "parent_path"})


class AiDeploymentGuardedMixin(models.AbstractModel):
    _name = "ai.deployment.guarded.mixin"
    _inherit = "ai.deployment.readable.mixin"
    _description = "What the System Keeps"

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
        records = super(AiDeploymentGuardedMixin, self._ai_guarded()).create(vals_list)
        return records.with_env(self.env)

    def write(self, vals):
        return super(AiDeploymentGuardedMixin, self._ai_guarded()).write(vals)

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
                    "“%s” is kept by the system and cannot be changed by hand.", field._description_string(self.env)
                )
            )
        return super()._check_field_access(field, operation)

    @api.model
    def _ai_is_kept(self, field):
        return field.readonly and field.name not in MAGIC and field.name not in self._ai_judged_fields
