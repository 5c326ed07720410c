"""Values of answer fields: what a model said becomes what is stored, and what is stored becomes what people read.

Stored is a text, whatever the field: the id of a record, the key of a choice, a date as YYYY-MM-DD, a number as Python
writes it, "1" and "0" for yes and no, and an empty text for nothing. So values can be compared without knowing what
they are.
"""

import math
import re
from datetime import date
from typing import Any, NamedTuple

from odoo.fields import Domain, Field
from odoo.models import BaseModel
from odoo.tools import format_amount, format_date

from ...ml.errors import ValueInvalid, ValueMissing, ValueNotAllowed, ValueOfOtherCompany, ValueProblem, ValueUnknown
from ...remote.answer_fields import LONGEST_TEXT, AnswerField
from ..scoring.ai_deployment_inference import MASKED
from ..tools.existence import has_any
from ..tools.wording import number, plain
from .declared import allowed_domain, allowed_records, own_domain

NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,10})?")
LARGEST = 1e15  # amount of a proposed number, either way
YEARS = (1900, 2200)  # of a proposed date: the first, and the first that is too late


class Value(NamedTuple):
    """One value as it can be stored, or why there is none."""

    stored: str | None
    error: ValueProblem | None = None


class Resolver:
    """Judge the values of one deployment; what was looked up once is remembered.

    :param deployment: `ai.deployment`, in sudo
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment = deployment
        self.env = deployment.env
        self.answers = {answer.key: answer for answer in deployment.answer_field_ids if answer.ttype}
        self._found: dict[tuple[str, type, Any, int], Value] = {}

    def value(self, asked: AnswerField, said: Any, company_id: int) -> Value:
        """Return what a model said of the field `asked` as it is stored, or what is wrong with it."""
        key = (asked.key, type(said), said, company_id)  # true is no 1
        if key not in self._found:
            try:
                self._found[key] = Value(self._resolved(asked, said, company_id))
            except ValueProblem as error:
                self._found[key] = Value(None, error)
        return self._found[key]

    def _resolved(self, asked: AnswerField, said: Any, company_id: int) -> str:
        text = said.strip() if isinstance(said, str) else said
        if text is None or text == "":
            if asked.required:
                raise ValueMissing(asked.label)
            return ""
        if asked.key not in self.answers:
            raise ValueNotAllowed(asked.label)  # the owner has removed it since
        answer = self.answers[asked.key]
        if asked.choices:
            if not isinstance(text, str) or text not in asked.choices:
                raise ValueNotAllowed(asked.label)
            stored = asked.choices[text]
            if answer.ttype == "many2one":
                return self._checked_record(asked, answer, stored, company_id)
            return self._checked_option(asked, answer, stored)
        if answer.ttype == "many2one":
            return self._record_called(asked, answer, text, company_id)
        return plain_value(answer.ttype, text, asked.label)

    def _company(self, company_id: int) -> BaseModel:
        return self.env["res.company"].browse(company_id)

    def _checked_record(self, asked: AnswerField, answer: BaseModel, stored: str, company_id: int) -> str:
        """Return the id `stored` where that record may be chosen for a record of the company."""
        company = self._company(company_id)
        records = allowed_records(answer, company)
        found = Domain("id", "=", int(stored))
        if has_any(records, found & allowed_domain(answer, company)):
            return stored
        if has_any(records, found & own_domain(answer)):
            raise ValueOfOtherCompany(asked.label)
        raise ValueNotAllowed(asked.label)

    def _checked_option(self, asked: AnswerField, answer: BaseModel, stored: str) -> str:
        """Return the key `stored` of a selection where the field still has it."""
        if stored not in dict(self.env[answer.res_model]._fields[answer.key]._description_selection(self.env)):
            raise ValueNotAllowed(asked.label)
        return stored

    def _record_called(self, asked: AnswerField, answer: BaseModel, name: Any, company_id: int) -> str:
        """Return the id of the only record of this name, of those that may be chosen."""
        if not isinstance(name, str):
            raise ValueInvalid(asked.label)
        company = self._company(company_id)
        records = allowed_records(answer, company)
        called = Domain.OR(
            Domain(each, "=ilike", _literal(name)) for each in _names_of(records) if each in records._fields
        )
        found = records.search(called & allowed_domain(answer, company), limit=2)
        if len(found) == 1:
            return str(found.id)
        if not found and has_any(records, called & own_domain(answer)):
            raise ValueOfOtherCompany(asked.label)
        raise ValueUnknown(asked.label)

    def entered(self, answer: BaseModel, value: Any, company_id: int) -> str:
        """Return what a person entered as it is stored; raise a ValueProblem where it cannot be.

        :param value: as texts are stored, see above
        """
        asked = AnswerField(answer.key, answer.name, "text", False)
        text = value.strip() if isinstance(value, str) else ""
        if not text:
            return ""
        if answer.ttype == "many2one":
            if not text.isdecimal() or len(text) > 9:
                raise ValueNotAllowed(answer.name)
            return self._checked_record(asked, answer, text, company_id)
        if answer.ttype == "selection":
            return self._checked_option(asked, answer, text)
        return plain_value(answer.ttype, text, answer.name)


def _names_of(records: BaseModel) -> list[str]:
    """Return the fields by which a record can be named in a document."""
    return [records._rec_name or "name", *(["vat"] if records._name == "res.partner" else [])]


def _literal(name: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", name)


def plain_value(ttype: str, said: Any, label: str) -> str:
    """Return a value that is no record as it is stored.

    >>> plain_value("monetary", "12.50", "Total"), plain_value("date", "2026-03-02", "Date")
    ('12.5', '2026-03-02')
    """
    if ttype == "boolean":
        if said in (True, False, "1", "0"):
            return "1" if said in (True, "1") else "0"
        raise ValueInvalid(label)
    if ttype == "date":
        return _date(said, label)
    if ttype in ("integer", "float", "monetary"):
        return _number(said, label, ttype == "integer")
    if not isinstance(said, str) or len(said) > LONGEST_TEXT or "\0" in said:
        raise ValueInvalid(label)
    return said


def _date(said: Any, label: str) -> str:
    try:
        found = date.fromisoformat(said) if isinstance(said, str) and len(said) == 10 else None
    except ValueError:
        found = None
    if found is None or not YEARS[0] <= found.year < YEARS[1]:
        raise ValueInvalid(label)
    return found.isoformat()


def _number(said: Any, label: str, is_whole: bool) -> str:
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        raise ValueInvalid(label)
    if isinstance(said, str) and not NUMBER.fullmatch(said):
        raise ValueInvalid(label)
    number = float(said)
    if not math.isfinite(number) or abs(number) > LARGEST or (is_whole and not number.is_integer()):
        raise ValueInvalid(label)
    return str(int(number)) if is_whole else repr(number)


# What is stored, for people and for records


def to_write(ttype: str, stored: str) -> Any:
    """Return a stored value as the ORM writes it."""
    if not stored:
        return False
    if ttype in ("many2one", "integer"):
        return int(stored)
    if ttype in ("float", "monetary"):
        return float(stored)
    return stored == "1" if ttype == "boolean" else stored


def of_record(document: BaseModel, key: str) -> str:
    """Return the value that a record has now, as it is stored here."""
    field, value = document._fields[key], document[key]
    if field.type == "many2one":
        return str(value.id or "")
    if field.type == "boolean":
        return "1" if value else "0"
    if field.type in ("float", "monetary"):
        return repr(float(value))
    if field.type == "date":
        return value.isoformat() if value else ""
    return str(value) if field.type == "integer" else value or ""


def _currency_of(documents: BaseModel, field: Field) -> BaseModel:
    """Return the currency of the amounts of a record; none of a model, or of a record that is gone."""
    return documents.sudo()[:1].exists()[field.get_currency_field(documents)]


def text_of(documents: BaseModel, key: str, stored: str | None) -> str:
    """Return a stored value as people read it, with the rights of the user.

    :param documents: the record in the environment of the user, or its model: then amounts have no currency
    """
    if not stored:
        return ""
    field = documents._fields.get(key)
    if field is None:
        return stored
    if not documents._has_field_access(field, "read"):
        return MASKED
    env = documents.env
    if field.type == "many2one":
        record = env[field.comodel_name].browse(int(stored)).exists()
        if not record:
            return env._("deleted")
        return record.display_name if record.has_access("read") else MASKED
    if field.type == "selection":
        return dict(field._description_selection(env)).get(stored, stored)
    if field.type == "date":
        return format_date(env, stored)
    if field.type == "monetary":
        currency = _currency_of(documents, field)
        return format_amount(env, float(stored), currency) if currency else number(env, float(stored), 2)
    if field.type in ("integer", "float"):
        return plain(env, round(float(stored), 2))
    if field.type == "boolean":
        return env._("Yes") if stored == "1" else env._("No")
    return stored
