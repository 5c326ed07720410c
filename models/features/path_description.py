"""Description of the path of an input, as plain data that a version stores and the health checks compare later."""

from odoo.fields import Domain
from odoo.models import BaseModel

from .feature_reader import walk_path

SMALL = 100  # records, up to which a relation is set up by somebody rather than filled by daily work
PEOPLE = {"res.partner", "res.users"}  # come and go without anybody changing the way of working


def describe_path(deployment: BaseModel, path: str, levels: dict | None = None) -> dict | None:
    """Return what `path` leads to on the records of `deployment`; None where it leads nowhere.

    {"type", "model" (at the end of a relation), "keys" (of a selection), "field_ids" (of its steps), "levels" (ids
    of the records of a small relation)}; of a property besides "options" ({key: label}), which nobody knows any
    more once its definition is gone.

    :param levels: records of small relations that were looked up already, for the next input that needs them
    """
    deployment.ensure_one()
    env = deployment.env
    steps = walk_path(env[deployment.res_model], path)
    if steps is None:
        return None
    field, fields = steps[-1].field, env["ir.model.fields"]
    described = {
        "type": field.type,
        "model": "",
        "keys": [],
        "field_ids": [fields._get(step.field.model_name, step.field.name).id or 0 for step in steps],
        "levels": [],
    }
    if steps[-1].property_name:
        definition = steps[-1].definition(env)
        options = {key: label for key, label, *_color in definition.get(definition.get("type", "")) or ()}
        described.update(
            type=definition.get("type") or field.type,
            keys=list(options),
            options=options,
            model=definition.get("comodel") or "",
        )
    elif field.type == "selection":
        described["keys"] = list(dict(field._description_selection(env)))
    elif field.type in ("many2one", "many2many"):
        described["model"] = model = field.comodel_name
        described["levels"] = _small_levels(deployment, model, {} if levels is None else levels)
    return described


def _small_levels(deployment: BaseModel, model: str, levels: dict) -> list[int]:
    """Return the ids of the active records of `model` for this company; none where they are people, or many."""
    place = (model, deployment.company_id.id)
    if place not in levels:
        comodel = deployment.env[model].sudo().with_context(active_test=True)
        domain = deployment._company_domain() if "company_id" in comodel._fields else Domain.TRUE
        # By id: in the order of the model, the database would sort all of a large one.
        query = None if model in PEOPLE else comodel._search(domain, limit=SMALL + 1, order="id")
        ids = list(query) if query is not None else []
        levels[place] = ids if len(ids) <= SMALL else []
    return levels[place]
