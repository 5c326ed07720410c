"""Questions about a version that its owner answers in writing before it goes live or replaces another one.

They are found at training and stored on the version, which never changes: {"code", "key", "reason"} of an input that
may come with the outcome, {"code", "auc", "key", "share"} of a card that is too good. An answer is a record of its own
(`ai.deployment.version.answer`). It also holds for later versions: about an input for each version that reads it, about
the card for those that read no other inputs.
"""

from typing import Any

import numpy as np

from odoo.exceptions import UserError
from odoo.models import BaseModel

from ...ml import leaks
from ...ml.columns import Column
from ..tools.wording import number, percent
from .table import independent
from .version_test import test_rows

INPUT, CARD = "input", "card"


def questions(
    deployment: BaseModel,
    used: BaseModel,
    tested: Any,
    ids: list[int],
    columns: dict[str, Column],
    labels: np.ndarray,
) -> dict:
    """Return what a new version keeps: its questions, and the inputs that could not be judged.

    :param used: ai.deployment.feature, the inputs that the version may read
    :param tested: the training that was tested
    :param labels: bool, shape (rows,)
    """
    if deployment.method != "scorecard":
        return {"questions": [], "not_judged": []}
    keys = {name for name, _places in tested.card.inputs}
    read = used.filtered(lambda feature: feature.key in keys)
    asked = [
        {"code": INPUT, "key": feature.key, "reason": feature.leak_reason}
        for feature in read
        if feature.leak_verdict == leaks.ASK
    ]
    is_out_of_fold = tested.out_of_fold is not None  # else the card would be judged on rows that it has seen
    tests = independent(ids) if is_out_of_fold else test_rows(ids)
    scored = tested.card.score({key: column.take(tests) for key, column in columns.items()})
    values = tested.out_of_fold[tests] if is_out_of_fold else scored.values
    good = ~np.isnan(values) & ~np.isnan(scored.values)
    shares = {name: scored.contributions[good][:, list(places)].sum(axis=1) for name, places in tested.card.inputs}
    found = leaks.too_good(np.asarray(labels)[tests][good], values[good], shares)
    if found and not {found.name} & {question["key"] for question in asked}:
        asked.append({"code": CARD, "auc": found.auc, "key": found.name, "share": found.share})
    not_judged = read.filtered(lambda feature: feature.leak_verdict == leaks.CANNOT_JUDGE)
    return {"questions": asked, "not_judged": not_judged.mapped("key")}


def open_questions(version: BaseModel) -> list[dict]:
    """Return the questions of `version` that nobody has answered.

    :param version: ai.deployment.version with all rights
    """
    if not version.questions:
        return []
    deployment = version.deployment_id
    answers = version.env["ai.deployment.version.answer"].search([("deployment_id", "=", deployment.id)])
    explained = {feature.key for feature in deployment.feature_ids if (feature.leak_override or "").strip()}
    explained |= {question["key"] for answer in answers for question in answer.questions if question["code"] == INPUT}
    keys = set(version._specs())
    card = any(
        keys <= set(answer.version_id._specs()) and any(question["code"] == CARD for question in answer.questions)
        for answer in answers
    )
    return [
        question
        for question in version.questions
        if not (question["key"] in explained if question["code"] == INPUT else card or question["key"] in explained)
    ]


def question_texts(version: BaseModel, asked: list[dict]) -> list[str]:
    """Return one sentence for each of the questions `asked` about `version`, in the language of the reader.

    :param version: ai.deployment.version with all rights
    """
    env, specs = version.env, version._specs()
    reasons = dict(env["ai.deployment.feature"]._fields["leak_reason"]._description_selection(env))
    texts = []
    for question in asked:
        name = specs.get(question["key"], {}).get("name", question["key"])
        if question["code"] == INPUT:
            texts.append(env._("“%(input)s”: %(finding)s", input=name, finding=reasons.get(question["reason"], "")))
        elif question["key"]:
            texts.append(
                env._(
                    "“%(input)s” gives %(share)s of what the AUC of %(auc)s adds to chance: is it really "
                    "known in time?",
                    input=name,
                    share=percent(env, question["share"]),
                    auc=number(env, question["auc"], 3),
                )
            )
        else:
            texts.append(
                env._(
                    "An AUC of %s on later records is better than inputs known in time usually allow: "
                    "which input comes with the outcome?",
                    number(env, question["auc"], 3),
                )
            )
    return texts


def missing_answers(version: BaseModel) -> str:
    """Return the sentence that says what the owner has to answer about `version`; empty where nothing is open.

    :param version: ai.deployment.version with all rights
    """
    texts = question_texts(version, open_questions(version))
    if not texts:
        return ""
    return version.env._(
        "answer in writing on %(version)s why its inputs are known in time. %(question)s",
        version=version.name,
        question=" ".join(texts),
    )


def answer(version: BaseModel, reason: str) -> BaseModel:
    """Store why the inputs of `version` are known in time, as a person who answers for it; return the answer.

    The reason is kept on the inputs, too, so that later versions do not ask again.

    :param version: ai.deployment.version with the rights of that person
    """
    env, told = version.env, version.sudo()
    version.deployment_id._check_decides()
    reason = (reason or "").strip()
    if not reason:
        raise UserError(env._("Enter why the value is known when a record is scored."))
    asked = open_questions(told)
    if not asked:
        raise UserError(env._("There is no open question about this version."))
    keys = {question["key"] for question in asked if question["code"] == INPUT}
    named = told.deployment_id.feature_ids.filtered(lambda feature: feature.key in keys)
    named.write({"leak_override": reason})
    return told.env["ai.deployment.version.answer"]._store(told, asked, reason)
