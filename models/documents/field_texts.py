"""Values of a record as people read them."""

from odoo.fields import Field
from odoo.models import BaseModel
from odoo.tools import format_date, format_datetime, formatLang

from ..tools import clock


def field_texts(record: BaseModel, names: tuple[str, ...], **labels: str) -> list[tuple[str, str]]:
    """Return (label, text) of the fields that have a value and that the user may read.

    :param labels: what replaces the label of a field
    """
    texts = []
    for name in names:
        field = record._fields[name]
        if record._has_field_access(field, "read") and (text := _text(record, field)):
            texts.append((labels.get(name) or field._description_string(record.env), text))
    return texts


def _text(record: BaseModel, field: Field) -> str:
    env, value = record.env, record[field.name]
    if not value:
        return ""
    if field.type == "many2one":
        return value.sudo().display_name  # as every form shows it
    if field.type == "monetary":
        return formatLang(env, value, currency_obj=record[field.get_currency_field(record)])
    if field.type == "date":
        return format_date(env, value)
    if field.name == "create_date":
        days = (clock.now() - value).days
        if days < 1:
            return env._("today, %s", format_datetime(env, value, dt_format="HH:mm"))
        if days == 1:
            return env._("1 day ago, %s", format_date(env, value))
        return env._("%(days)s days ago, %(date)s", days=days, date=format_date(env, value))
    if field.type == "selection":
        return dict(field._description_selection(env)).get(value, "")
    return str(value)
