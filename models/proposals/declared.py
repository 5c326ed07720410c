"""Answer fields as a contract declares them: what kind of value, and which values there are to choose from."""

import ast
from typing import Any

from odoo.fields import Domain
from odoo.models import BaseModel

from ...remote.answer_fields import LONGEST_NAME, MOST_CHOICES, AnswerField

KINDS = {
    "selection": "choice",
    "many2one": "record",
    "char": "text",
    "text": "text",
    "date": "date",
    "integer": "number",
    "float": "number",
    "monetary": "number",
    "boolean": "boolean",
}
LANGUAGE = "en_US"  # of names that are told: a model knows them in one language


def declared_fields(deployment: BaseModel) -> list[dict[str, Any]]:
    """Return the answer fields of a deployment as plain JSON types, for a contract.

    :param deployment: `ai.deployment`, in sudo
    """
    return [_declared(answer, deployment).to_dict() for answer in deployment.answer_field_ids]


def _declared(answer: BaseModel, deployment: BaseModel) -> AnswerField:
    kind, choices = KINDS[answer.ttype], _choices(answer, deployment)
    label = answer.with_context(lang=LANGUAGE).name[:LONGEST_NAME]
    return AnswerField(answer.key, label, "choice" if choices else kind, answer.required, choices)


def _choices(answer: BaseModel, deployment: BaseModel) -> dict[str, str]:
    """Return {name: value} of what can be chosen; nothing where it is a text, or there are too many."""
    documents = answer.env[answer.res_model].with_context(lang=LANGUAGE)
    if answer.ttype == "selection":
        options = documents._fields[answer.key]._description_selection(documents.env)
        return {str(name): value for value, name in options}
    if answer.ttype != "many2one":
        return {}
    found = allowed_records(answer, deployment.company_id).with_context(lang=LANGUAGE)
    records = found.search(allowed_domain(answer, deployment.company_id), limit=MOST_CHOICES + 1)
    if len(records) > MOST_CHOICES:
        return {}
    choices: dict[str, str] = {}
    for record in records:
        name = (record.display_name or "")[: LONGEST_NAME - 20]
        choices[name if name and name not in choices else f"{name} (#{record.id})"] = str(record.id)
    return choices


def allowed_records(answer: BaseModel, company: BaseModel) -> BaseModel:
    """Return the model whose records can be chosen, in sudo and as seen from `company`."""
    comodel = answer.env[answer.res_model]._fields[answer.key].comodel_name
    return answer.env[comodel].sudo().with_company(company)


def allowed_domain(answer: BaseModel, company: BaseModel) -> Domain:
    """Return the domain of the records that can be chosen for a record of `company`."""
    records = allowed_records(answer, company)
    is_shared = not {"company_id", "company_ids"} & records._fields.keys()
    return own_domain(answer) & (Domain.TRUE if is_shared else Domain(records._check_company_domain(company)))


def own_domain(answer: BaseModel) -> Domain:
    """Return what the owner entered as “Allowed Values”."""
    return Domain(ast.literal_eval((answer.domain or "[]").strip() or "[]"))
