"""Kind 9: inputs that stop a job, fill the database, or make a promise of the gate untrue."""

import contextlib
import io
import logging
import os
import time
from functools import partial

from drills._attack_world import NotCarriedOut, attack

from odoo.addons.ai_deployment.models.resilience.fallback_switch import FallbackSwitch

KIND = "robustness"
SECRET = "s3cr3tT0ken0fTheWebhook"
LONG_NOTE = 8_000_000
WORDS = 5_000
LONGEST_S = 20
robustness = partial(attack, KIND)


def _sending_with(world, address):
    """What the sending job does with a message to a malformed address and one that is in order behind it."""
    name = f"ATTACK_{world.number()}"
    channels = world.env["ai.deployment.channel"]
    broken = channels.create({"deployment_id": world.leads.id, "kind": "webhook", "credential": name})
    healthy = channels.create(
        {
            "deployment_id": world.bills.id,
            "kind": "email",
            "partner_ids": [(6, 0, world.user("gate_owner").partner_id.ids)],
        }
    )
    world.commit()
    world.as_("manager").call("ai.deployment.channel", "action_try", broken.ids)
    world.as_("gate_owner").call("ai.deployment.channel", "action_try", healthy.ids)
    world.look()
    os.environ[f"AI_DEPLOYMENT_CREDENTIAL_{name}"] = address
    logged = io.StringIO()
    handler = logging.StreamHandler(logged)
    logging.getLogger().addHandler(handler)
    failure = ""
    try:
        world.env["ai.deployment.message"]._cron_send()
        world.env.cr.commit()
    except Exception as error:  # noqa: BLE001 - that nothing escapes is what is attacked
        failure = f"{type(error).__name__}: {error}"
    finally:
        logging.getLogger().removeHandler(handler)
        del os.environ[f"AI_DEPLOYMENT_CREDENTIAL_{name}"]
    world.look()
    messages = world.rows("ai.deployment.message", ("channel_id", "in", (broken + healthy).ids))
    waiting = messages.filtered(lambda one: one.channel_id.id == healthy.id and one.state == "pending")
    alerts = world.rows("ai.deployment.alert", ("deployment_id", "=", world.leads.id))
    told = " ".join(
        [
            failure,
            logged.getvalue(),
            *(one.failure_message or "" for one in messages),
            *(one.name or "" for one in alerts),
        ]
    )
    messages.unlink()
    with contextlib.suppress(Exception):
        (broken + healthy).unlink()
    world.commit()
    if not messages:
        raise NotCarriedOut("no message was queued")
    if failure:
        return f"the job ended: {failure.replace(SECRET, '(the secret)')[:100]}"
    if waiting:
        return "the message behind it waits"
    return SECRET in told and "the secret is quoted"


@robustness("administrator", "The address of a webhook is malformed.", "the job, what it says")
def malformed_address_stops_the_job(world):
    return _sending_with(world, f"http://[x/{SECRET}")


@robustness("administrator", "The host of a webhook changes under Unicode normalisation.", "the job, what it says")
def host_that_normalisation_changes(world):
    return _sending_with(world, f"https://hooks.ex\u2100mple.com/{SECRET}")


@robustness("administrator", "The port of a webhook is no number.", "the job, what it says")
def port_that_is_no_number(world):
    return _sending_with(world, f"https://hooks.example.com:port/{SECRET}")


def _stored_and_copied(world, record, field):
    record = world.look()[record._name].browse(record.ids).exists()
    return any(len(text or "") > LONG_NOTE // 10 for text in record.mapped(field))


@robustness("reviewer", "A note of 8 MB is given with an answer.", "what is stored, and copied into the chatter")
def endless_note_of_a_review(world):
    _move, review = world.answerable_bill()
    person = world.as_("gate_reviewer")
    wizard = person.call(
        "ai.deployment.review.decide",
        "create",
        [{"review_ids": [[6, 0, review.ids]], "note": "x" * LONG_NOTE, "truth": "negative", "decision": "unsure"}],
    )
    if wizard.ok:
        person.call("ai.deployment.review.decide", "action_decide", wizard.value)
    return _stored_and_copied(world, review, "note")


@robustness("reviewer", "A note of 8 MB is given at the desk.", "what is stored, and copied into the chatter")
def endless_note_at_the_desk(world):
    _move, review = world.answerable_bill()
    world.as_("gate_reviewer").call("ai.deployment.review", "desk_decide", review.id, "unsure", "x" * LONG_NOTE)
    return _stored_and_copied(world, review, "note")


@robustness("owner", "Purpose, limits and a lesson of 8 MB.", "what is stored")
def endless_purpose(world):
    person = world.as_("gate_owner")
    for field in ("purpose", "limits", "retraining_plan"):
        person.call("ai.deployment", "write", world.bills.ids, {field: "x" * LONG_NOTE})
    return any(_stored_and_copied(world, world.bills, field) for field in ("purpose", "limits", "retraining_plan"))


@robustness("who may pass", "A reason of 8 MB passes a bill.", "what is stored in the gate's log")
def endless_reason_to_pass(world):
    move, person = world.held_bill(), world.as_("passer")
    wizard = person.call("ai.deployment.gate.pass", "create", [{"move_id": move.id, "note": "x" * LONG_NOTE}])
    if wizard.ok:
        person.call("ai.deployment.gate.pass", "action_pass", wizard.value)
    world.look()
    return any(len(event.note or "") > LONG_NOTE // 10 for event in world.events(move))


@robustness("owner", "A case that must not be decided is recognised by thousands of words.", "seconds, what is stored")
def endless_words(world):
    made, person = world.new_deployment("bill_owner"), world.as_("bill_owner")
    begun = time.monotonic()
    case = person.new(
        "ai.deployment.edge.case",
        deployment_id=made,
        name="Words",
        kind="words",
        words=", ".join(f"word{number}" for number in range(WORDS)),
    )
    seconds = time.monotonic() - begun
    row = world.look()["ai.deployment.edge.case"].browse(filter(None, [case])).exists()
    if seconds > LONGEST_S:
        return f"{seconds:.0f} s"
    return bool(row) and len((row.words or "").split(",")) >= WORDS


@robustness("owner", "The same records are asked for again and again, before any of it is done.", "batches that wait")
def the_same_batch_again_and_again(world):
    world.leads.batch_above = 0
    world.leads._sync_action_menu()  # another attack may have switched it off on the way
    world.commit()
    person, action = world.as_("lead_owner"), world.leads.action_server_id
    own = [("type", "=", "opportunity"), ("company_id", "=", world.leads.company_id.id)]  # others make some elsewhere
    leads = world.env["crm.lead"].search(own, limit=50).ids
    known = world.rows("ai.deployment.batch", ("deployment_id", "=", world.leads.id))
    for _turn in range(12):
        person.call(
            "ir.actions.server",
            "run",
            action.ids,
            context={"active_model": "crm.lead", "active_ids": leads, "active_id": leads[0]},
        )
    world.look()
    new = world.rows("ai.deployment.batch", ("deployment_id", "=", world.leads.id)) - known
    waiting = new.filtered(lambda batch: batch.state in ("running", "paused"))
    if not new:
        raise NotCarriedOut("no batch was made")
    for batch in waiting:
        batch._cancel()
    world.commit()
    return len(waiting) >= 12 and f"{len(waiting)} batches wait"


# What a rule may try to keep what it wrote: {} is the number of the lead.
COMMITTING = (
    "env.cr.commit()",
    "cursor = env.cr\ncursor.commit()",
    "env['ir.cron']._commit_progress()",
    "env['ai.deployment.message']._cron_send()",
    "env.cr.postcommit.run()\nenv.cr.execute('COMMIT')",
)


@robustness(
    "managed by administrators",
    "A rule that shows instead of scores writes and commits.",
    "the record that it wrote to",
)
def rule_that_commits(world):
    told, person = [], world.as_("system")
    for committing in COMMITTING:
        lead = world.lead()
        rule = world.env["ir.actions.server"].create(
            {
                "name": "Rule Action",
                "model_id": world.model_id("crm.lead"),
                "state": "code",
                "code": f"env['crm.lead'].browse({lead.id}).write({{'description': 'committed'}})\n"
                f"{committing}\naction = {{record.id: 0.5 for record in records}}",
            }
        )
        world.commit()
        values = {"fallback": "rule", "fallback_action_id": rule.id}
        if not person.call("ai.deployment", "write", world.leads.ids, values).ok:
            continue  # refused before it could run
        person.call("ai.deployment", "suspend", world.leads.ids)
        world.look()
        with contextlib.suppress(Exception):
            FallbackSwitch(world.leads).refresh()
        world.env.cr.rollback()
        if "committed" in str(world.look()["crm.lead"].browse(lead.id).description or ""):
            told.append(committing)
        world.restore()
    return "; ".join(told)


@robustness("clerk", "The bank account of a released bill is changed, which no input reads.", "state of the bill")
def released_bill_gets_another_account(world):
    vendor = world.vendor()
    # allow_out_payment stays as it is: what the inputs say of both accounts is the same
    banks = world.env["res.partner.bank"].create(
        [{"partner_id": vendor.id, "acc_number": f"DE00 RELEASED {world.number()}"} for _both in range(2)]
    )
    world.commit()
    move, review = world.answerable_bill(partner_bank_id=banks[0].id)
    person = world.as_("gate_reviewer")
    wizard = person.call(
        "ai.deployment.review.decide",
        "create",
        [
            {
                "review_ids": [[6, 0, review.ids]],
                "note": "Right.",
                "truth": "negative",
                "decision": "overridden" if review.prediction else "confirmed",
            }
        ],
    )
    if wizard.ok:
        person.call("ai.deployment.review.decide", "action_decide", wizard.value)
    if world.look()["ai.deployment.review"].browse(review.id).ground_truth != "negative":
        raise NotCarriedOut("the reviewer could not release the bill")
    clerk = world.as_("clerk")
    answer = clerk.call("account.move", "write", move.ids, {"partner_bank_id": banks[1].id})
    world.post("clerk", move)
    return answer.ok and world.posted_unseen(move)


@robustness("clerk", "The text of an answer is markup.", "what stands in the chatter of the bill")
def markup_in_a_note(world):
    move, review = world.answerable_bill()
    world.as_("gate_reviewer").call(
        "ai.deployment.review", "desk_decide", review.id, "unsure", "<script>alert(1)</script><img src=x onerror=y>"
    )
    bodies = " ".join(str(body) for body in world.look()["account.move"].browse(move.id).message_ids.mapped("body"))
    return "<script" in bodies or "onerror=y>" in bodies and "&lt;img" not in bodies


@robustness("owner", "A date or a number beyond what the database holds.", "an answer that is no server error")
def numbers_out_of_range(world):
    person = world.as_("gate_owner")
    for field, value in (
        ("review_hours", 2**40),
        ("horizon_days", 2**40),
        ("gate_stale_days", 2**31),
        ("review_date", "9999-12-31"),
        ("stop_after", -(2**40)),
        ("flag_rate", "nan"),
    ):
        person.call("ai.deployment", "write", world.bills.ids, {field: value})
    listed = world.as_("clerk").call("account.move", "search_read", [], ["ai_score"], limit=3)
    opened = world.as_("gate_owner").call("ai.deployment", "search_read", [], ["health", "grace_text", "shown_until"])
    return (not listed.ok or not opened.ok) and "a list fails"
