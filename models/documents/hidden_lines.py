"""Lines whose score is hidden on purpose from everybody but the Auditor: packages that hide some add a rule here."""

from collections.abc import Callable

from odoo.fields import Domain
from odoo.models import BaseModel

RULES: dict[str, list[Callable[[BaseModel], Domain]]] = {}  # {model: functions of its records}


def add(models: tuple[str, ...], rule: Callable[[BaseModel], Domain]) -> None:
    """Hide what `rule` gives, called with the model, among the lines of `models`."""
    for model in models:
        RULES.setdefault(model, []).append(rule)


def hidden_domain(lines: BaseModel) -> Domain:
    """Return the domain of the lines of this model that are hidden."""
    return Domain.OR(rule(lines) for rule in RULES.get(lines._name, ()))
