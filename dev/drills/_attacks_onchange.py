"""Kind 2: forms that are not saved yet (`onchange`): what they show is computed before any right is checked."""

from functools import partial

from drills._attack_world import CANARY, attack, leaks

from odoo import Command

from odoo.addons.ai_deployment.models.tools import clock

KIND = "onchange"
onchange = partial(attack, KIND)


def _plant_alert(world):
    """An alert of the bills' deployment whose name nobody outside of it may read."""
    alert = world.env["ai.deployment.alert"]._raise(
        world.bills, f"attack{world.number()}", name=f"{CANARY} alert", level="alert"
    )
    world.commit()
    return alert


def _show(world, who, model, values, *fields, context=None):
    """The answer of the form. One that fails tells nothing but what its message holds."""
    return world.as_(who).onchange(model, values, *fields, context=context)


def _lead_values(world, domain):
    return {
        "name": "Probe",
        "purpose": "Probe",
        "model_id": world.model_id("crm.lead"),
        "method": "scorecard",
        "domain": domain,
        "horizon_days": 60,
        "company_id": world.env.company.id,
    }


def _oracle(world, who, target, condition_true, condition_false):
    """Whether the two questions about a record that the person cannot read have different answers.

    Beside it stand three leads that were won, so that the answer counts the lost ones.
    """
    won = [world.lead_of(target.company_id) for _number in range(3)]
    for lead in won:
        lead.action_set_won()
    won = _old_leads(world, won)
    _old_leads(world, [target])
    answers = []
    for condition in (condition_true, condition_false):
        domain = f"['|',('id','in',{won.ids}),'&',('id','=',{target.id}),{condition!r}]"
        values = {**_lead_values(world, domain), "company_id": target.company_id.id}
        answers.append((_show(world, who, "ai.deployment", values, "readiness").value or {}).get("value", {}))
    told = [answer.get("readiness") for answer in answers]
    return told[0] != told[1] and f"{told[0]} / {told[1]}"


def _old_leads(world, leads):
    """`leads` as if they had come long ago: their outcome is due."""
    world.env.flush_all()
    leads = world.env["crm.lead"].browse([lead.id for lead in leads])
    world.env.cr.execute(
        "UPDATE crm_lead SET create_date = create_date - interval '200 days',"
        " date_closed = date_closed - interval '200 days' WHERE id = ANY(%s)",
        [leads.ids],
    )
    world.commit()
    world.look()
    return leads


@onchange("pure owner", "The readiness of a new deployment answers yes or no about a lead.", "two answers compared")
def readiness_tells_of_leads(world):
    target = world.lead_of(world.env.company)
    return _oracle(world, "pure_owner", target, ("phone", "=like", "+44%"), ("phone", "=like", "+49%"))


@onchange("pure owner", "The same about a lead of another company.", "two answers compared")
def readiness_tells_of_another_company(world):
    target = world.lead_of(world.other_company, expected_revenue=77_777)
    return _oracle(world, "pure_owner", target, ("expected_revenue", ">", 70_000), ("expected_revenue", ">", 80_000))


@onchange("owner with own leads", "The same about another seller's lead.", "two answers compared")
def readiness_tells_of_a_colleagues_lead(world):
    target = world.lead_of(world.env.company, user_id=world.user("seller").id, email_from="secret@vip.example")
    return _oracle(world, "selling_owner", target, ("email_from", "ilike", "vip"), ("email_from", "ilike", "nobody"))


@onchange("pure owner", "Somebody else's alerts are put into a new deployment.", "their texts in the answer")
def alert_in_health_reason(world):
    alert = _plant_alert(world)
    values = {"state": "production", "alert_ids": [[6, 0, alert.ids]], "champion_id": world.bills.champion_id.id}
    names = ("health", "health_reason", "health_html", "open_alert_count")
    return leaks(_show(world, "pure_owner", "ai.deployment", values, *names), CANARY)


@onchange("pure owner", "Somebody else's figures of value are put into a new deployment.", "the money in the answer")
def money_in_value_text(world):
    row = (
        world.env["ai.deployment.value"].create(
            {
                "deployment_id": world.bills.id,
                "code": "net",
                "period": "after",
                "unit": "money",
                "date": clock.now(),
                "start_date": clock.today(),
                "end_date": clock.today(),
                "money": 7654321,
                "money_low": 7654321,
                "money_high": 7654321,
                "is_money": True,
                "has_enough_records": True,
                "is_compared": True,
                "row_count": 100,
            }
        )
        if not world.rows("ai.deployment.value", ("deployment_id", "=", world.bills.id), ("code", "=", "net"))
        else (world.rows("ai.deployment.value", ("deployment_id", "=", world.bills.id), ("code", "=", "net"))[0])
    )
    row.write({"money": 7654321, "money_low": 7654321, "money_high": 7654321})
    world.commit()
    values = {"value_ids": [[6, 0, row.ids]], "company_id": world.env.company.id}
    answer = _show(world, "pure_owner", "ai.deployment", values, "value_text", "value_html", "value_caveat")
    return leaks(answer, "7,654", "7654", "7,65", "7,700,000")


@onchange("pure owner", "A new signature points to somebody else's deployment.", "purpose and inputs in the answer")
def purpose_in_signature(world):
    world.bills.write({"purpose": f"{CANARY} purpose in five words or more", "limits": f"{CANARY} limits"})
    world.commit()
    values = {"deployment_id": world.bills.id, "role": "it"}
    return leaks(_show(world, "pure_owner", "ai.deployment.signature", values, "text_html", "state"), CANARY)


@onchange("pure owner", "Somebody else's inputs are put into a new deployment.", "their names in the answer")
def inputs_in_explanation(world):
    feature = world.bills.feature_ids[:1]
    feature.name = f"{CANARY} input"
    world.commit()
    values = {"name": "x", "feature_ids": [[6, 0, feature.ids]], "model_id": world.model_id("account.move")}
    return leaks(_show(world, "pure_owner", "ai.deployment", values, "explanation_html", "lessons_html"), CANARY)


@onchange("pure owner", "Somebody else's version is put into a new deployment.", "test figures in the answer")
def figures_in_routing_text(world):
    names, told = ("routing_text", "reference_text", "maturity_text"), []
    for routing in ("capacity", "error"):
        values = {**_lead_values(world, "[]"), "routing": routing, "reviews_per_day": 20}
        shown = []
        for champion in (world.leads.champion_id.id, False):
            answer = _show(world, "pure_owner", "ai.deployment", {**values, "champion_id": champion}, *names)
            shown.append({name: (answer.value or {}).get("value", {}).get(name) for name in names})
        told += [f"{name}: {text}" for name, text in shown[0].items() if text and text != shown[1][name]]
    return "; ".join(told)


@onchange("pure owner", "A new channel points to a private Discuss channel.", "its name in the answer")
def private_channel_name(world):
    channel = world.env["discuss.channel"].create(
        {
            "name": f"{CANARY} private",
            "channel_type": "group",
            "channel_member_ids": [Command.create({"partner_id": world.user("auditor").partner_id.id})],
        }
    )
    world.commit()
    values = {"kind": "discuss", "discuss_channel_id": channel.id}
    return leaks(_show(world, "pure_owner", "ai.deployment.channel", values, "name"), CANARY)


@onchange("pure owner", "A new channel points to contacts that the person cannot read.", "their names in the answer")
def partner_name_in_channel(world):
    partner = world.env["res.partner"].create(
        {"name": f"{CANARY} partner", "email": "x@y.example", "company_id": world.other_company.id}
    )
    world.commit()
    values = {"kind": "email", "partner_ids": [[6, 0, partner.ids]]}
    return leaks(_show(world, "pure_owner", "ai.deployment.channel", values, "name"), CANARY)


@onchange("clerk of another company who may pass", "Why a bill of this company is held.", "the reason in the answer")
def why_a_foreign_bill_is_held(world):
    move = world.held_bill()
    person = world.user("foreign_manager")
    person.group_ids += world.env.ref("ai_deployment.group_pass_gate")
    world.commit()
    answer = _show(world, "foreign_manager", "ai.deployment.gate.pass", {"move_id": move.id}, "why_held")
    return answer.ok and bool((answer.value.get("value") or {}).get("why_held"))


@onchange("who may pass, without bills", "Why a bill is held that the person cannot read.", "the reason in the answer")
def why_an_unreadable_bill_is_held(world):
    move, person = world.held_bill(), world.user("pure_owner")
    person.group_ids += world.env.ref("ai_deployment.group_pass_gate")
    world.commit()
    answer = _show(world, "pure_owner", "ai.deployment.gate.pass", {"move_id": move.id}, "why_held")
    person.group_ids -= world.env.ref("ai_deployment.group_pass_gate")
    world.commit()
    return answer.ok and bool((answer.value.get("value") or {}).get("why_held"))


@onchange("reviewer of something else", "The checklist of somebody else's deployment.", "its rows in the answer")
def checklist_in_the_decision(world):
    world.bills.check_ids[:1].sudo().write({"evidence": f"{CANARY} evidence"})
    world.commit()
    values = {"deployment_id": world.bills.id, "outcome": "go"}
    context = {"default_deployment_id": world.bills.id}
    names = ("checklist_html", "gap", "by_builder", "is_demonstration")
    answer = _show(world, "lead_reviewer", "ai.deployment.approve", values, *names, context=context)
    gap = answer.ok and (answer.value.get("value") or {})
    return leaks(answer, CANARY) or bool(gap and (gap.get("gap") or gap.get("checklist_html")))


@onchange("pure owner", "What a row of somebody else's checklist asks for.", "its text in the answer")
def requirement_of_a_foreign_row(world):
    row = world.bills.check_ids[:1]
    row.requirement = f"{CANARY} requirement"
    world.commit()
    values = {"check_id": row.id}
    answer = _show(
        world, "pure_owner", "ai.deployment.check.sign", values, "requirement", context={"default_check_id": row.id}
    )
    return leaks(answer, CANARY)


@onchange("owner of something else", "The question and the reason of somebody else's review.", "texts in the answer")
def question_of_a_foreign_review(world):
    _move, review = world.answerable_bill()
    answer = _show(
        world,
        "lead_reviewer",
        "ai.deployment.review.decide",
        {"review_ids": [[6, 0, review.ids]]},
        "truth_text",
        "hides_score",
        "review_count",
        "asks_text",
    )
    return answer.ok and bool((answer.value.get("value") or {}).get("truth_text"))


@onchange("manager of another company", "The inputs of a deployment of this company.", "their names in the answer")
def inputs_in_the_import(world):
    feature = world.bills.feature_ids[:1]
    feature.name = f"{CANARY} input"
    world.commit()
    values = {"deployment_id": world.bills.id}
    answer = _show(
        world,
        "foreign_manager",
        "ai.deployment.version.import",
        values,
        "inputs_text",
        context={"default_deployment_id": world.bills.id},
    )
    return leaks(answer, CANARY)


@onchange("pure owner", "When a record of somebody else's deployment was scored.", "the day in the answer")
def score_date_in_the_evidence(world):
    lead = world.lead()
    values = {"deployment_id": world.leads.id, "res_id": lead.id, "date": str(clock.today())}
    answer = _show(world, "pure_owner", "ai.deployment.record.evidence", values, "found", "inference_id")
    return answer.ok and bool((answer.value.get("value") or {}).get("inference_id"))


@onchange("pure owner", "Rows of somebody else's deployment in every list of a new one.", "planted texts in the answer")
def everything_at_once(world):
    """Each relation of a new deployment holds rows that the person cannot read; every computed field is asked for."""
    _plant_alert(world)
    world.bills.write({"purpose": f"{CANARY} purpose", "limits": f"{CANARY} limits"})
    world.bills.check_ids[:1].write({"evidence": f"{CANARY} evidence", "requirement": f"{CANARY} requirement"})
    world.bills.feature_ids[:1].name = f"{CANARY} input"
    world.commit()
    fields, foreign, asked = world.env["ai.deployment"]._fields, {}, []
    for name, field in fields.items():
        if field.type in ("one2many", "many2many") and (field.comodel_name or "").startswith("ai.deployment"):
            foreign[name] = [[6, 0, world.bills[name].ids]]
        elif field.type == "many2one" and world.bills[name]:
            foreign[name] = world.bills[name].id
        elif not field.store and field.compute and field.type in ("char", "text", "html"):
            asked.append(name)
    told = []
    for name, value in foreign.items():
        values = {"state": "production", "model_id": world.bills.model_id.id, name: value}
        told += [name] if leaks(_show(world, "pure_owner", "ai.deployment", values, *asked), CANARY) else []
    return ", ".join(told)
