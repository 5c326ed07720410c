"""Limit what users learn through unsaved records, or records they only name, to what they may read.

Odoo computes fields on records that do not exist yet (`onchange`, dialogs, lines of a form). Their values come from
the caller, their record rules are asked by nobody, and a compute or related field runs with all rights where it says
so. Two rules hold on each model of this addon:

1. Records that a person names in values (`onchange`, `create`, `write`, defaults) are records that he may read.
2. On an unsaved record, a computed field has the value of the stored record behind it, where the person may read that,
   and nothing otherwise. Fields that a form needs while it is filled in say `unsaved=True`: their computes read only
   the record itself and, with the person's own rights, the records that it names.
"""

from collections import defaultdict

from odoo import api, models
from odoo.api import NewId
from odoo.exceptions import AccessError
from odoo.fields import Command

X2MANY = ("one2many", "many2many")


def readable_origin(records):
    """The stored records behind `records`: those of unsaved ones only where the user may read them."""
    stored = records.filtered("id")
    edited = (records - stored)._origin
    return stored | edited.sudo(False)._filtered_access("read").with_env(records.env) if edited else stored


class AiDeploymentReadableMixin(models.AbstractModel):
    _name = "ai.deployment.readable.mixin"
    _description = "Restricts Readable Values"

    # Fields that an administrator of deployments may fill with records that only Settings may read.
    _ai_named_by_administrators = frozenset()

    def _valid_field_parameter(self, field, name):
        return name == "unsaved" or super()._valid_field_parameter(field, name)

    def _compute_field_value(self, field):
        if all(self._ids) or getattr(field, "unsaved", False):
            return super()._compute_field_value(field)
        unsaved = self.filtered(lambda record: not record.id)
        readable = readable_origin(unsaved)
        for record in unsaved:
            origin = record._origin & readable
            for computed in self.pool.field_computed[field]:
                record[computed.name] = origin[computed.name]
        stored = self - unsaved
        return super(AiDeploymentReadableMixin, stored)._compute_field_value(field) if stored else None

    # Records that a person names

    def onchange(self, values, field_names, fields_spec):
        self._check_named_readable([values])
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        self._check_named_readable([values])
        return values

    @api.model_create_multi
    def create(self, vals_list):
        self._check_named_readable(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_named_readable([vals])
        return super().write(vals)

    def _check_named_readable(self, vals_list):
        """Raise AccessError where values name records that the user may not read, unless they are named already."""
        if self.env.su:
            return
        named, free = defaultdict(set), self._ai_named_by_administrators
        if free and not self.env.user.has_group("ai_deployment.group_manager"):
            free = frozenset()
        for vals in vals_list:
            _collect_named(self, {name: value for name, value in vals.items() if name not in free}, named)
        for model, ids in named.items():
            self.env[model].browse(ids).check_access("read")


def _collect_named(records, vals, named):
    """Add the ids that `vals` names, and that `records` do not name already, to `named`: {model: set of ids}."""
    for name, value in vals.items():
        field = records._fields.get(name)
        if field is None or not value:
            continue
        if field.type == "many2one_reference":
            model = vals.get(field.model_field) or (len(records) == 1 and records[field.model_field])
            if model in records.env:
                _add(records.env[model], [value], records, name, named)
        elif field.type == "reference" and isinstance(value, str):
            model, _comma, res_id = value.partition(",")
            if model in records.env and res_id.isdigit():
                _add(records.env[model], [int(res_id)], records, name, named)
        elif field.type == "many2one":
            comodel = records.env[field.comodel_name]
            if isinstance(value, dict):  # a record being made, with values of its own
                _add(comodel, [value.get("id")], records, name, named)
                _collect_named(comodel, value, named)
            else:
                value = value[0] if isinstance(value, (tuple, list)) else value
                _add(comodel, [value], records, name, named)
        elif field.type in X2MANY:
            _collect_commands(records, name, value, named)


def _collect_commands(records, name, value, named):
    comodel = records.env[records._fields[name].comodel_name]
    if isinstance(value, models.BaseModel):
        _add(comodel, value._ids, records, name, named)
        return
    for command in value:
        if isinstance(command, dict):
            _add(comodel, [command.get("id")], records, name, named)
            _collect_named(comodel, command, named)
        elif not isinstance(command, (tuple, list)):
            _add(comodel, [command], records, name, named)
        elif command[0] == Command.SET:
            _add(comodel, command[2], records, name, named)
        elif command[0] in (Command.UPDATE, Command.LINK, Command.DELETE, Command.UNLINK):
            _add(comodel, [command[1]], records, name, named)
        if isinstance(command, (tuple, list)) and command[0] in (Command.CREATE, Command.UPDATE):
            line = comodel.browse(command[1] if command[0] == Command.UPDATE else ())
            _collect_named(line, command[2] or {}, named)


def _add(comodel, ids, records, name, named):
    """Add ids that are not the value of `records` already; anything but a number is refused."""
    ids = {res_id.origin if isinstance(res_id, NewId) else res_id for res_id in _ids_of(ids)}
    ids = {res_id for res_id in ids if res_id}
    if any(type(res_id) is not int for res_id in ids):
        raise AccessError(comodel.env._("A record is identified by its ID."))
    if ids and records:
        ids -= set(records.sudo().mapped(name).ids) if records._fields[name].relational else set()
    named[comodel._name] |= ids


def _ids_of(ids):
    for res_id in ids:
        yield from res_id._ids if isinstance(res_id, models.BaseModel) else [res_id]
