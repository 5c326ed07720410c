"""A short message after a button, with a link to what came of it."""

from odoo.models import BaseModel


def toast(record: BaseModel, message: str, label: str, *, kind: str = "success") -> dict:
    """Return the action that shows `message`, whose "%s" is the link `label` to the form of `record`.

    The page behind it is loaded again.
    """
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": kind,
            "message": message,
            "links": [{"label": label, "url": f"/odoo/{record._name}/{record.id}"}],
            "next": {"type": "ir.actions.client", "tag": "soft_reload"},
        },
    }
