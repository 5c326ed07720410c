"""Kind 5: the segregation of duties, undone by an edit: who changed what a bill says is one of its makers."""

from functools import partial

from drills._attack_world import NotCarriedOut, attack

from odoo import Command

KIND = "segregation_of_duties"
duties = partial(attack, KIND)


def _edit(world, who, move, **changes):
    """`who` changes the bill; `price` its only line."""
    person = world.as_(who)
    if "price" in changes:
        changes["invoice_line_ids"] = [[1, move.invoice_line_ids[:1].id, {"price_unit": changes.pop("price")}]]
    answer = person.call("account.move", "write", move.ids, changes)
    if not answer.ok:
        raise NotCarriedOut(f"{who} cannot edit the bill: {answer.message}")


def _answered_and_posted(world, move, by_activity=False):
    """Whether the reviewer's own answer releases the bill, so that the clerk posts it."""
    world.post("clerk", move)
    world.look()
    review = world.open_review(move)
    review.reviewer_id = world.user("gate_reviewer")
    review._sync_activities() if hasattr(review, "_sync_activities") else None
    world.commit()
    person = world.as_("gate_reviewer")
    if by_activity:
        activity = review.activity_ids[:1] or review.activity_schedule(
            "ai_deployment.mail_activity_type_review", user_id=person.user.id
        )
        world.commit()
        person.call("mail.activity", "action_feedback", activity.ids, feedback="Seen.")
    else:
        wizard = person.call(
            "ai.deployment.review.decide",
            "create",
            [
                {
                    "review_ids": [[6, 0, review.ids]],
                    "note": "Seen.",
                    "truth": "negative",
                    "decision": "overridden" if review.prediction else "confirmed",
                }
            ],
        )
        if wizard.ok:
            person.call("ai.deployment.review.decide", "action_decide", wizard.value)
    world.post("clerk", move)
    review = world.look()["ai.deployment.review"].browse(review.id)
    if review.decided_by_id == person.user and review.ground_truth:
        return "the reviewer judged what the reviewer wrote"
    return world.posted_unseen(move)


def _usual_bill(world):
    return world.bill(amount=0)


@duties(
    "reviewer", "Multiplies the amount of a colleague's bill and answers about it.", "the answer, state of the bill"
)
def reviewer_edits_the_amount(world):
    move = _usual_bill(world)
    _edit(world, "gate_reviewer", move, price=943_147.0)
    return _answered_and_posted(world, move)


@duties("reviewer", "Edits the line itself instead of the bill.", "the answer, state of the bill")
def reviewer_edits_the_line(world):
    move, person = _usual_bill(world), world.as_("gate_reviewer")
    answer = person.call("account.move.line", "write", move.invoice_line_ids[:1].ids, {"price_unit": 943_147.0})
    if not answer.ok:
        raise NotCarriedOut(answer.message)
    return _answered_and_posted(world, move)


@duties("reviewer", "Raises the quantity.", "the answer, state of the bill")
def reviewer_edits_the_quantity(world):
    move = _usual_bill(world)
    line = move.invoice_line_ids[:1]
    _edit(world, "gate_reviewer", move, invoice_line_ids=[[1, line.id, {"quantity": 9_999}]])
    return _answered_and_posted(world, move)


@duties("reviewer", "Puts another bank account on a held bill and answers.", "the answer, state of the bill")
def reviewer_edits_the_bank_account(world):
    move = world.held_bill()
    bank = world.env["res.partner.bank"].create(
        {"partner_id": move.partner_id.id, "acc_number": f"DE00 ATTACK {world.number()}"}
    )
    world.commit()
    _edit(world, "gate_reviewer", move, partner_bank_id=bank.id)
    return _answered_and_posted(world, move)


@duties("reviewer", "Makes it another vendor's bill and answers.", "the answer, state of the bill")
def reviewer_edits_the_vendor(world):
    move = world.held_bill()
    other = world.env["res.partner"].create({"name": "Attack & Sons", "country_id": move.partner_id.country_id.id})
    world.commit()
    _edit(world, "gate_reviewer", move, partner_id=other.id)
    return _answered_and_posted(world, move)


@duties("reviewer", "Removes a line of a held bill, adds another one's amount, and answers.", "the answer, the state")
def reviewer_replaces_the_lines(world):
    move = world.held_bill()
    line = move.invoice_line_ids[:1]
    _edit(
        world,
        "gate_reviewer",
        move,
        invoice_line_ids=[
            [2, line.id],
            Command.create(
                {
                    "name": "Consulting",
                    "quantity": 1,
                    "price_unit": 800_000.0,
                    "account_id": line.account_id.id,
                    "tax_ids": [],
                }
            ),
        ],
    )
    return _answered_and_posted(world, move)


@duties("reviewer", "Edits the amount and marks the activity as done.", "the answer, state of the bill")
def reviewer_edits_and_ticks_off(world):
    move = _usual_bill(world)
    _edit(world, "gate_reviewer", move, price=943_147.0)
    return _answered_and_posted(world, move, by_activity=True)


def _edited_and_passed(world, move):
    person = world.as_("passer")
    wizard = person.call("ai.deployment.gate.pass", "create", [{"move_id": move.id, "note": "Checked by phone."}])
    if wizard.ok:
        person.call("ai.deployment.gate.pass", "action_pass", wizard.value)
    move = world.look()["account.move"].browse(move.id)
    return move.state == "posted" and not world.events(move).filtered(lambda event: event.is_maker)


@duties("who may pass", "Multiplies the amount of a colleague's bill and passes it.", "state of the bill")
def passer_edits_the_amount(world):
    move = _usual_bill(world)
    _edit(world, "passer", move, price=943_147.0)
    return _edited_and_passed(world, move)


@duties("who may pass", "Puts another bank account on a held bill and passes it.", "state of the bill")
def passer_edits_the_bank_account(world):
    move = world.held_bill()
    bank = world.env["res.partner.bank"].create(
        {"partner_id": move.partner_id.id, "acc_number": f"DE00 ATTACK {world.number()}"}
    )
    world.commit()
    _edit(world, "passer", move, partner_bank_id=bank.id)
    return _edited_and_passed(world, move)


@duties("who may pass", "Makes the bill and passes it.", "state of the bill")
def passer_passes_an_own_bill(world):
    return _edited_and_passed(world, world.held_bill(maker="passer"))


def _owner_of(world):
    return world.look()["ai.deployment"].browse(world.bills.id).user_id


@duties("deputy", "Makes himself the owner.", "the owner")
def deputy_becomes_the_owner(world):
    deputy = world.as_("gate_deputy")
    deputy.call("ai.deployment", "write", world.bills.ids, {"user_id": deputy.user.id, "deputy_id": False})
    return _owner_of(world) == deputy.user


@duties("deputy", "Makes himself the owner by handing over.", "the owner")
def deputy_hands_over_to_himself(world):
    deputy = world.as_("gate_deputy")
    wizard = deputy.call(
        "ai.deployment.hand.over",
        "create",
        [{"user_id": deputy.user.id, "deputy_id": False, "note": "Mine now."}],
        context={"default_deployment_id": world.bills.id},
    )
    if wizard.ok:
        deputy.call("ai.deployment.hand.over", "action_hand_over", wizard.value)
    return _owner_of(world) == deputy.user


@duties("deputy", "Makes an accomplice the owner, who switches the gate off.", "the gate, the owner")
def deputy_makes_an_accomplice_the_owner(world):
    deputy, accomplice = world.as_("gate_deputy"), world.as_("bill_owner")
    deputy.call("ai.deployment", "write", world.bills.ids, {"user_id": accomplice.user.id})
    accomplice.call("ai.deployment", "write", world.bills.ids, {"gate": "off"})
    return _owner_of(world) == accomplice.user


@duties("deputy", "Switches the gate off.", "the gate")
def deputy_switches_the_gate_off(world):
    world.as_("gate_deputy").call("ai.deployment", "write", world.bills.ids, {"gate": "off"})
    return world.look()["ai.deployment"].browse(world.bills.id).gate != "block"


@duties("owner", "Names himself as who decides, and signs the go.", "the decisions")
def owner_decides_on_his_own(world):
    owner = world.as_("gate_owner")
    before = len(world.bills.approval_ids)
    owner.call("ai.deployment", "write", world.bills.ids, {"approver_id": owner.user.id})
    wizard = owner.call(
        "ai.deployment.approve",
        "create",
        [{"outcome": "go", "minutes": "I say so.", "next_review_date": "2027-06-01"}],
        context={"default_deployment_id": world.bills.id},
    )
    if wizard.ok:
        owner.call("ai.deployment.approve", "action_decide", wizard.value)
    return len(world.look()["ai.deployment"].browse(world.bills.id).approval_ids) > before


@duties("owner", "Waives the rows of the checklist that an administrator would have to.", "the rows")
def owner_waives_rows(world):
    made, person = world.new_deployment("bill_owner"), world.as_("bill_owner")
    rows = world.look()["ai.deployment"].browse(made).check_ids[:1]
    wizard = person.call(
        "ai.deployment.check.waive",
        "create",
        [{"reason": "Because.", "until": "2027-01-01"}],
        context={"default_check_id": rows.id},
    )
    if wizard.ok:
        person.call("ai.deployment.check.waive", "action_waive", wizard.value)
    person.call("ai.deployment.check", "write", rows.ids, {"waived_until": "2027-01-01"})
    return bool(world.look()["ai.deployment.check"].browse(rows.ids).waived_until)
