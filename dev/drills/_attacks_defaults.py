"""Kind 1: a user's own defaults (`ir.default`), which Odoo applies wherever a record is made, in superuser code too."""

from functools import partial

from drills._attack_world import NotCarriedOut, attack

from odoo.addons.ai_deployment.models.governance.explanation import Explanation

KIND = "user_defaults"
FAR = "2099-01-01"
defaults = partial(attack, KIND)


def _made(world, move_id):
    """What is wrong with a new entry: posted as a bill, past the gate."""
    move = world.look()["account.move"].browse(move_id).exists()
    if move and move.state == "posted" and move.is_purchase_document(include_receipts=True):
        return world.posted_unseen(move)
    return False


@defaults("clerk", "A default posts the entry and makes it a bill; it is created without a kind.", "state of the bill")
def bill_posted_by_two_defaults(world):
    clerk, values = world.as_("clerk"), world.bill_values()
    del values["move_type"]
    clerk.default("account.move", "state", "posted")
    clerk.default("account.move", "move_type", "in_invoice")
    return _made(world, clerk.new("account.move", **values))


@defaults("clerk", "A default posts the bill that is created.", "state of the bill")
def bill_posted_by_default(world):
    clerk = world.as_("clerk")
    clerk.default("account.move", "state", "posted")
    return _made(world, clerk.new("account.move", **world.bill_values()))


@defaults("clerk", "The kind comes from the context, the state from a default.", "state of the bill")
def bill_posted_by_default_and_context(world):
    clerk, values = world.as_("clerk"), world.bill_values()
    del values["move_type"]
    clerk.default("account.move", "state", "posted")
    answer = clerk.call("account.move", "create", [values], context={"default_move_type": "in_invoice"})
    return answer.ok and _made(world, answer.value[0])


@defaults("clerk", "Both defaults, through /json/2.", "state of the bill")
def bill_posted_by_defaults_over_json2(world):
    clerk, values = world.as_("clerk"), world.bill_values()
    del values["move_type"]
    clerk.default("account.move", "state", "posted")
    clerk.default("account.move", "move_type", "in_receipt")
    answer = clerk.json2("account.move", "create", vals_list=[values])
    return answer.ok and _made(world, answer.value[0])


@defaults(
    "clerk",
    "A draft is copied while a default says posted: a copy takes defaults for what is not copied.",
    "state of the copy",
)
def bill_posted_by_copying(world):
    clerk, move = world.as_("clerk"), world.bill()
    clerk.default("account.move", "state", "posted")
    answer = clerk.call("account.move", "copy", move.ids)
    return answer.ok and _made(world, answer.value[0] if isinstance(answer.value, list) else answer.value)


@defaults("clerk", "The form saves a new bill (web_save) while both defaults are set.", "state of the bill")
def bill_posted_by_the_form(world):
    clerk, values = world.as_("clerk"), world.bill_values()
    del values["move_type"]
    clerk.default("account.move", "state", "posted")
    clerk.default("account.move", "move_type", "in_invoice")
    answer = clerk.call("account.move", "web_save", [], values, {"state": {}})
    return answer.ok and _made(world, answer.value[0]["id"])


@defaults("clerk", "Bills are imported from a file while both defaults are set.", "state of the bills")
def bill_posted_by_import(world):
    clerk, ref = world.as_("clerk"), f"imported {world.number()}"
    clerk.default("account.move", "state", "posted")
    clerk.default("account.move", "move_type", "in_invoice")
    clerk.call(
        "account.move",
        "load",
        ["ref", "partner_id/.id", "invoice_date", "invoice_line_ids/name", "invoice_line_ids/price_unit"],
        [[ref, str(world.vendor().id), "2026-01-05", "Pumps", "950000"]],
    )
    world.look()
    return any(_made(world, move.id) for move in world.rows("account.move", ("ref", "=", ref)))


@defaults("clerk", "A default posts a plain entry, which is then made a bill.", "kind and state of the entry")
def posted_entry_becomes_a_bill(world):
    clerk = world.as_("clerk")
    clerk.default("account.move", "state", "posted")
    values = {name: value for name, value in world.bill_values().items() if name in ("ref", "date", "partner_id")}
    move_id = clerk.new("account.move", **values, move_type="entry")
    if move_id:
        clerk.call("account.move", "write", [move_id], {"move_type": "in_invoice"})
    return _made(world, move_id)


@defaults("admin of Odoo's defaults", "A default for everybody posts what a clerk creates.", "state of the bill")
def bill_posted_by_a_default_for_everybody(world):
    world.env["ir.default"].set("account.move", "state", "posted")
    world.commit()
    world.env.registry.signal_changes()
    return _made(world, world.as_("clerk").new("account.move", **world.bill_values()))


def _decided_by_default(world, who):
    person, colleague = world.as_(who), world.user("gate_reviewer")
    for field, value in (
        ("state", "decided"),
        ("decision", "overridden"),
        ("ground_truth", "negative"),
        ("is_label", True),
        ("decided_by_id", colleague.id),
        ("decided_date", "2026-01-01 00:00:00"),
    ):
        person.default("ai.deployment.review", field, value)


def _forged(world, move):
    """Whether a review of the bill was answered by nobody."""
    world.look()
    reviews = world.rows("ai.deployment.review", ("res_model", "=", "account.move"), ("res_id", "=", move.id))
    if any(review.state == "decided" for review in reviews):
        return "a review was born with an answer"
    return "the bill was posted" if world.posted_unseen(move) else ""


@defaults("clerk", "Reviews are born answered by a colleague; then the held bill is posted twice.", "reviews, state")
def review_born_answered(world):
    move = world.bill()
    _decided_by_default(world, "clerk")
    world.post("clerk", move)
    return _forged(world, move)


@defaults("clerk", "The same where routing has asked nobody, so that the gate itself asks.", "reviews, state")
def review_of_the_gate_born_answered(world):
    move = world.bill()
    world.bills._score(move)
    world.rows("ai.deployment.review", ("res_id", "=", move.id), ("state", "=", "open"))._set_aside("withdrawn")
    world.commit()
    _decided_by_default(world, "clerk")
    world.post("clerk", move)
    return _forged(world, move)


@defaults("reviewer", "Under four eyes, the second person's review is born answered.", "the second review")
def second_pair_of_eyes_born_answered(world):
    world.bills.four_eyes_amount = 1.0
    move, review = world.answerable_bill()
    person = world.as_("gate_reviewer")
    for field, value in (
        ("state", "decided"),
        ("decision", "overridden"),
        ("ground_truth", "negative"),
        ("decided_by_id", world.user("gate_owner").id),
        ("is_label", True),
    ):
        person.default("ai.deployment.review", field, value)
    answer = person.call("ai.deployment.review", "action_unsure", review.ids)
    wizard = person.call(
        "ai.deployment.review.decide",
        "create",
        [{"review_ids": [[6, 0, review.ids]], "decision": "overridden", "truth": "negative", "note": "Seen."}],
    )
    if not answer.ok and not wizard.ok:
        raise NotCarriedOut(f"the reviewer cannot answer: {answer.message}")
    if wizard.ok:
        person.call("ai.deployment.review.decide", "action_decide", wizard.value)
    world.look()
    reviews = world.rows("ai.deployment.review", ("res_id", "=", move.id), ("state", "=", "decided"))
    return any(one.decided_by_id != world.user("gate_reviewer") for one in reviews)


@defaults("clerk", "Alerts are born resolved and muted, so that nobody hears of the open gate.", "the alert")
def alert_born_resolved(world):
    move, clerk = world.bill(), world.as_("clerk")
    world.rows("ai.deployment.alert", ("cause", "=", "gate:open")).write({"state": "resolved"})
    world.bills.state = "suspended"
    world.commit()
    for field, value in (("state", "resolved"), ("muted_until", FAR), ("level", "notice"), ("notified_date", FAR)):
        clerk.default("ai.deployment.alert", field, value)
    answer = clerk.call("account.move", "action_post", move.ids)
    world.look()
    found = world.rows("ai.deployment.alert", ("cause", "=", "gate:open"), ("deployment_id", "=", world.bills.id))
    if not found:
        raise NotCarriedOut(f"no alert was raised: {answer.message}")
    return found[0].state != "firing" or bool(found[0].muted_until)


def _deployment_with(world, defaults_of, who="bill_owner"):
    person = world.as_(who)
    for field, value in defaults_of.items():
        person.default("ai.deployment", field, value)
    return world.look()["ai.deployment"].browse(world.new_deployment(who))


@defaults("owner", "Deployments are born in production.", "state of the new one")
def deployment_born_in_production(world):
    made = _deployment_with(world, {"state": "production", "is_primary": False})
    return bool(made) and made.state != "poc"


@defaults("owner", "Scores of a new deployment are shown to everybody.", "its viewer groups")
def viewers_by_default(world):
    made = _deployment_with(world, {"viewer_group_ids": world.env.ref("base.group_user").ids})
    return bool(made) and bool(made.viewer_group_ids)


@defaults("owner", "The log of a new deployment is kept for a day.", "its retention")
def log_kept_for_a_day(world):
    made = _deployment_with(world, {"retention_days": 1})
    return bool(made) and made.retention_days == 1


@defaults("owner", "Grace is 90 days, makers may pass, and more of what administrators set.", "these fields")
def administrators_fields_by_default(world):
    wanted = {"grace_days": 90, "gate_maker_may_pass": True, "poc_idle_weeks": 999}
    made = _deployment_with(world, wanted)
    return bool(made) and ", ".join(name for name, value in wanted.items() if made[name] == value)


@defaults("owner", "Half of the records are held out, with no date since when.", "the field, and the list of leads")
def list_of_leads_broken_by_holdout(world):
    made = _deployment_with(world, {"holdout_share": 0.5})
    answer = world.as_("seller").call("crm.lead", "search_read", [], ["ai_score"], limit=5)
    if made and made.holdout_share:
        return "the share was taken"
    return not answer.ok and "the list of leads fails"


@defaults("owner", "Every stored field that the system keeps, each by a default.", "the fields of the new one")
def system_fields_by_default(world):
    env, taken = world.look(), []
    fields = {
        "accepted_by_id": world.user("bill_owner").id,
        "accepted_date": "2026-01-01 00:00:00",
        "action_server_id": env["ir.actions.server"].search([], limit=1).id,
        "champion_id": world.bills.champion_id.id,
        "is_demonstration": False,
        "live_since": "2020-01-01 00:00:00",
        "holdout_since": "2020-01-01 00:00:00",
        "fallback_since": "2020-01-01 00:00:00",
        "lesson": "Learned.",
        "shown_until": FAR,
        "checks_taken": True,
        "unowned_date": FAR,
        "holdout_reason": "Because.",
        "fallback_reason": "Because.",
        "health_taken": True,
        "routing_thresholds": {"a": 1},
        "routing_rules": {"a": 1},
        "risk_state": {"a": 1},
        "res_model": "crm.lead",
    }
    person = world.as_("bill_owner")
    before = world.look()["ai.deployment"].browse(world.new_deployment("bill_owner"))
    for field, value in fields.items():
        person.default("ai.deployment", field, value)
    made = world.look()["ai.deployment"].browse(world.new_deployment("bill_owner"))
    if not before:
        raise NotCarriedOut("the owner cannot make a deployment")
    if made:
        taken = [
            name
            for name in fields
            if name != "accepted_date" and made[name] != before[name] and name not in ("shown_until",)
        ]
        if made.shown_until and str(made.shown_until) == FAR:
            taken.append("shown_until")
    return ", ".join(taken)


@defaults("owner", "Rows of the checklist are born met and waived for ever.", "the rows of a new deployment")
def checklist_born_met(world):
    person = world.as_("bill_owner")
    for field, value in (
        ("state", "met"),
        ("waived_until", FAR),
        ("waiver_reason", "Because."),
        ("signed_date", "2026-01-01 00:00:00"),
        ("waived_by_id", world.user("manager").id),
        ("signed_by_id", world.user("manager").id),
    ):
        person.default("ai.deployment.check", field, value)
    made = world.look()["ai.deployment"].browse(world.new_deployment("bill_owner"))
    rows = made.check_ids
    forged = rows.filtered(lambda row: row.waived_until or row.waived_by_id or row.signed_date or row.signed_by_id)
    return bool(forged or rows.filtered(lambda row: row.state == "met" and not row.evidence))


@defaults("owner", "A row of one's own is born met.", "the row")
def own_row_born_met(world):
    person, made = world.as_("bill_owner"), world.new_deployment("bill_owner")
    for field, value in (("state", "met"), ("waived_until", FAR), ("evidence", "Seen."), ("rule", "explained")):
        person.default("ai.deployment.check", field, value)
    row = world.look()["ai.deployment.check"].browse(
        person.new("ai.deployment.check", deployment_id=made, name="Mine", dimension="business")
    )
    return bool(row) and (row.state == "met" or bool(row.waived_until) or bool(row.evidence))


@defaults("owner", "A colleague's signature is born signed.", "the signature")
def signature_born_signed(world):
    person, made = world.as_("bill_owner"), world.new_deployment("bill_owner")
    digest = Explanation(world.look()["ai.deployment"].browse(made)).digest()
    person.default("ai.deployment.signature", "signed_date", "2026-01-01 00:00:00")
    person.default("ai.deployment.signature", "digest", digest)
    signature = world.look()["ai.deployment.signature"].browse(
        person.new("ai.deployment.signature", deployment_id=made, role="it", user_id=world.user("colleague").id)
    )
    return bool(signature) and bool(signature.signed_date or signature.digest)


@defaults("owner", "A case that must not be decided is born proved.", "the case")
def edge_case_born_proved(world):
    person, made = world.as_("bill_owner"), world.new_deployment("bill_owner")
    for field, value in (("is_proved", True), ("tested_count", 20), ("result", "All went to a person.")):
        person.default("ai.deployment.edge.case", field, value)
    case = world.look()["ai.deployment.edge.case"].browse(
        person.new("ai.deployment.edge.case", deployment_id=made, name="Rent", domain="[('ref', '=', 'rent')]")
    )
    return bool(case) and bool(case.is_proved or case.tested_count or case.result)


@defaults("owner", "An input is born without a suspicion of a leak, and as not sensitive.", "the input")
def input_born_harmless(world):
    person, made = world.as_("bill_owner"), world.new_deployment("bill_owner")
    verdicts = world.env["ai.deployment.feature"]._fields["leak_verdict"].get_values(world.env)
    person.default("ai.deployment.feature", "leak_verdict", verdicts[0])
    person.default("ai.deployment.feature", "key", "forged")
    feature = world.look()["ai.deployment.feature"].browse(
        person.new("ai.deployment.feature", deployment_id=made, path="amount_total", name="Amount")
    )
    return bool(feature) and (bool(feature.leak_verdict) or feature.key == "forged")


def _decoy(world, values=(), **defaults_of):
    """Another deployment on bills, made by somebody else; then the held bill is posted."""
    move, person, values = world.held_bill(), world.as_("bill_owner"), dict(values)
    for field, value in defaults_of.items():
        person.default("ai.deployment", field, value)
    made = world.new_deployment("bill_owner", gate="block", **values) or world.new_deployment("bill_owner", **values)
    person.call("ai.deployment", "write", [made], {"gate": "block"})
    person.call("ai.deployment", "write", [made], {"active": False})
    world.restore_defaults()
    world.post("clerk", move)
    return bool(made) and world.posted_unseen(move, allowed=("passed", "waived"))


@defaults(
    "other owner", "A decoy in production by default is made archived, with its gate on.", "state of the held bill"
)
def archived_decoy_opens_the_gate(world):
    return _decoy(world, {"active": False}, state="production")


@defaults("other owner", "A decoy is born in production and archived.", "state of the held bill")
def decoy_born_archived_opens_the_gate(world):
    return _decoy(world, state="production", active=False, gate="block")


@defaults("other owner", "A decoy is born retired, or switched off.", "state of the held bill")
def retired_decoy_opens_the_gate(world):
    return _decoy(world, state="suspended", is_primary=True)
