"""Wording of the review reason, with the figures at the time of opening.

The figures are stored with the review: thresholds are moved and amounts are changed, and the sentence still has to be
true. The sentences of a list are made in sets, one query per kind of thing they speak of. What they tell of the record
itself is told only to those who may know it: sensitive inputs are masked here as everywhere.
"""

from collections.abc import Callable

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools.misc import formatLang

from ...ml import routing
from ..scoring.failure_words import failure_words
from ..tools.wording import percent

Texts = dict[BaseModel, str]
ALMOST_ALL = 0.999  # of earlier records: more than that is not told apart
MOST = 0.99  # above, a whole percentage might read as all


def why_texts(reviews: BaseModel) -> dict[int, str]:
    """Return why each review is here: {review id: sentence}, where the document model exists.

    Where there is nothing to say beyond the reason, and where the score is hidden, it is the reason's own name.

    :param reviews: ai.deployment.review with the rights of the user
    """
    texts = {}
    labels = dict(reviews._fields["reason"]._description_selection(reviews.env))
    for (reason, res_model), alike in reviews.grouped(lambda review: (review.reason, review.res_model)).items():
        if res_model in reviews.env:
            sentences = SENTENCES[reason](alike) if reason in SENTENCES else {}
            for review in alike:  # the figures would tell what the score says
                texts[review.id] = (not review.hides_score and sentences.get(review)) or labels.get(reason, "")
    return texts


# One function per reason, from reviews of one document model to {review: sentence}


def _failed(reviews: BaseModel) -> Texts:
    env = reviews.env
    texts = {}
    for review, line in _with_lines(reviews):
        names = line.version_id._input_names()
        why = failure_words(env, review.failure_type, line.failure_message or "", names).sentence
        is_task = review.sudo().deployment_id.is_task
        texts[review] = env._("No usable answer: %s", why) if is_task else env._("Could not be scored: %s", why)
    return texts


def _low_confidence(reviews: BaseModel) -> Texts:
    env, texts = reviews.env, {}
    for review in reviews:
        sure, line = _apart(env, review.confidence, review.threshold)
        texts[review] = (
            env._("The confidence is %(sure)s; records below %(line)s are reviewed.", sure=sure, line=line)
            if review.threshold > review.confidence
            else env._("The confidence is %s; all such answers are reviewed.", sure)
        )
    return texts


def _flagged(reviews: BaseModel) -> Texts:
    env, texts = reviews.env, {}
    for review in reviews:
        is_rank = review.version_id.sudo().kind == "anomaly"  # else reviewers taught it, and the score is a chance
        value = min(review.predicted_value, ALMOST_ALL) if is_rank else review.predicted_value
        share, line = _apart(env, value, review.threshold)
        if value > MOST:
            share = percent(env, value, 1)
        if is_rank and 0 < review.threshold <= value:
            texts[review] = env._(
                "More unusual than %(share)s of earlier ones; from %(line)s on they are reviewed.",
                share=share,
                line=line,
            )
        elif is_rank:
            texts[review] = env._("More unusual than %s of earlier ones.", share)
        else:
            texts[review] = env._("Likely to be judged unusual: %s.", share)
    return texts


def _out_of_support(reviews: BaseModel) -> Texts:
    return {
        review: " ".join(f"{text}." for text in review.version_id.sudo()._support_texts(line.codes))
        for review, line in _with_lines(reviews)
    }


def _amount(reviews: BaseModel) -> Texts:
    env, texts, hidden = reviews.env, {}, _masked(reviews, routing.AMOUNT)
    for review in reviews:
        known = review.sudo()
        currency, amount = known.company_id.currency_id, known.amount
        if review in hidden or not amount:
            continue
        texts[review] = env._(
            "%(amount)s are at stake; amounts from %(line)s on are reviewed.",
            amount=formatLang(env, amount, currency_obj=currency),
            line=formatLang(env, review.threshold, currency_obj=currency),
        )
    return texts


def _new_vendor(reviews: BaseModel) -> Texts:
    env, shown = reviews.env, reviews - _masked(reviews, routing.NEW_VENDOR)
    documents = env[reviews[:1].res_model].browse(shown.mapped("res_id")).exists()._filtered_access("read")
    name = documents._ai_told_by_reasons().get(routing.NEW_VENDOR, [None])[0]
    if not name:
        return {}
    known = documents.sudo()
    partners = known[name].with_env(env)._filtered_access("read")
    names = {document.id: document[name].display_name for document in known if document[name].id in set(partners.ids)}
    return {review: env._("First bill of %s.", names[review.res_id]) for review in shown if review.res_id in names}


def _disagreement(reviews: BaseModel) -> Texts:
    env, texts = reviews.env, {}
    for review, line in _with_lines(reviews):
        if not line:
            continue
        score = percent(env, review.predicted_value)
        if review.deployment_id.sudo().method != "anomaly":
            odoo = percent(env, line.incumbent_value)
            texts[review] = env._("Odoo says %(odoo)s, the score %(score)s.", odoo=odoo, score=score)
        elif review.prediction:
            texts[review] = env._("The score says %(score)s, Odoo does not warn.", score=score)
        else:
            texts[review] = env._("Odoo warns, the score says %(score)s.", score=score)
    return texts


def _audit(reviews: BaseModel) -> Texts:
    env = reviews.env
    return {
        review: env._(
            "Chosen at random for a check, like %s of such records.", percent(env, line.audit_chance, 1, trimmed=True)
        )
        for review, line in _with_lines(reviews)
        if line.audit_chance
    }


SENTENCES: dict[str, Callable[[BaseModel], Texts]] = {
    "failed": _failed,
    "low_confidence": _low_confidence,
    "flagged": _flagged,
    "out_of_support": _out_of_support,
    "amount": _amount,
    "new_vendor": _new_vendor,
    "disagreement": _disagreement,
    "audit": _audit,
}


def _with_lines(reviews: BaseModel) -> list[tuple[BaseModel, BaseModel]]:
    """Return each review with its line of the log, with all rights: read for all of them at once."""
    return [(review, known.inference_id) for review, known in zip(reviews, reviews.sudo(), strict=True)]


def _masked(reviews: BaseModel, reason: str) -> BaseModel:
    """Return those of these reviews of one document model whose `reason` may not be told to the user in figures."""
    env = reviews.env
    masks_all, sees_sensitive = env["ai.deployment.inference"]._masking()
    if masks_all or sees_sensitive:
        return reviews if masks_all else reviews.browse()
    told = set(env[reviews[:1].res_model]._ai_told_by_reasons().get(reason, ()))
    masked: list[int] = []
    for version, alike in reviews.sudo().grouped("version_id").items():
        specs = version._specs() if version else {}
        paths = {
            path.split(".")[0]
            for key in (version._sensitive_keys() if version else ())
            if key in specs
            for path in (specs[key].get("path"), specs[key].get("value_path"), *specs[key].get("group_paths", ()))
            if path
        }
        if told & paths:
            masked += alike.ids
    return reviews.browse(masked)


def _apart(env: Environment, one: float, other: float) -> tuple[str, str]:
    """Return two shares as people read them, with a digit more where they would read the same."""
    if percent(env, one) != percent(env, other) or one == other:
        return percent(env, one), percent(env, other)
    return percent(env, one, 1), percent(env, other, 1)
