"""Screen content at the time of an answer, stored in `screen_context`, which nobody reads through the ORM:

    {"screen": {...}, "version": id, "inference": id, "reason": …, "blind": bool}

`screen` comes from the browser and is untrusted; the server adds the rest. The values of the record are not copied:
they are in the line of the log, are masked there, and go when the log's time is over.
"""

import json
from collections.abc import Iterator
from typing import Any

from odoo.api import Environment
from odoo.exceptions import UserError
from odoo.models import BaseModel

from ..scoring.ai_deployment_inference import MASKED

MOST_SEEN = 8000  # characters of JSON from a browser
PLAIN = {"score", "confidence", "incumbent", "reasons", "similar"}  # never an input of the record: shown unmasked


def screen_values(review: BaseModel, seen: Any) -> dict:
    """Return `seen` as it is stored, with what the server knows by itself.

    :param seen: what the browser says was on the screen
    :raises UserError: where that is no small dictionary of plain JSON
    """
    known = review.sudo()
    return {
        "screen": _checked(review.env, seen),
        "version": known.version_id.id,
        "inference": known.inference_id.id,
        "reason": known.reason,
        "blind": known.hides_score,
    }


def _checked(env: Environment, seen: Any) -> dict:
    if not seen:
        return {}
    try:
        text = json.dumps(seen, allow_nan=False, ensure_ascii=False)
        text.encode()  # half a character is none for the database
    except (TypeError, ValueError, RecursionError):
        text = None
    if not isinstance(seen, dict) or text is None or len(text) > MOST_SEEN or "\\u0000" in text:
        raise UserError(env._("The screen content cannot be stored: reload the page."))
    return json.loads(text)  # keys as the database will have them


def screen_lines(review: BaseModel) -> Iterator[str]:
    """Yield what was seen, line by line, with the inputs masked for the current user.

    :param review: one review, with all rights
    """
    env = review.env
    masks_all, sees_sensitive = env["ai.deployment.inference"]._masking()
    hides, seen = masks_all or not sees_sensitive, review.screen_context
    yield env._("Score hidden until answered") if seen.get("blind") else env._("Score shown")
    if seen.get("version"):
        version = env["ai.deployment.version"].browse(seen["version"]).exists()
        yield env._("Version: %s", version.display_name or seen["version"])
    if seen.get("inference"):
        yield env._("Log line: %s", seen["inference"])
    labels = {
        "score": env._("Score"),
        "confidence": env._("Confidence"),
        "why": env._("Review reason"),
        "reasons": env._("Reasons"),
        "incumbent": env._("Odoo says"),
        "similar": env._("Similar cases"),
    }
    for key, value in (seen.get("screen") or {}).items():
        plain = key in PLAIN and _is_plain(value)
        shown = value if plain or isinstance(value, bool) or not hides else MASKED
        yield f"{labels.get(key) or (MASKED if hides else key)}: {_value_text(env, shown)}"
    if review.inference_id.inputs_text:
        yield env._("Input values:")
        yield review.inference_id.inputs_text


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float) or (
        isinstance(value, list) and all(isinstance(item, int) for item in value)
    )


def _value_text(env: Environment, value: Any) -> str:
    if isinstance(value, bool):
        return env._("shown") if value else env._("not shown")
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "–"
    return value if isinstance(value, str) else json.dumps(value)
