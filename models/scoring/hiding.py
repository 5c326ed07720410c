"""Rules by which scores and lines of the log are hidden on purpose: one list, which packages below scoring fill.

A package that hides rows decorates a function with `hides`; it does not override `_hidden_domain`. The rows that any
rule names are hidden from everybody but the Auditor.
"""

from collections.abc import Callable

from odoo.fields import Domain
from odoo.models import BaseModel

Rule = Callable[[BaseModel], Domain]
HIDING: list[Rule] = []


def hides(rule: Rule) -> Rule:
    """Add `rule` to the list.

    :param rule: function from an empty recordset of `ai.deployment.score` or `ai.deployment.inference`, in the
        environment of the user, to the domain of its rows that are hidden
    """
    HIDING.append(rule)
    return rule


def hidden_domain(lines: BaseModel) -> Domain:
    """Return the domain of the rows of `lines`' model that any rule hides; false where nothing is hidden."""
    return Domain.OR(rule(lines) for rule in HIDING)
