"""Wording of the owner's routing settings and their effect on reviews."""

from collections.abc import Callable, Iterator

from odoo.models import BaseModel

from ...ml import routing
from ...ml.errors import CostError
from .cost_words import line_text
from .costs import SIDES, RoutingCosts
from .thresholds import tested_curves, tested_version


def routing_text(deployment: BaseModel) -> str | bool:
    """Return what the thresholds of a deployment mean, in the reader's language; False where that is not known."""
    if deployment.res_model not in deployment.env or deployment.method == "anomaly" and deployment.routing != "cost":
        return False
    return TEXTS[deployment.routing](deployment)


def _proof_text(deployment: BaseModel) -> str:
    return "\n".join(_side_texts(deployment))


def _side_texts(deployment: BaseModel) -> Iterator[str]:
    lines, words = deployment.routing_thresholds or {}, deployment.env[deployment.res_model]._ai_words()
    champion = tested_version(deployment)
    if deployment.is_task:
        words = {
            **words,
            "positive": deployment.env._("All values right"),
            "negative": deployment.env._("A value wrong"),
        }
    if not tested_curves(deployment):
        if champion.verdict_text and champion.metrics.get("auc") is None:
            yield champion.verdict_text
        yield (
            deployment.env._("All records are reviewed until enough answers show which confidence suffices.")
            if deployment.is_task
            else deployment.env._("All records are reviewed until a version has been tested.")
        )
        return
    is_average = deployment.routing == "risk"
    needed = routing.fewest_cases(deployment.target_error)
    if is_average:
        needed = routing.fewest_for_risk(deployment.target_risk)
    for name in ["positive"] if deployment.is_task else SIDES:
        cases, errors = lines.get("evidence", {}).get(name, [0, 0])
        values = {"answer": words[name], "cases": cases, "errors": errors, "needed": needed}
        if lines.get(name) is not None:
            values["line"] = round(100 * lines[name])
            yield deployment.env._(
                "“%(answer)s” is decided automatically from %(line)s %% confidence on: %(errors)s of "
                "%(cases)s such records were wrong in the test.",
                **values,
            )
        elif cases < needed and is_average:
            yield deployment.env._(
                "“%(answer)s” is always reviewed: the test has %(cases)s such records, the average error rate needs "
                "%(needed)s.",
                **values,
            )
        elif cases < needed:
            yield deployment.env._(
                "“%(answer)s” is always reviewed: the test has %(cases)s such records, the error target needs "
                "%(needed)s.",
                **values,
            )
        else:
            yield deployment.env._(
                "“%(answer)s” is always reviewed: %(errors)s of %(cases)s such records were wrong in the test.",
                **values,
            )


def _line_text(deployment: BaseModel) -> str | bool:
    """Return what the threshold would have meant for the records that tested the version; False without a test."""
    curves = (tested_version(deployment).held_out or {}).get("curves") or {}
    total = sum(curve[-1][1] for curve in curves.values() if curve)
    if not total:
        return False
    settled, wrong = routing.settled_by_line(curves.values(), deployment.min_confidence)
    if not settled:
        return deployment.env._("In the test, no record reached this confidence: all would have been reviewed.")
    return deployment.env._(
        "In the test, %(share)s %% of the records were decided automatically, %(wrong)s %% of these wrongly.",
        share=round(100 * settled / total),
        wrong=round(100 * wrong / settled),
    )


def _capacity_text(deployment: BaseModel) -> str:
    line = (deployment.routing_thresholds or {}).get("positive")
    if line is None:
        return deployment.env._(
            "All records are sent to human review, up to %s a day, in order of lowest confidence.",
            deployment.reviews_per_day,
        )
    return deployment.env._(
        "Below %(line)s %% confidence, up to %(count)s a day.", line=round(100 * line), count=deployment.reviews_per_day
    )


def _cost_text(deployment: BaseModel) -> str:
    """Return the thresholds that cost least, or why there are none; no money, which not everybody may see."""
    found, lines = RoutingCosts(deployment), deployment.routing_thresholds or {}
    words, texts = deployment.env[deployment.res_model]._ai_words(), []
    for name, choice in found.choices.items():
        if not isinstance(choice, CostError):
            line = lines.get("positive" if found.is_anomaly else name)
            text = line_text(deployment, line)
            texts.append(text if found.is_anomaly else f"“{words[name]}”: {text}")
    reasons = [found.why_not(error) for error in found.choices.values() if isinstance(error, CostError)]
    if reasons and not texts:
        texts.append(deployment.env._("Until then, the fixed threshold applies."))
        if found.is_anomaly:
            texts[-1] = deployment.env._("Until then, the flag rate applies.")
        texts.insert(0, reasons[0])
    elif reasons:
        texts += dict.fromkeys(reasons)
    return "\n".join(texts)


TEXTS: dict[str, Callable[[BaseModel], str | bool]] = {
    "threshold": _line_text,
    "error": _proof_text,
    "risk": _proof_text,
    "capacity": _capacity_text,
    "cost": _cost_text,
}
