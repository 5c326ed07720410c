"""What the inputs of a version lead to, kept when it is trained and compared later (`health/versions`)."""

from odoo import models
from odoo.fields import Domain

from ..features.feature_reader import walk_path

SMALL = 100  # records, up to which a relation is set up by somebody rather than filled by daily work
PEOPLE = {"res.partner", "res.users"}  # come and go without anybody changing the way of working


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _describe_path(self, path, levels=None):
        """What `path` leads to, as plain data that a version keeps and that is compared later; None if nowhere.

        {"type", "model" (at the end of a relation), "keys" (of a selection), "field_ids" (of its steps), "levels" (ids
        of the records of a small relation)}; of a property besides "options" ({key: label}), which nobody knows any
        more once its definition is gone. `levels`: see `_small_levels`.
        """
        self.ensure_one()
        steps = walk_path(self.env[self.res_model], path)
        if steps is None:
            return None
        field, fields = steps[-1].field, self.env["ir.model.fields"]
        described = {
            "type": field.type,
            "model": "",
            "keys": [],
            "field_ids": [fields._get(step.field.model_name, step.field.name).id or 0 for step in steps],
            "levels": [],
        }
        if steps[-1].property_name:
            definition = steps[-1].definition(self.env)
            options = {key: label for key, label, *_color in definition.get(definition.get("type")) or ()}
            model = definition.get("comodel") or ""
            described.update(
                type=definition.get("type") or field.type,
                keys=list(options),
                options=options,
                model=model,
            )
        elif field.type == "selection":
            described["keys"] = list(dict(field._description_selection(self.env)))
        elif field.type in ("many2one", "many2many"):
            described["model"] = model = field.comodel_name
            described["levels"] = self._small_levels(model, {} if levels is None else levels)
        return described

    def _small_levels(self, model, levels):
        """Ids of the active records of `model` for this company; none where they are people, or many.

        `levels` keeps what was looked up, for the next input that needs it.
        """
        place = (model, self.company_id.id)
        if place not in levels:
            comodel = self.env[model].sudo().with_context(active_test=True)
            domain = Domain.TRUE
            if "company_id" in comodel._fields:
                domain = self._company_domain()
            # By id: in the order of the model, the database would sort all of a large one.
            query = None if model in PEOPLE else comodel._search(domain, limit=SMALL + 1, order="id")
            ids = list(query) if query is not None else []
            levels[place] = ids if len(ids) <= SMALL else []
        return levels[place]
