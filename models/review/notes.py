"""Notes about answers, left on the record where its colleagues read them. Reviews are handed in with all rights."""

from odoo import fields
from odoo.models import BaseModel

from ..tools.trust import own
from .values import summary


def note_answer(review: BaseModel) -> None:
    """Log the answer of `review` on its record."""
    review.ensure_one()
    decisions = dict(review._fields["decision"]._description_selection(review.env))
    body = review.env._(
        "%(deployment)s – review by %(person)s: %(decision)s. %(note)s",
        deployment=review.deployment_id.name,
        person=review.decided_by_id.name,
        decision=summary(review, review.right_values) if review.right_values else decisions[review.decision],
        note=": ".join(text for text in (review.answer_id.name, review.note) if text),
    )
    _log(review, body, review.decided_by_id)


def note_taken_back(review: BaseModel, note: str) -> None:
    """Log on the record that the current user took the answer of `review` back."""
    user = review.env.user
    body = review.env._(
        "%(deployment)s – %(person)s withdrew the answer of %(date)s; the review is open again. %(note)s",
        deployment=review.deployment_id.name,
        person=user.name,
        date=fields.Date.to_string(review.decided_date),
        note=note,
    )
    _log(review, body, user)


def _log(review: BaseModel, body: str, author: BaseModel) -> None:
    document = own(review._document())
    if document and hasattr(document, "_message_log"):
        document._message_log(body=body, author_id=author.partner_id.id)
