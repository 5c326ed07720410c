"""Kind 7: what a person may learn of records, along every path and on every surface that shows something of them."""

import datetime
from functools import partial

from drills._attack_world import CANARY, NotCarriedOut, attack, leaks

from odoo.addons.ai_deployment.models.tools import clock

KIND = "record_rules"
STANDARD_METHODS = {
    "create",
    "write",
    "unlink",
    "copy",
    "default_get",
    "init",
    "onchange",
    "web_save",
    "web_read",
    "fields_get",
}
RAW_FIELDS = (
    ("ai.deployment.inference", "inputs"),
    ("ai.deployment.inference", "codes"),
    ("ai.deployment.score", "codes"),
    ("ai.deployment.gate.event", "fingerprint"),
)
rules = partial(attack, KIND)


def _values(answer, name):
    """What an answer of `search_read`, `read` or `web_search_read` holds under `name`, empty values aside."""
    rows = answer.value if answer.ok else []
    if isinstance(rows, dict):
        rows = rows.get("records", [])
    return [row[name] for row in rows or [] if row.get(name)]


# Inputs


def _log_of_an_own_lead(world, path, secret_values):
    """What the log says of a lead of `selling_owner` under an input that leads to colleagues' leads of its customer.

    Five customers have twenty old leads each, so that the input varies; the own lead's customer has the secret one too.
    """
    person, env = world.as_("selling_owner"), world.env
    customers = env["res.partner"].create([{"name": f"Shared customer {number}"} for number in range(6)])
    old = env["crm.lead"].search([("partner_id", "=", False)], order="id", limit=100)
    secret = world.lead(partner_id=customers[5].id, **secret_values)
    own = world.lead("selling_owner", partner_id=customers[5].id)
    env.flush_all()
    for number, lead in enumerate(old):
        env.cr.execute("UPDATE crm_lead SET partner_id = %s WHERE id = %s", [customers[number % 5].id, lead.id])
    env.cr.execute("UPDATE crm_lead SET create_date = '2020-01-01' WHERE id = %s", [secret.id])
    world.commit()
    made = person.new(
        "ai.deployment",
        name="Probe",
        purpose="Probe",
        model_id=world.model_id("crm.lead"),
        method="anomaly",
        feature_ids=[
            [0, 0, {"path": path, "name": "Others", "leak_override": "It is known at once."}],
            [0, 0, {"path": "expected_revenue", "name": "Revenue"}],
        ],
    )
    answers = [person.call("ai.deployment", "action_train", [made])] if made else []
    world.look()["ai.deployment.training"]._cron_train()  # as the scheduled action does
    answers += [person.call("ai.deployment", "action_start_shadow", [made])] if made else []
    text = ""
    if made and all(answer.ok for answer in answers):
        action = world.look()["ai.deployment"].browse(made).action_server_id
        person.call(
            "ir.actions.server",
            "run",
            action.ids,
            context={"active_model": "crm.lead", "active_id": own.id, "active_ids": own.ids},
        )
        found = person.call("ai.deployment.inference", "search_read", [("deployment_id", "=", made)], ["inputs_text"])
        text = " ".join(_values(found, "inputs_text"))
        world.trace(f"    {text}")
    world.look()
    world.env.cr.execute("UPDATE crm_lead SET partner_id = NULL WHERE partner_id = ANY(%s)", [customers.ids])
    world.commit()
    return text


@rules("owner with own leads", "An input reads a colleague's lead through the customer.", "the log of an own lead")
def input_through_a_list(world):
    return "77,777" in _log_of_an_own_lead(
        world, "partner_id.opportunity_ids.expected_revenue", {"expected_revenue": 77_777}
    )


@rules("owner with own leads", "An input counts colleagues' leads through the customer.", "the log of an own lead")
def input_counting_a_list(world):
    """How many leads colleagues have with a customer is told of records that the person cannot read."""
    return "Others: 2" in _log_of_an_own_lead(world, "partner_id.opportunity_ids", {})


def _trial(world, person, lead, condition):
    case = person.new(
        "ai.deployment.edge.case",
        deployment_id=world.leads.id,
        name="Probe",
        domain=str([("id", "=", lead.id), condition]),
    )
    if not case:
        return None
    person.call("ai.deployment.edge.case", "action_try", [case])
    row = world.look()["ai.deployment.edge.case"].browse(case)
    found = (row.tested_count, row.is_proved, (row.result or "").replace(str(lead.id), "N"))
    row.unlink()
    world.commit()
    return found


@rules(
    "owner with own leads", "Cases that must not be decided are tried on a colleague's lead.", "two results compared"
)
def trials_tell_of_leads(world):
    person, lead = world.as_("selling_owner"), world.lead(expected_revenue=60_000)
    world.leads.user_id = person.user
    world.commit()
    more = _trial(world, person, lead, ("expected_revenue", ">", 50_000))
    less = _trial(world, person, lead, ("expected_revenue", ">", 70_000))
    return more != less and f"{more} / {less}"


# Counts


@rules("owner", "Counts per bin of a day with one record are read.", "the answer")
def counts_of_a_single_record(world):
    world.lead()
    shown = []
    for method, arguments in (
        ("search_read", ([("deployment_id", "=", world.leads.id)], ["counts"])),
        ("web_search_read", ([("deployment_id", "=", world.leads.id)], {"counts": {}})),
    ):
        answer = world.as_("lead_owner").call("ai.deployment.profile", method, *arguments)
        shown += _values(answer, "counts")
    ids = world.rows("ai.deployment.profile", ("deployment_id", "=", world.leads.id)).ids[:3]
    answer = world.as_("lead_owner").call("ai.deployment.profile", "export_data", ids, ["counts"])
    return bool(shown) or (answer.ok and leaks(answer, "rows"))


@rules("auditor", "The same by the auditor, who reads inputs masked.", "the answer")
def counts_by_the_auditor(world):
    world.lead()
    answer = world.as_("auditor").call(
        "ai.deployment.profile", "search_read", [("deployment_id", "=", world.leads.id)], ["counts"], limit=3
    )
    return bool(_values(answer, "counts"))


# Scores that are not shown


def _lead_shown(world, values):
    lead = world.lead()
    world.leads.write(values)
    world.commit()
    return lead


def _score_elsewhere(world, who, lead):
    """Whether `who` reads, finds or groups the score where the lead itself does not show it."""
    person, domain = world.as_(who), [("deployment_id", "=", world.leads.id), ("res_id", "=", lead.id)]
    real = world.rows("ai.deployment.score", ("res_id", "=", lead.id), ("deployment_id", "=", world.leads.id))
    value = real[:1].predicted_value
    if not value:
        raise NotCarriedOut("the lead has no score")
    told = []
    for model in ("ai.deployment.score", "ai.deployment.inference", "ai.deployment.review"):
        answer = person.call(model, "search_read", domain, ["predicted_value"])
        told += [f"{model} read"] if _values(answer, "predicted_value") else []
        answer = person.call(model, "search_count", [*domain, ("predicted_value", ">", 0)])
        told += [f"{model} searched"] if answer.ok and answer.value else []
        answer = person.call(model, "formatted_read_group", domain, ["res_id"], ["predicted_value:max"])
        told += [f"{model} grouped"] if _values(answer, "predicted_value:max") else []
    answer = person.call("crm.lead", "search_read", [("id", "=", lead.id)], ["ai_score"])
    shown = _values(answer, "ai_score")
    told += ["the lead itself"] if shown and abs(shown[0] - value) < 1e-4 else []
    answer = person.call(
        "crm.lead",
        "search_count",
        [("id", "=", lead.id), ("ai_score", ">=", value - 1e-4), ("ai_score", "<=", value + 1e-4)],
    )
    told += ["the lead searched"] if answer.ok and answer.value else []
    return ", ".join(told)


@rules("seller", "Scores are read elsewhere after the days of grace.", "answers on scores, log, reviews, leads")
def score_after_grace(world):
    lead = _lead_shown(world, {"review_date": datetime.date(2020, 1, 1), "grace_days": 0})
    return _score_elsewhere(world, "seller", lead)


@rules("seller", "Scores below the line under which a fixed figure shows are read elsewhere.", "the same answers")
def score_below_the_fallback_line(world):
    lead = _lead_shown(world, {"fallback": "constant", "fallback_value": 0.123, "fallback_below": 1.0})
    return _score_elsewhere(world, "seller", lead)


@rules("seller", "Scores are read elsewhere while it is switched off.", "the same answers")
def score_while_switched_off(world):
    lead = _lead_shown(world, {"state": "suspended"})
    return _score_elsewhere(world, "seller", lead)


@rules("seller", "Scores are read elsewhere by somebody outside of the viewer groups.", "the same answers")
def score_without_viewer_group(world):
    lead, groups = world.lead(), world.leads.viewer_group_ids
    world.leads.viewer_group_ids = world.env.ref("base.group_system")
    world.commit()
    told = _score_elsewhere(world, "seller", lead)
    world.look()
    world.leads.viewer_group_ids = groups
    world.commit()
    return told


@rules("reviewer", "The score of a blind question is read before the answer.", "the same answers, and the review")
def score_of_a_blind_question(world):
    lead = world.lead("lead_reviewer")
    line = world.rows("ai.deployment.inference", ("res_id", "=", lead.id), ("deployment_id", "=", world.leads.id))[:1]
    review = world.rows("ai.deployment.review", ("res_id", "=", lead.id), ("state", "=", "open"))[:1]
    if not review:
        review = world.env["ai.deployment.review"].create(
            {
                "deployment_id": world.leads.id,
                "version_id": line.version_id.id,
                "company_id": world.env.company.id,
                "res_model": "crm.lead",
                "res_id": lead.id,
                "inference_id": line.id,
                "opened_date": clock.now(),
                "reason": "audit",
                "predicted_value": line.predicted_value,
                "prediction": line.prediction,
                "confidence": line.confidence,
                "deadline": clock.now(),
            }
        )
    review.write({"reviewer_id": world.user("lead_reviewer").id, "is_assigned": True, "is_blind": True})
    world.commit()
    return _score_elsewhere(world, "lead_reviewer", lead)


@rules("seller", "A colleague's lead: score, reasons, log and review, by id and by search.", "the same answers")
def score_of_a_colleagues_lead(world):
    lead = world.lead("selling_owner")
    return _score_elsewhere(world, "seller", lead)


@rules("administrator of deployments", "Scores of leads that the administrator cannot read.", "the same answers")
def score_read_by_the_administrator(world):
    lead = world.lead()
    return _score_elsewhere(world, "manager", lead)


# Posting without the right


@rules("who may only read bills", "Tries to post a held bill.", "the answer, and the gate's log")
def reader_tries_to_post(world):
    move = world.bill()
    person = world.as_("bookkeeper")
    before = world.events(move)
    answers = [
        person.call("account.move", "action_post", move.ids),
        person.call("account.move", "write", move.ids, {"state": "posted"}),
        person.json2(
            "account.move", "action_post", ids=move.ids, context={"disable_abnormal_invoice_detection": False}
        ),
        person.call("account.move", "action_validate_moves_with_confirmation", move.ids),
    ]
    world.look()
    told = world.events(move) - before
    words = ("to be reviewed first", "was asked to review", "A reviewer was asked")
    if told:
        return "the gate's log has a line of somebody who may not post"
    return any(leaks(answer, *words) for answer in answers) and "told why it is held"


# Every model


@rules("portal user", "Reads every model of the addon, by search, by id and through /json/2.", "rows in the answers")
def portal_reads_everything(world):
    return _read_anything(world, "portal", allowed=())


@rules("colleague without a role", "Reads every model of the addon.", "rows in the answers")
def colleague_reads_everything(world):
    return _read_anything(world, "colleague", allowed=("ai.deployment.signature", "ai.deployment.batch"))


def _read_anything(world, who, allowed):
    person, told = world.as_(who), []
    for model in sorted(name for name in world.env.registry if name.startswith("ai.deployment")):
        if model in allowed or world.env[model]._abstract:
            continue
        answers = [person.call(model, "search_read", [], ["id"], limit=2), person.json2(model, "search", domain=[])]
        ids = world.env[model].search([], limit=2).ids
        if ids:
            answers.append(person.call(model, "read", ids, ["id"]))
        if any(answer.ok and answer.value for answer in answers):
            told.append(model)
    return ", ".join(told)


@rules(
    "colleague without a role",
    "Looks for notes, activities and files of deployments where Odoo keeps them.",
    "planted texts in the answers",
)
def notes_of_a_deployment(world):
    world.bills._message_log(body=f"{CANARY} note")
    world.bills.activity_schedule(
        "mail.mail_activity_data_todo", user_id=world.user("gate_owner").id, summary=f"{CANARY} activity"
    )
    world.env["ir.attachment"].create(
        {"name": f"{CANARY} file.txt", "raw": b"x", "res_model": "ai.deployment", "res_id": world.bills.id}
    )
    world.commit()
    person, domain = world.as_("colleague"), [("res_model", "=", "ai.deployment"), ("res_id", "=", world.bills.id)]
    return any(
        leaks(answer, CANARY)
        for answer in (
            person.call(
                "mail.message",
                "search_read",
                [("model", "=", "ai.deployment"), ("res_id", "=", world.bills.id)],
                ["body"],
            ),
            person.call("mail.activity", "search_read", domain, ["summary"]),
            person.call("ir.attachment", "search_read", domain, ["name"]),
        )
    )


@rules(
    "auditor and administrator", "Raw inputs and bin codes are read, exported, grouped and sorted by.", "the answers"
)
def raw_inputs(world):
    world.lead()
    told = []
    for who in ("auditor", "manager", "lead_owner"):
        person = world.as_(who)
        for model, field in RAW_FIELDS:
            ids = world.env[model].search([], limit=2, order="id desc").ids
            answers = [
                person.call(model, "search_read", [], [field], limit=2),
                person.call(model, "read", ids, [field]),
                person.call(model, "export_data", ids, [field]),
                person.call(model, "search", [(field, "!=", False)], limit=1),
                person.call(model, "search", [], order=field, limit=1),
                person.call(model, "formatted_read_group", [], [field], ["__count"]),
                person.json2(model, "search_read", domain=[], fields=[field], limit=1),
            ]
            told += [f"{model}.{field} by {who}"] if any(one.ok and one.value for one in answers) else []
    return ", ".join(told)


@rules("seller", "The sorted list of leads tells the order of scores that are not shown.", "two orders compared")
def order_of_hidden_scores(world):
    low, high = world.lead(expected_revenue=1), world.lead(expected_revenue=500_000)
    world.leads.write({"review_date": datetime.date(2020, 1, 1), "grace_days": 0})
    world.commit()
    scores = {}
    for lead in (low, high):
        row = world.rows("ai.deployment.score", ("res_id", "=", lead.id), ("deployment_id", "=", world.leads.id))
        scores[lead.id] = row[:1].predicted_value
    if len(set(scores.values())) < 2:
        raise NotCarriedOut("both leads have the same score")
    person, domain, orders = world.as_("seller"), [("id", "in", (low + high).ids)], []
    for tie in ("id asc", "id desc"):
        for model, name, condition in (
            ("crm.lead", "ai_score", domain),
            ("ai.deployment.score", "predicted_value", [("res_id", "in", (low + high).ids)]),
        ):
            answer = person.call(model, "search_read", condition, ["id"], order=f"{name} desc, {tie}")
            orders.append([row["id"] for row in answer.value or []] if answer.ok else [])
    return len(orders[0]) > 1 and orders[0] == orders[2] or len(orders[1]) > 1 and orders[1] == orders[3]


def _public_methods(model):
    """Names of the methods of the addon that anybody may call over RPC on `model`."""
    for kind in type(model).mro():
        if kind.__module__.startswith("odoo.addons.ai_deployment"):
            for name, member in vars(kind).items():
                if callable(member) and not name.startswith("_") and name not in STANDARD_METHODS:
                    yield name


@rules(
    "owner of something else, colleague, other administrator",
    "Every public method, on rows that they cannot read.",
    "planted texts in the answers, the rows",
)
def every_public_method(world):
    _plant(world)
    told = []
    for model in sorted(name for name in world.env.registry if name.startswith("ai.deployment")):
        if world.env[model]._abstract or world.env[model]._transient:
            continue
        about = "id" if model == "ai.deployment" else "deployment_id"
        row = about in world.env[model]._fields and world.env[model].search([(about, "=", world.bills.id)], limit=1)
        for method in sorted(set(_public_methods(world.env[model]))) if row else ():
            for who in ("pure_owner", "colleague", "foreign_manager"):
                before = _stored(row)
                answer = world.as_(who).call(model, method, row.ids)
                told += [f"{model}.{method} tells {who}"] if leaks(answer, CANARY) else []
                row = world.look()[model].browse(row.id)
                told += [f"{model}.{method} acts for {who}"] if not row.exists() or _stored(row) != before else []
                if not row.exists():
                    break
    return "; ".join(told)


def _plant(world):
    world.held_bill()
    world.env["ai.deployment.alert"]._raise(world.bills, f"attack{world.number()}", name=f"{CANARY} alert")
    world.bills.write({"purpose": f"{CANARY} purpose", "limits": f"{CANARY} limits"})
    world.bills.check_ids[:1].write({"evidence": f"{CANARY} evidence", "requirement": f"{CANARY} requirement"})
    world.commit()


def _stored(row):
    return [
        str(row[name])
        for name, field in row._fields.items()
        if field.store and field.column_type and name not in ("write_date", "write_uid")
    ]
