"""What people said about proposed values: kept with the values themselves, and taken back with the answer."""

from collections.abc import Mapping

from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.models import BaseModel

from ..tools import clock
from .writing import undo, write_value


def proposals_of(inference: BaseModel) -> BaseModel:
    """Return the proposed values of one line of the log, in sudo."""
    proposals = inference.env["ai.deployment.proposal"].sudo()
    return proposals.search(Domain("inference_id", "=", inference.id), order="id") if inference else proposals


def keep_labels(review: BaseModel, values: Mapping[str, str]) -> None:
    """Keep the right value of each field, and write it on the record where the owner wants that.

    A field without a proposal (the model did not answer) gets a row of its own: what is right is known all the same.

    :param review: `ai.deployment.review`, in sudo, whose answer is the label
    :param values: {key: value as it is stored}
    """
    deployment = review.deployment_id
    found = {proposal.key: proposal for proposal in proposals_of(review.inference_id)}
    writing = {answer.key for answer in deployment.answer_field_ids if answer.writing != "never"}
    said = {"review_id": review.id, "judged_by_id": review.decided_by_id.id, "judged_date": clock.now()}
    for key, value in values.items():
        proposal = found.get(key) or _without_answer(review, key)
        is_right = not proposal.failure_type and proposal.confidence is not None and (proposal.value or "") == value
        proposal.write({**said, "label": value, "verdict": "right" if is_right else "wrong"})
        if key in writing and deployment.state == "production":
            write_value(proposal, value, review.decided_by_id, by_person=True)


def _without_answer(review: BaseModel, key: str) -> BaseModel:
    return review.env["ai.deployment.proposal"].create(
        {
            "date": clock.now(),
            "deployment_id": review.deployment_id.id,
            "company_id": review.company_id.id,
            "inference_id": review.inference_id.id,
            "version_id": review.version_id.id,
            "res_model": review.res_model,
            "res_id": review.res_id,
            "key": key,
            "failure_type": review.failure_type or "outside_failure",
        }
    )


def withdraw_labels(review: BaseModel, user: BaseModel | None = None) -> None:
    """Forget what an answer said of the values.

    :param review: `ai.deployment.review`, in sudo
    :param user: who takes the own answer back: what it wrote is undone where nothing else changed it
    """
    judged = review.env["ai.deployment.proposal"].search(Domain("review_id", "in", review.ids))
    for proposal in judged.filtered(lambda one: user and one.written_date and not one.undone_date):
        try:
            undo(proposal.with_user(user))
        except (UserError, AccessError):
            continue  # it stays as somebody has made it since
    judged.write({"verdict": False, "label": False, "review_id": False, "judged_by_id": False, "judged_date": False})
