"""The score of a record in the words of who works with it: a chance with its band, or a verdict; and what it means."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

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


def help_text(record: BaseModel, score: BaseModel) -> str:
    """Return what the score of `record`, which still holds, means and what it rests on, in sentences.

    :param score: record of ai.deployment.score, with all rights
    """
    env, when = record.env, _day(record.env, score.date)
    texts = [record._ai_score_meaning(score)]
    similar = score.version_id._similar_count(score.codes) if record._ai_shows_chance else None
    if similar:
        texts.append(similar_text(env, similar))
    texts.append(env._("Scored on %s.", when))
    return " ".join(texts)


def stale_text(score: Any, deployment: BaseModel, standing: str) -> str:
    """Return why a score no longer holds, in the language of `deployment`.

    :param score: what `score_sql` says of one
    """
    env = deployment.env
    when, figure = _day(env, score.date), _percent(env, score.predicted_value)
    key = (deployment.id, when, figure, standing, score.is_changed)
    return _known(env, "stale", key, lambda: _stale_text(deployment, when, figure, standing, score.is_changed))


def _stale_text(deployment: BaseModel, when: str, figure: str, standing: str, is_changed: bool) -> str:
    env, days = deployment.env, deployment.horizon_days
    if standing == EXPIRED and days == 1:
        return (
            env._(
                "Scored on %(date)s at %(figure)s. This chance is about the day after that, which is over: it no "
                "longer holds.",
                date=when,
                figure=figure,
            )
            if deployment.landmarks
            else env._(
                "Scored on %(date)s at %(figure)s. This chance is about the first day, which is over: it no longer "
                "holds.",
                date=when,
                figure=figure,
            )
        )
    if standing == EXPIRED and deployment.landmarks:
        return env._(
            "Scored on %(date)s at %(figure)s. This chance is about the %(days)s days after that, which are over: it "
            "no longer holds.",
            date=when,
            figure=figure,
            days=days,
        )
    if standing == EXPIRED:
        return env._(
            "Scored on %(date)s at %(figure)s. This chance is about the first %(days)s days, which are over: it no "
            "longer holds.",
            date=when,
            figure=figure,
            days=days,
        )
    if not is_changed:
        return env._(
            "Scored on %s. Since then days that count have passed, or a meeting has begun: it is scored again when "
            "opened, or at night.",
            when,
        )
    return env._("Scored on %s. An input has been changed since: it is scored again when opened, or at night.", when)


def similar_text(env: Environment, similar: int) -> str:
    """Return how many similar cases a score rests on, in a sentence; that it rests on none, its limits say by input."""
    if not similar:
        return ""
    if similar == 1:
        return env._("It rests on 1 similar case.")
    return env._("It rests on %s similar cases.", number(env, similar))


def _day(env: Environment, moment: datetime) -> str:
    """Return the day of a moment, for the reader."""
    key = (env.context.get("tz") or env.user.tz, moment.replace(second=0, microsecond=0))
    return _known(env, "day", key, lambda: format_date(env, moment))


def _percent(env: Environment, value: float) -> str:
    """Return a whole percentage."""
    return _known(env, "percent", round(100 * value), lambda: percent(env, value))


def _band_names(documents: BaseModel) -> dict[str, str]:
    return _known(documents.env, "bands", documents._name, documents._ai_band_names)


def _known(env: Environment, what: str, key: Any, make: Callable) -> Any:
    """Return what `make` says in the reader's language; a list says the same few things again and again."""
    known = env.cr.cache.setdefault(("ai_deployment_words", what, env.lang), {})
    if key not in known:
        known[key] = make()
    return known[key]
