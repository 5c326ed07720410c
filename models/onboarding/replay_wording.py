"""What a replay says: its verdict in a sentence with the reason, and its figures as the reader writes numbers."""

from datetime import date
from typing import Any

from odoo.models import BaseModel
from odoo.tools import format_date

from ...ml import replay as statistics
from ..tools.wording import number, percent

LOOK = "look"
VERDICTS = [
    (statistics.WORTH, "Worth deploying"),
    (statistics.AS_INCUMBENT, "Not worth deploying: no better than Odoo"),
    (statistics.AS_RATE, "Not worth deploying: no better than the base rate"),
    (statistics.TOO_FEW, "Not enough to tell"),
    (LOOK, "Look at the examples"),
]


def shown(replay: BaseModel) -> dict[str, Any]:
    """Return the values of the template `ai_deployment.replay_result`, for the reader of `replay`."""
    env, result = replay.env, {"rows": 0, "months": [], **(replay.result or {})}
    documents = env[replay.sudo().deployment_id.res_model] if replay.deployment_id else None
    values = {
        "verdict": "",
        "is_worth": replay.verdict == statistics.WORTH,
        "is_unusual": result.get("method") == "anomaly",
        "rows": [],
        "figures": [],
        "note": "",
    }
    if replay.state == "failed":
        values["verdict"] = env._("The replay failed: %s", replay.failure_message or "")
    if replay.state != "done" or documents is None:
        return values
    words = documents._ai_words()
    values["verdict"] = _verdict(env, replay.verdict, result, words)
    values["rows"] = _months(documents, result)
    if values["is_unusual"]:
        return values
    values["figures"] = _figures(env, result)
    values["note"] = env._(
        "Each month by a version trained on what was known before it. Inputs are read as they stand today. Odoo's "
        "estimate is computed anew from the leads that had ended before each month; of %(logged)s leads it was logged.",
        logged=number(env, result.get("logged") or 0),
    )
    if result.get("trained", 0) < len(result["months"]):
        values["note"] += " " + env._("Where time was short, a month was judged by the version of the month before.")
    return values


def _verdict(env: Any, verdict: str, result: dict[str, Any], words: dict[str, Any]) -> str:
    count, months = number(env, result["rows"]), len(result["months"])
    if verdict == LOOK:
        return env._(
            "It would have flagged %(flagged)s of %(rows)s %(records)s in %(months)s months. Whether that is worth a "
            "review, the examples tell.",
            flagged=number(env, result["flagged"]),
            rows=count,
            records=words["records"],
            months=months,
        )
    if verdict == statistics.TOO_FEW:
        return env._(
            "Not enough to tell: %(rows)s %(records)s of %(months)s months could be judged. Needed are three months, "
            "%(least)s %(positives)s and as many others.",
            rows=count,
            records=words["records"],
            months=months,
            least=statistics.MIN_TESTED,
            positives=words["positives"],
        )
    if verdict == statistics.AS_RATE:
        return env._(
            "Not worth deploying: on %(rows)s %(records)s its probabilities are no closer to what came than the win "
            "rate of the month before. Better inputs or more records may change that.",
            rows=count,
            records=words["records"],
        )
    if verdict == statistics.AS_INCUMBENT:
        return env._(
            "Not worth deploying: on %(rows)s %(records)s it orders them no better than Odoo's own estimate, which "
            "you have already.",
            rows=count,
            records=words["records"],
        )
    return env._(
        "Worth deploying: on %(rows)s %(records)s of %(months)s months it was closer to what came than the win rate, "
        "and ordered them better than Odoo.",
        rows=count,
        records=words["records"],
        months=months,
    )


def _figures(env: Any, result: dict[str, Any]) -> list[tuple[str, str]]:
    """Return rows of (label, text) about all months together."""

    def interval(found: list[float] | None, is_share: bool = False) -> str:
        if not found:
            return env._("unknown")
        one, low, high = (percent(env, each) if is_share else number(env, each, 3) for each in found)
        return env._("%(one)s (95 %%: %(low)s to %(high)s)", one=one, low=low, high=high)

    def share(found: float | None) -> str:
        return env._("unknown") if found is None else percent(env, found)

    rows = [
        (env._("Order (AUC): ours"), interval(result.get("auc"))),
        (env._("Order (AUC): Odoo"), interval(result.get("incumbent_auc"))),
        (env._("Gain in order over Odoo"), interval(result.get("auc_gain"))),
        (env._("Gain in squared error over the win rate"), interval(result.get("brier_gain"))),
        (
            env._("Wins among the best fifth"),
            env._(
                "ours %(ours)s, Odoo %(odoo)s", ours=share(result.get("top")), odoo=share(result.get("incumbent_top"))
            ),
        ),
    ]
    if result.get("top_money") is not None:
        rows.append(
            (
                env._("Won revenue among the best fifth"),
                env._(
                    "ours %(ours)s, Odoo %(odoo)s",
                    ours=share(result.get("top_money")),
                    odoo=share(result.get("incumbent_top_money")),
                ),
            )
        )
    return rows


def _months(documents: BaseModel, result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the table, of the examples those that the reader may read."""
    env = documents.env

    def text(value: float | None, digits: int = 3) -> str:
        return "–" if value is None else number(env, value, digits)

    rows = []
    for start, month in zip(result.get("starts") or [], result["months"], strict=False):
        ids = month.get("ids") if documents.has_access("read") else []
        found = documents.with_context(active_test=False).search([("id", "in", ids)]) if ids else documents
        rows.append(
            {
                "month": format_date(env, date.fromisoformat(start), date_format="MMM y"),
                "rows": number(env, month["rows"]),
                "wins": number(env, month.get("wins") or 0),
                "ours": text(month.get("ours")),
                "incumbent": text(month.get("incumbent")),
                "brier": text(month.get("brier")),
                "incumbent_brier": text(month.get("incumbent_brier")),
                "rate_brier": text(month.get("rate_brier")),
                "flagged": text(month.get("flagged"), 0),
                "reviews": text(month.get("reviews_per_day"), 1),
                "examples": ", ".join(record.display_name or "" for record in found),
            }
        )
    return rows
