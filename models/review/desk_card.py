"""The case that the desk shows of one review: the record's essentials, the score with its reasons, the answers."""

from typing import Literal

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL, format_date, format_datetime

from ..documents.completion import missing_inputs
from ..documents.score_validity import CHANGED, EXPIRED, HIGH, LOW, MIDDLE, standings
from ..documents.score_words import similar_text
from ..scoring.failure_words import failure_words
from ..tools import clock
from ..tools.wording import percent, signed
from .follow_ups import latest_inference
from .similar_cases import SimilarCases
from .values import VALUED, is_task, shown_document, shown_values
from .vocabulary import ANY

MOST_REASONS = 5  # inputs that a case shows as its reasons


class DeskCards:
    """Makes the cards of one call, each for a review of which it is known that the user may read its record."""

    def __init__(self, env: Environment):
        self.env = env
        self._similar = SimilarCases()

    def card(self, review: BaseModel) -> dict:
        """Return all that the page shows of one review, with the rights of the user."""
        review.ensure_one()
        known = review.sudo()
        document = self.env[known.res_model].browse(known.res_id)
        blind, failure, task = known.hides_score, failure_of(review), is_task(review)
        return {
            "id": review.id,
            "name": document.display_name,
            "kind": self.env["ir.model"]._get(document._name).sudo().name,
            "url": f"/odoo/{document._name}/{document.id}",
            "deployment": known.deployment_id.name,
            "is_mine": known.reviewer_id == self.env.user,
            "reviewer": known.reviewer_id.name or "",
            "due": format_datetime(self.env, known.deadline, dt_format="short") if known.deadline else "",
            "is_overdue": bool(known.deadline and known.deadline < clock.now()),
            "why": self.env._("Enter your answer; the score is shown afterwards.") if blind else review.why_text,
            "essentials": document._ai_essentials(),
            "is_blind": blind,
            "failure": failure,
            "score": False if blind or failure or task else _score(review),
            "stale": "" if blind or failure or task else _stale_text(known),
            "values": shown_values(review) if task else [],
            "document": shown_document(review) if task else False,
            **({"reasons": [], "remarks": []} if blind or failure or task else self._reasons(known, document)),
            "similar": [] if failure else self._similar_cases(review),
            "answers": [] if failure else _reasons_to_give(known.deployment_id, blind),
            "can_complete": bool(failure and missing_fields(review)),
            "buttons": self._value_buttons(failure) if task else self._buttons(known, document, blind, failure),
        }

    def _reasons(self, known: BaseModel, document: BaseModel) -> dict:
        """Return the inputs with the most points, and what makes the score a guess.

        `reasons`: [{"name", "value", "points", "text", "width"}], `remarks`: sentences.

        :param known: the review, with all rights
        :param document: its record, with the rights of the user
        """
        inference = known.inference_id
        version = inference.version_id
        masks_all, sees_sensitive = inference._masking()
        hidden = inference._keys_hidden_on_records().get(inference.id, frozenset())
        reasons = version._reasons(
            inference.codes,
            masks_all=masks_all,
            sees_sensitive=sees_sensitive,
            hidden=hidden,
            top=MOST_REASONS,
            inputs=inference.inputs,
            document=document,
        )
        told = [*version._interval_texts(inference.codes), *version._support_texts(inference.codes)]
        remarks = list(told)
        if reasons and not version._card().exact_reasons:
            remarks.append(self.env._("These reasons are approximate."))
        strongest = max((abs(points) for _name, _value, points in reasons), default=0.0) or 1.0
        return {
            "reasons": [
                {
                    "name": name,
                    "value": value,
                    "points": points,
                    "text": signed(self.env, points),
                    "width": max(round(100 * abs(points) / strongest), 2),
                }
                for name, value, points in reasons
            ],
            "remarks": remarks,
        }

    def _similar_cases(self, review: BaseModel) -> list[dict]:
        return [
            {
                "id": case.res_id,
                "name": case.name,
                "url": f"/odoo/{review.sudo().res_model}/{case.res_id}",
                "share": percent(self.env, case.share),
                "ending": case.ending,
                "is_positive": case.is_positive,
            }
            for case in self._similar.find(review)
        ]

    def _value_buttons(self, failure: dict | bool) -> list[dict]:
        """Return the answers to a case about values; see `_buttons`."""
        save = _button(VALUED, "r", self.env._("Save Values") if failure else self.env._("Confirm"), style="primary")
        if failure:
            again = _button("rescored", "a", self.env._("Ask Again"))
            return [save, again, _button("unsure", "c", self.env._("Close"))]
        return [save, _button("unsure", "c", self.env._("Cannot Tell"))]

    def _buttons(self, known: BaseModel, document: BaseModel, blind: bool, failure: dict | bool) -> list[dict]:
        """Return the answers, each with its key: [{"decision", "key", "label", "hint", "style", "confirm"}].

        `confirm` is a question to be asked first, where the answer lets money go.
        """
        words, effects = document._ai_words(), {} if failure else document._ai_answer_effects()

        if failure:
            return [
                _button("rescored", "a", self.env._("Score Again"), style="primary"),
                _button("unsure", "c", self.env._("Close")),
            ]
        unsure = _button("unsure", "c", self.env._("Cannot Tell"))
        if blind:
            return [
                _button("positive", "y", style="primary", **effects.get("positive", {"label": words["positive"]})),
                _button("negative", "n", style="primary", **effects.get("negative", {"label": words["negative"]})),
                unsure,
            ]
        says, other = ("positive", "negative") if known.prediction else ("negative", "positive")
        if effects:  # what happens to the record is said, whichever side the score was on
            return [
                _button("confirmed", "r", style="primary", **effects[says]),
                _button("overridden", "w", style="primary", **effects[other]),
                unsure,
            ]
        return [
            _button("confirmed", "r", self.env._("Right"), words[says], "primary"),
            _button("overridden", "w", self.env._("Wrong"), words[other], "primary"),
            unsure,
        ]


def _button(
    decision: str, key: str, label: str, hint: str = "", style: str = "secondary", confirm: str = ""
) -> dict[str, str]:
    return {"decision": decision, "key": key, "label": label, "hint": hint, "style": style, "confirm": confirm}


def missing_fields(review: BaseModel) -> list[str]:
    """Return the fields that the user may fill in for the record of `review` to be scored; none without the right."""
    known = review.sudo()
    document, version = review._document(), known.deployment_id.champion_id
    if not known.failure_type or not version or not document.has_access("write"):
        return []
    return list(missing_inputs(document, version._specs()))


def failure_of(review: BaseModel) -> dict | Literal[False]:
    """Return why there is no score, see `latest_failure`; False where the review is about a score."""
    return latest_failure(review) if review.sudo().failure_type else False


def latest_failure(review: BaseModel) -> dict:
    """Return why the latest attempt gave no score: {"type", "message", "sentence", "inputs"}."""
    known = review.sudo()
    latest = latest_inference(known)
    latest = latest if latest.failure_type else known.inference_id
    kind, names = latest.failure_type or known.failure_type, latest.version_id._input_names()
    words = failure_words(review.env, kind, latest.failure_message or "", names)
    return {
        "type": words.label,
        "message": " ".join(filter(None, (words.told, words.detail))),
        "sentence": words.sentence,
        "inputs": (latest.inputs_text or "").splitlines(),
    }


def score_text(review: BaseModel) -> str:
    """Return the score and what it says, as "63.5 % – Will be won"; of a score that is no chance, its band."""
    known = review.sudo()
    documents = review.env[known.res_model]
    if not documents._ai_shows_chance:
        band = HIGH if known.predicted_value >= known.deployment_id.band_high else MIDDLE
        return documents._ai_band_names()[band if known.prediction else LOW]
    words = review.env[known.res_model]._ai_words()
    says = words["positive" if known.prediction else "negative"]
    return f"{percent(review.env, known.predicted_value, 1)} – {says}"


def _score(review: BaseModel) -> dict:
    known, env = review.sudo(), review.env
    documents = env[known.res_model]
    similar = known.version_id._similar_count(known.inference_id.codes) if documents._ai_shows_chance else None
    # No opinion is stored as nothing, which a number field reads as zero.
    rows = env.execute_query(
        SQL("SELECT incumbent_value FROM ai_deployment_inference WHERE id = %s", known.inference_id.id)
    )
    opinion = next((opinion for (opinion,) in rows), None)
    return {
        "text": score_text(review),
        "value": known.predicted_value,
        "similar": "" if similar is None else similar_text(env, similar),
        "odoo": "" if opinion is None else env[known.res_model]._ai_incumbent_text(opinion),
    }


def _stale_text(known: BaseModel) -> str:
    """Return that the score of a review (in sudo) is no longer that of its record; "" where it is."""
    env, inference = known.env, known.inference_id
    when, document = format_date(env, inference.date), env[known.res_model].browse(known.res_id)
    standing = standings(document, known.deployment_id, document.ids).get(document.id)
    if standing == CHANGED:
        return env._("This is the score of %s. What it rests on has changed since.", when)
    if standing == EXPIRED:
        return env._("This is the score of %s. The days that it is about are over.", when)
    current = env["ai.deployment.score"].search(
        [("deployment_id", "=", known.deployment_id.id), ("res_id", "=", document.id)], limit=1
    )
    if current.state != "scored" or current.codes == inference.codes:
        return ""
    return env._(
        "This is the score of %(date)s. By now it is %(score)s.",
        date=when,
        score=percent(env, current.predicted_value, 1),
    )


def _reasons_to_give(deployment: BaseModel, blind: bool) -> list[dict]:
    """Return the reasons that may be given with an answer: [{"id", "name", "decision", "asks_text"}].

    One for "right" or "wrong" alone would tell what the score says where that is hidden.
    """
    return [
        {
            "id": answer.id,
            "name": answer.name,
            "decision": "" if answer.decision == ANY else answer.decision,
            "asks_text": answer.asks_text,
        }
        for answer in deployment.answer_ids
        if not blind or answer.decision in (ANY, "unsure")
    ]
