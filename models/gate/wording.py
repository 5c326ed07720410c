"""Put the status of bills at the gate into words: sentences, banner and dialogs."""

from typing import Any

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import format_date

from ...ml import routing
from ..tools.wording import number
from .gate_sql import Verdict

NAMED = 10  # held bills named in one message


def sentence(env: Environment, verdict: Verdict) -> str:
    """Return why a bill is held and what to do, in one or two sentences.

    :param env: with all rights, in the language of the reader
    """
    reviews = env["ai.deployment.review"]
    why = dict(reviews._fields["reason"]._description_selection(env))[verdict.reason]
    if verdict.reason == routing.DISAGREEMENT and (warnings := _warnings(env, verdict)):
        why = warnings
    if verdict.status == "unscored":
        kinds = dict(reviews._fields["failure_type"]._description_selection(env))
        why = kinds.get(verdict.failure_type, why)
        return env._("%s. Complete it, or have it passed with a reason.", why)
    if verdict.is_answered:
        names = {
            "person": env["res.users"].browse(verdict.decided_by_id).name,
            "date": format_date(env, verdict.decided_date),
        }
        if verdict.status == "unusual":
            return env._(
                "Reviewed by %(person)s on %(date)s: unusual. Correct the bill, or have it passed with a reason.",
                **names,
            )
        return env._(
            "%(person)s answered “Cannot tell” on %(date)s. Correct the bill, or have it passed with a reason.", **names
        )
    if verdict.review_state == "open" and verdict.reviewer_id:
        person = env["res.users"].browse(verdict.reviewer_id).name
        return env._("%(why)s. %(person)s was asked to review it.", why=why, person=person)
    return env._("%s. A reviewer was asked to review it.", why)


def _warnings(env: Environment, verdict: Verdict) -> str:
    """Return Odoo's own warnings about the bill, without the full stop; empty where there are none any more."""
    bill = env["account.move"].browse(verdict.move_id).with_context(disable_abnormal_invoice_detection=False)
    return " ".join(" ".join(bill._ai_warnings()).split()).rstrip(".")


def held_text(bills: BaseModel, held: dict[int, Verdict]) -> str:
    """Return a title and a line per held bill: its name, why it is held and what to do.

    :param bills: account.move with all rights, in the language of the reader
    :param held: {bill id: Verdict}
    """
    env = bills.env
    lines = [
        env._(
            "%(bill)s (%(vendor)s): %(why)s",
            bill=bill.ref or bill.display_name,
            vendor=bill.partner_id.display_name or env._("no vendor"),
            why=sentence(env, held[bill.id]),
        )
        for bill in bills.browse(held)[:NAMED]
    ]
    if len(held) > NAMED:
        lines.append(env._("… and %s more.", number(env, len(held) - NAMED)))
    title = env._("Not posted, because it has to be reviewed first:")
    if len(held) > 1:
        title = env._("Not posted, because they have to be reviewed first:")
    return "\n".join([title, *lines])


def held_action(bills: BaseModel, held: dict[int, Verdict], following: Any = False) -> dict:
    """Return the action that shows the held bills: a dialog, or a notification where another dialog follows.

    :param bills: account.move with all rights, in the language of the reader
    :param held: {bill id: Verdict}
    :param following: the action that comes next, if any
    """
    text = held_text(bills, held)
    if following:
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "warning", "sticky": True, "message": text, "next": following},
        }
    return {
        "type": "ir.actions.act_window",
        "name": bills.env._("Held"),
        "res_model": "ai.deployment.gate.held",
        "res_id": bills.env["ai.deployment.gate.held"].create({"move_ids": list(held), "text": text}).id,
        "views": [(False, "form")],
        "target": "new",
    }


def banner(env: Environment, verdict: Verdict) -> dict:
    """Return the alert above the form of a draft: it is held, or a colleague is asked about it.

    Who is not one of the people of the deployment reads no reason.

    :param env: with all rights, in the language of the reader
    """
    if verdict.sees_review and verdict.is_held:
        message = sentence(env, verdict)
    elif verdict.sees_review:
        message = env._("A reviewer was asked to review it. It can still be posted.")
    elif verdict.is_blocked:
        message = env._("This bill has to be reviewed before posting.")
    else:
        message = env._("A reviewer was asked to review this bill.")
    level = "danger" if verdict.is_blocked else "warning" if verdict.is_held else "info"
    shown: dict[str, Any] = {"level": level, "message": message}
    if verdict.sees_review and verdict.review_id:
        shown["action_text"] = env._("Open the review")
        shown["action"] = {
            "type": "ir.actions.act_window",
            "res_model": "ai.deployment.review",
            "res_id": verdict.review_id,
            "views": [(False, "form")],
        }
    return shown
