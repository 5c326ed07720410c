"""The actions that print documents: model card, evidence pack, evidence on one record, difference of two versions."""

from odoo.exceptions import UserError
from odoo.models import BaseModel


def report_action(records: BaseModel, xmlid: str) -> dict:
    """Return the action that prints `records`, for a user who may read them.

    :param xmlid: name of the report in this addon
    """
    records.check_access("read")
    if not records:
        raise UserError(records.env._("Choose what to print."))
    return records.env.ref(f"ai_deployment.{xmlid}").sudo().report_action(records, config=False)
