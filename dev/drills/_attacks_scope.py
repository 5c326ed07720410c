"""Kind 6: records and deployments that leave the scope of a check instead of passing it."""

from functools import partial

from drills._attack_world import NotCarriedOut, attack

KIND = "leaving_the_scope"
LONG_AGO = "2019-03-01"
FAR = "2099-01-01"
scope = partial(attack, KIND)


def _posted_without_a_word(world, move, held):
    """Whether the bill is posted though it was held, or though the filter leaves it out and no line says so."""
    move = world.look()["account.move"].browse(move.id)
    if move.state != "posted":
        return False
    since = world.events(move).filtered(lambda event: event.kind != "held")
    if held:
        return not since.filtered(lambda event: event.kind in ("passed", "waived"))
    return not since


@scope("clerk", "The date of a held bill is moved before the filter's.", "state of the bill, the gate's log")
def held_bill_dated_back(world):
    move, clerk = world.held_bill(), world.as_("clerk")
    clerk.call("account.move", "write", move.ids, {"invoice_date": LONG_AGO, "date": LONG_AGO})
    world.post("clerk", move)
    return _posted_without_a_word(world, move, held=True)


@scope("clerk", "A held bill becomes a receipt.", "state of the bill, the gate's log")
def held_bill_becomes_a_receipt(world):
    move, clerk = world.held_bill(), world.as_("clerk")
    clerk.call("account.move", "write", move.ids, {"move_type": "in_receipt"})
    world.post("clerk", move)
    return _posted_without_a_word(world, move, held=True)


@scope("clerk", "A bill that was never held is made with a date before the filter's.", "a line in the gate's log")
def bill_outside_of_the_filter(world):
    move = world.bill(invoice_date=LONG_AGO, date=LONG_AGO)
    world.post("clerk", move)
    posted = world.look()["account.move"].browse(move.id)
    if posted.state != "posted":
        return False
    return not world.events(move)


@scope("clerk", "The date goes back, the bill is posted, and the date is set again from draft.", "the gate's log")
def date_there_and_back(world):
    move, clerk = world.held_bill(), world.as_("clerk")
    clerk.call("account.move", "write", move.ids, {"invoice_date": LONG_AGO, "date": LONG_AGO})
    world.post("clerk", move)
    clerk.call("account.move", "button_draft", move.ids)
    today = str(world.env["account.move"].browse(move.id).create_date.date())
    clerk.call("account.move", "write", move.ids, {"invoice_date": today, "date": today})
    world.post("clerk", move)
    return _posted_without_a_word(world, move, held=True)


@scope("owner", "The filter is changed so that it leaves a held bill out.", "state of the bill, the gate's log")
def filter_changed_around_a_held_bill(world):
    move = world.held_bill()
    answer = world.as_("gate_owner").call(
        "ai.deployment", "write", world.bills.ids, {"domain": f"[('id', '!=', {move.id})]"}
    )
    world.post("clerk", move)
    return answer.ok and _posted_without_a_word(world, move, held=True)


@scope("clerk", "The amount of a held bill is lowered, posted, and raised from draft.", "state of the bill, the log")
def amount_there_and_back(world):
    move, clerk = world.held_bill(), world.as_("clerk")
    line = move.invoice_line_ids[:1]
    clerk.call("account.move", "write", move.ids, {"invoice_line_ids": [[1, line.id, {"price_unit": 1.0}]]})
    world.post("clerk", move)
    clerk.call("account.move", "button_draft", move.ids)
    clerk.call("account.move", "write", move.ids, {"invoice_line_ids": [[1, line.id, {"price_unit": 950_000.0}]]})
    world.post("clerk", move)
    move = world.look()["account.move"].browse(move.id)
    return move.state == "posted" and move.amount_untaxed > 900_000 and _posted_without_a_word(world, move, held=True)


def _review_date(world, deployment):
    return world.look()["ai.deployment"].browse(deployment.id).review_date


def _allowed_until(deployment):
    decision = deployment.latest_approval_id
    if not decision:
        raise NotCarriedOut("nobody has decided on it yet")
    return decision.next_review_date


@scope("owner", "The periodic review is put off in production.", "the review date")
def review_put_off_in_production(world):
    until = _allowed_until(world.bills)
    world.as_("gate_owner").call("ai.deployment", "write", world.bills.ids, {"review_date": FAR})
    return _review_date(world, world.bills) > until


@scope("owner", "Switched off, the review put off, and live again.", "the review date")
def review_put_off_while_suspended(world):
    until, owner = _allowed_until(world.bills), world.as_("gate_owner")
    owner.call("ai.deployment", "suspend", world.bills.ids)
    owner.call("ai.deployment", "write", world.bills.ids, {"review_date": FAR})
    owner.call("ai.deployment", "action_go_live", world.bills.ids)
    return _review_date(world, world.bills) > until


@scope("owner", "Back in shadow, the review put off, and live again.", "the review date")
def review_put_off_in_shadow(world):
    until, owner = _allowed_until(world.leads), world.as_("lead_owner")
    owner.call("ai.deployment", "action_start_shadow", world.leads.ids)
    owner.call("ai.deployment", "write", world.leads.ids, {"review_date": FAR})
    owner.call("ai.deployment", "action_go_live", world.leads.ids)
    return _review_date(world, world.leads) > until


@scope("owner", "The review is put off in the same call as the state.", "the review date")
def review_put_off_with_the_state(world):
    until, owner = _allowed_until(world.leads), world.as_("lead_owner")
    owner.call("ai.deployment", "write", world.leads.ids, {"state": "suspended", "review_date": FAR})
    owner.call("ai.deployment", "write", world.leads.ids, {"state": "production", "review_date": FAR})
    return _review_date(world, world.leads) > until


@scope("administrator", "The same by the administrator, whose word is no decision either.", "the review date")
def review_put_off_by_the_administrator(world):
    until = _allowed_until(world.bills)
    world.as_("manager").call("ai.deployment", "write", world.bills.ids, {"review_date": FAR})
    return _review_date(world, world.bills) > until
