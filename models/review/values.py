"""Values that a reviewer confirms or corrects: what the desk shows of them, and what an answer says.

Whoever answers says what each value is; whether the proposed ones were right follows from that, so that nobody is
asked for a verdict on top.
"""

from typing import Any

from odoo.exceptions import UserError
from odoo.models import BaseModel

from ...ml.errors import ValueProblem
from ..documents.document_text import document_of, text_of_attachment
from ..proposals.declared import allowed_domain, allowed_records
from ..proposals.labels import proposals_of
from ..proposals.values import Resolver, of_record, text_of
from ..tools.wording import labelled, percent

VALUED = "valued"  # the decision of the desk: the values say whether it is confirmed
LONGEST_SHOWN = 5000  # characters of an attachment beside a review
MOST_FOUND = 8  # records that a search for a value offers
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def is_task(review: BaseModel) -> bool:
    """Return whether a review is about values, not about a score."""
    return review.sudo().deployment_id.is_task


def asked_fields(review: BaseModel) -> list[BaseModel]:
    """Return the answer fields that a review is about: those of its version that the deployment still has; in sudo.

    Fields that were deleted since, and those that the user may not read on the record, are left out.
    """
    known, documents = review.sudo(), review.env[review.sudo().res_model]
    answers = {
        answer.key: answer
        for answer in known.deployment_id.answer_field_ids
        if answer.ttype and documents._has_field_access(documents._fields[answer.key], "read")
    }
    asked = known.version_id._answer_fields() if known.version_id else ()
    return [answers[each.key] for each in asked if each.key in answers]


def judged(review: BaseModel, decision: str, values: Any) -> tuple[str, dict[str, str]]:
    """Return the decision and the right values that an answer to a review about values comes to.

    :param values: {key: value as it is stored}, as a browser told them; None where nobody looked at them one by one
    :raise UserError: where a value is missing or cannot be one
    """
    env, known = review.env, review.sudo()
    asked = asked_fields(review)
    if not asked:
        raise UserError(env._("None of these values can be answered by you: its field is gone, or hidden from you."))
    keys = {answer.key for answer in asked}
    proposed = {one.key: one for one in proposals_of(known.inference_id) if one.key in keys}
    if values is None:
        if decision != "confirmed" or known.failure_type or known.hides_score:
            raise UserError(env._("Answer this review at the review desk: the right values are needed."))
        return decision, {key: one.value or "" for key, one in proposed.items()}
    resolver, right = Resolver(known.deployment_id), {}
    for answer in asked:
        value = values.get(answer.key) if isinstance(values, dict) else None
        if not isinstance(value, str):
            raise UserError(env._("“%s” is missing.", answer.name))
        try:
            right[answer.key] = resolver.entered(answer, value, known.company_id.id)
        except ValueProblem as error:
            raise UserError(str(error)) from error
    same = all(
        key in proposed and not proposed[key].failure_type and (proposed[key].value or "") == value
        for key, value in right.items()
    )
    return "confirmed" if same and not known.failure_type else "overridden", right


def summary(review: BaseModel, values: dict[str, str]) -> str:
    """Return what an answer said of the values, as people read it: those that were corrected, or that all are right."""
    document = review.sudo()._document().with_env(review.env)
    names = {answer.key: answer.name for answer in asked_fields(review)}
    proposed = {one.key: one for one in proposals_of(review.sudo().inference_id)}
    changed = []
    for key, value in values.items():
        before = proposed[key].value if key in proposed else None
        if key in proposed and not proposed[key].failure_type and (before or "") == value:
            continue
        changed.append(labelled(review.env, names.get(key, key), text_of(document, key, value) or "–"))
    return ", ".join(changed) or review.env._("All values right")


def written_text(review: BaseModel) -> str:
    """Return what an answer wrote on the record, or why it could not; empty where nothing was to be written."""
    env, judged_values = review.env, proposals_of(review.sudo().inference_id)
    left = judged_values.filtered(lambda one: one.left_reason and not one.written_date)
    if any(one.written_date and one.review_id.id == review.id for one in judged_values):
        return env._("Written on the record.")
    return env._("Not written: %s", left[0].left_reason) if left and left[0].review_id.id == review.id else ""


def proposed_text(review: BaseModel) -> str:
    """Return the proposed values of a review in one line, as the user may read them."""
    document = review.sudo()._document().with_env(review.env)
    names = {answer.key: answer.name for answer in asked_fields(review)}
    values = ((one.key, text_of(document, one.key, one.value)) for one in proposals_of(review.sudo().inference_id))
    return ", ".join(labelled(review.env, names.get(key, key), text or "–") for key, text in values)


# At the desk


def shown_values(review: BaseModel) -> list[dict[str, Any]]:
    """Return the fields of a case with what is proposed, as the user may read it; nothing of it where it is hidden."""
    env, known, document = review.env, review.sudo(), review._document()
    proposed = {} if known.hides_score else {one.key: one for one in proposals_of(known.inference_id)}
    contract = {each.key: each for each in known.version_id._answer_fields()}
    shown, is_unsure = [], known.reason == "low_confidence"
    for answer in asked_fields(review):
        one, told = proposed.get(answer.key), contract[answer.key]
        kind = "choice" if told.choices else told.kind
        value = (one and one.value) or ""
        if value and answer.ttype == "monetary":
            value = f"{float(value):.2f}"  # as it stands on a document; entered, it is the same number
        shown.append(
            {
                "key": answer.key,
                "label": answer.name,
                "kind": kind,
                "value": value,
                "text": text_of(document, answer.key, value),
                "confidence": percent(env, one.confidence) if one and value else "",
                "is_unsure": bool(is_unsure and one and one.confidence <= known.confidence + 1e-6),
                "said": (one and one.failure_type and one.said) or "",
                "problem": _problem(review, one),
                "current": text_of(document, answer.key, of_record(document.sudo(), answer.key)) if document else "",
                "options": _options(document, answer.key, told.choices) if kind == "choice" else [],
                "required": answer.required,
            }
        )
    return shown


def _problem(review: BaseModel, proposal: BaseModel | None) -> str:
    if not proposal or not proposal.failure_type:
        return ""
    return dict(proposal._fields["failure_type"]._description_selection(review.env)).get(proposal.failure_type, "")


def _options(document: BaseModel, key: str, choices: dict[str, str]) -> list[dict[str, str]]:
    found = [{"value": stored, "text": text_of(document, key, stored)} for stored in choices.values()]
    return sorted((one for one in found if one["text"]), key=lambda one: one["text"].lower())


def found_values(review: BaseModel, key: Any, text: Any) -> list[dict[str, str]]:
    """Return the records that can be chosen as the value of a field and have `text` in their name, for the user."""
    answer = next((one for one in asked_fields(review) if one.key == key and one.ttype == "many2one"), None)
    if answer is None or not isinstance(text, str):
        return []
    company = review.sudo().company_id
    records = allowed_records(answer, company).with_env(review.env)
    found = records.name_search(text[:100], list(allowed_domain(answer, company)), "ilike", MOST_FOUND)
    return [{"value": str(res_id), "text": name} for res_id, name in found]


def shown_document(review: BaseModel) -> dict[str, str] | bool:
    """Return the document of a case as the desk shows it beside the values; False where the user sees none."""
    document = review._document()
    attachment = document_of(document) if document else None
    if not attachment or not attachment.has_access("read"):
        return False
    kind, url = attachment.mimetype or "", f"/web/content/{attachment.id}"
    if kind == "application/pdf":
        shown = {"kind": "pdf", "src": f"/web/static/lib/pdfjs/web/viewer.html?file={url}#pagemode=none"}
    elif kind in IMAGES:
        shown = {"kind": "image", "src": f"/web/image/{attachment.id}"}
    else:
        shown = {"kind": "text", "text": text_of_attachment(attachment)[:LONGEST_SHOWN]}
    return {"name": attachment.name or "", "url": f"{url}?download=true", **shown}
