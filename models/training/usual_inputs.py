"""The inputs to start with: declared at once, with their sides and combinations."""

from odoo.models import BaseModel


def add_usual_inputs(deployment: BaseModel) -> BaseModel:
    """Declare the usual inputs of the documents of a deployment, except those it has already; return the new ones.

    What the user may not declare raises AccessError, as it does for each input alone.
    """
    inputs = deployment.feature_ids
    first = max(inputs.mapped("sequence"), default=0) + 1
    named = {feature.key: feature for feature in inputs}
    added, partners = inputs.browse(), {}
    for place, declared in enumerate(deployment.env[deployment.res_model]._ai_usual_inputs()):
        values = {name: value for name, value in declared.items() if name != "together"}
        feature = inputs.new({**values, "deployment_id": deployment.id})
        if feature.key not in named:
            named[feature.key] = inputs.create({**values, "deployment_id": deployment.id, "sequence": first + place})
            added += named[feature.key]
            if declared.get("together"):
                partners[named[feature.key]] = declared["together"]
        named.setdefault(declared["name"], named[feature.key])
    for feature, name in partners.items():
        feature.together_id = named[name]
    return added
