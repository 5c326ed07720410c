"""Kind 3: context keys by which Odoo's installer and imports lift checks and switch tracking off."""

from functools import partial

from drills._attack_world import NotCarriedOut, attack

from odoo import Command

from odoo.addons.ai_deployment.models.governance.explanation import Explanation
from odoo.addons.ai_deployment.models.tools import clock

KIND = "context_keys"
LIFTING = {
    "_force_unlink": True,
    "force_delete": True,
    "install_mode": True,
    "module": "ai_deployment",
    "uninstall": True,
    "tracking_disable": True,
    "mail_notrack": True,
}
context_keys = partial(attack, KIND)


def _removed(world, who, rows):
    """Whether `who` can delete `rows` over RPC or `/json/2`, with the keys that switch checks off."""
    if not rows:
        raise NotCarriedOut("there is no such row")
    person = world.as_(who)
    for keys in ({"_force_unlink": True}, LIFTING):
        person.call(rows._name, "unlink", rows.ids, context=keys)
        person.json2(rows._name, "unlink", ids=rows.ids, context=keys)
    return bool(world.look()[rows._name].browse(rows.ids).exists() != rows)


@context_keys("owner", "Rows of the checklist are deleted in production.", "the rows")
def checklist_rows_deleted(world):
    return _removed(world, "gate_owner", world.bills.check_ids[-2:])


@context_keys("owner", "Rows of the template's checklist are deleted from a proof of concept.", "the rows")
def checklist_rows_deleted_from_a_proof(world):
    made = world.new_deployment("bill_owner")
    return _removed(world, "bill_owner", world.look()["ai.deployment"].browse(made).check_ids[:2])


@context_keys("owner", "A signature that was given is deleted in production.", "the signature")
def signature_deleted(world):
    signature = world.rows("ai.deployment.signature", ("deployment_id", "=", world.bills.id), ("role", "=", "legal"))
    signature = signature or world.env["ai.deployment.signature"].create(
        {"deployment_id": world.bills.id, "role": "legal", "user_id": world.user("colleague").id}
    )
    signature.write({"signed_date": clock.now(), "digest": Explanation(world.bills).digest()})
    world.commit()
    return _removed(world, "gate_owner", signature)


@context_keys("owner", "The channel by which the owner always hears of alerts is deleted.", "the channel")
def own_channel_deleted(world):
    channel = world.rows("ai.deployment.channel", ("deployment_id", "=", world.bills.id), ("kind", "=", "activity"))
    return _removed(world, "gate_owner", channel)


@context_keys("administrator", "The same, by the administrator of deployments.", "the channel")
def own_channel_deleted_by_the_administrator(world):
    channel = world.rows("ai.deployment.channel", ("deployment_id", "=", world.leads.id), ("kind", "=", "activity"))
    return _removed(world, "manager", channel)


@context_keys("owner", "A waiver that was given is deleted.", "the waiver")
def waiver_deleted(world):
    waiver = world.env["ai.deployment.waiver"].create(
        {
            "deployment_id": world.bills.id,
            "partner_id": world.vendor().id,
            "note": "A licence",
            "end_date": clock.today(),
        }
    )
    waiver.active = False
    world.commit()
    return _removed(world, "gate_owner", waiver)


@context_keys("administrator", "Lines of the log, events of the gate, steps of life and decisions.", "all of these")
def log_deleted(world):
    world.held_bill()
    gone = []
    for model in (
        "ai.deployment.inference",
        "ai.deployment.gate.event",
        "ai.deployment.transition",
        "ai.deployment.version.answer",
        "ai.deployment.approval",
        "ai.deployment.review",
        "ai.deployment.batch",
        "ai.deployment.requested",
        "ai.deployment.alert",
        "ai.deployment.message",
        "ai.deployment.drill",
        "ai.deployment.training",
        "ai.deployment.comparison",
        "ai.deployment.challenger.score",
    ):
        rows = world.env[model].search([("deployment_id", "=", world.bills.id)], limit=1, order="id desc")
        if rows and (_removed(world, "manager", rows) or _removed(world, "gate_owner", rows)):
            gone.append(model)
    return ", ".join(gone)


@context_keys("administrator", "A deployment with a log is deleted.", "the deployment")
def deployment_deleted(world):
    return _removed(world, "manager", world.leads)


def _switched_without_a_trace(world, keys, by_json2=False):
    person, move = world.as_("gate_owner"), world.bills
    before = move.message_ids.ids
    for value in ("off", "block"):
        if by_json2:
            answer = person.json2("ai.deployment", "write", ids=move.ids, vals={"gate": value}, context=keys)
        else:
            answer = person.call("ai.deployment", "write", move.ids, {"gate": value}, context=keys)
        if not answer.ok:
            return ""
    kept = world.look()["ai.deployment"].browse(move.id).message_ids.filtered(lambda one: one.id not in before)
    traced = kept.sudo().tracking_value_ids.filtered(lambda one: one.field_id.name == "gate")
    return len(traced) < 2 and f"{len(traced)} of 2 switches were noted"


@context_keys("owner", "The gate is switched off and on with tracking disabled.", "the history of the deployment")
def gate_switched_with_tracking_disabled(world):
    return _switched_without_a_trace(world, {"tracking_disable": True})


@context_keys("owner", "The gate is switched off and on with mail_notrack.", "the history of the deployment")
def gate_switched_with_notrack(world):
    return _switched_without_a_trace(world, {"mail_notrack": True})


@context_keys("owner", "Both keys, through /json/2.", "the history of the deployment")
def gate_switched_over_json2(world):
    return _switched_without_a_trace(world, {"tracking_disable": True, "mail_notrack": True}, by_json2=True)


@context_keys("owner", "The deputy and the reviewers are changed with tracking disabled.", "the history")
def reviewers_changed_without_a_trace(world):
    person, own = world.as_("gate_owner"), world.bills
    before = len(own.message_ids)
    keys = {"tracking_disable": True, "mail_notrack": True, "mail_create_nolog": True}
    answer = person.call("ai.deployment", "write", own.ids, {"deputy_id": world.user("bill_owner").id}, context=keys)
    changed = world.look()["ai.deployment"].browse(own.id)
    return answer.ok and changed.deputy_id == world.user("bill_owner") and len(changed.message_ids) == before


@context_keys("owner", "Values for the system come with default_ keys of a wizard or a related record.", "new records")
def defaults_in_the_context(world):
    keys = {
        "default_state": "production",
        "default_is_demonstration": True,
        "default_retention_days": 1,
        "default_holdout_share": 0.5,
        "default_grace_days": 90,
        "default_shown_until": "2099-01-01",
        "default_has_edge_cases": False,
        "default_waived_until": "2099-01-01",
        "default_signed_date": "2026-01-01",
        "default_viewer_group_ids": [Command.set(world.env.ref("base.group_user").ids)],
    }
    answer = world.as_("bill_owner").json2(
        "ai.deployment",
        "create",
        context=keys,
        vals_list=[
            {"name": "Context", "purpose": "x", "method": "anomaly", "model_id": world.model_id("account.move")}
        ],
    )
    made = world.look()["ai.deployment"].browse(answer.value if answer.ok else [])
    return bool(made) and bool(
        made.state != "poc"
        or made.retention_days == 1
        or made.holdout_share
        or made.grace_days == 90
        or made.viewer_group_ids
        or made.check_ids.filtered("waived_until")
        or str(made.shown_until) == "2099-01-01"
    )


@context_keys("owner", "The trace of a switch of the gate is changed and deleted afterwards.", "the history")
def trace_removed_afterwards(world):
    person = world.as_("gate_owner")
    person.call("ai.deployment", "write", world.bills.ids, {"gate": "off"})
    person.call("ai.deployment", "write", world.bills.ids, {"gate": "block"})
    traces = (
        world.look()["ai.deployment"]
        .browse(world.bills.id)
        .message_ids.filtered(lambda one: one.author_id == person.user.partner_id and one.tracking_value_ids)
    )
    if not traces:
        raise NotCarriedOut("no trace was left")
    values = traces.tracking_value_ids
    person.call("mail.message", "unlink", traces.ids)
    person.call("mail.message", "write", traces.ids, {"model": "res.partner", "res_id": person.user.partner_id.id})
    person.call("mail.tracking.value", "unlink", values.ids)
    person.call("ai.deployment", "_message_update_content", world.bills.ids, traces.ids[:1], body="")
    traces = world.look()["mail.message"].browse(traces.ids)
    kept = traces.exists().filtered(lambda one: one.model == "ai.deployment" and one.tracking_value_ids)
    return kept != traces
