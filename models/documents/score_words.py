"""The score of a record in the words of who works with it: a chance with its band, or a verdict; and what it means."""

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import format_date

from ..tools.wording import number, percent
from .score_validity import CHANGED, EXPIRED


def score_text(documents: BaseModel, value: float, standing: str, band: str) -> str:
    """Return the score in two words, such as "63 % · Warm", "94 % · expired" or "Unusual".

    :param band: of `score_validity`, of the figure itself, whether it still holds or not
    """
    env = documents.env
    label = _band_names(documents)[band]
    figure = _percent(env, value) if documents._ai_shows_chance else label
    if standing == EXPIRED:
        return env._("%s · expired", figure)
    if standing == CHANGED:
        return env._("%s · changed since this score", figure)
    return f"{figure} · {label}" if documents._ai_shows_chance else figure


def help_text(record: BaseModel, score: BaseModel, standing: str) -> str:
    """Return what the score of `record` means, what it rests on and whether it still holds, in sentences.

    :param score: record of ai.deployment.score, with all rights
    """
    env, days = record.env, score.deployment_id.horizon_days
    when = format_date(env, score.date)
    if standing == EXPIRED and score.deployment_id.landmarks:
        return env._(
            "Scored on %(date)s at %(figure)s. This chance is about the %(days)s days after that, which are over: it "
            "no longer holds.",
            date=when,
            figure=_percent(env, score.predicted_value),
            days=days,
        )
    if standing == EXPIRED:
        return env._(
            "Scored on %(date)s at %(figure)s. This chance is about the first %(days)s days, which are over: it no "
            "longer holds.",
            date=when,
            figure=_percent(env, score.predicted_value),
            days=days,
        )
    if standing == CHANGED and not score.is_changed:
        return env._(
            "Scored on %s. Since then days that count have passed, or a meeting has begun: it is scored again when "
            "opened, or at night.",
            when,
        )
    if standing == CHANGED:
        return env._(
            "Scored on %s. An input has been changed since: it is scored again when opened, or at night.", when
        )
    texts = [record._ai_score_meaning(score)]
    similar = score.version_id._similar_count(score.codes) if record._ai_shows_chance else None
    if similar is not None:
        texts.append(similar_text(env, similar))
    texts.append(env._("Scored on %s.", when))
    return " ".join(texts)


def similar_text(env: Environment, similar: int) -> str:
    """Return how many similar cases a score rests on, in a sentence."""
    if similar == 1:
        return env._("It rests on 1 similar case.")
    return env._("It rests on %s similar cases.", number(env, similar))


def _percent(env: Environment, value: float) -> str:
    """Return a whole percentage; a list shows the same few again and again, and writing one takes time."""
    known = env.cr.cache.setdefault("ai_deployment_percent", {})
    key = (env.lang, round(100 * value))
    if key not in known:
        known[key] = percent(env, value)
    return known[key]


def _band_names(documents: BaseModel) -> dict[str, str]:
    known = documents.env.cr.cache.setdefault("ai_deployment_bands", {})
    key = (documents._name, documents.env.lang)
    if key not in known:
        known[key] = documents._ai_band_names()
    return known[key]
