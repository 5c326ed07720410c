"""Kind 8: several companies. The attacker administers another company, and has no part in this one."""

from functools import partial

from drills._attack_world import CANARY, NotCarriedOut, attack, leaks

from odoo.addons.ai_deployment.models.tools import clock

KIND = "companies"
companies = partial(attack, KIND)


def _shared_template(world):
    found = world.rows("ai.deployment.check.template", ("company_id", "=", False))
    if not found:
        raise NotCarriedOut("there is no template for all companies")
    return found[0]


@companies("administrator of another company", "The shared template says that one person may do all.", "the template")
def shared_template_lets_one_person_do_all(world):
    template = _shared_template(world)
    before = template.one_person
    world.as_("foreign_manager").call("ai.deployment.check.template", "write", template.ids, {"one_person": not before})
    after = world.look()["ai.deployment.check.template"].browse(template.id)
    changed = after.one_person != before
    after.one_person = before
    world.commit()
    return changed


@companies(
    "administrator of another company", "Rows of the shared template are removed, changed and added.", "the rows"
)
def shared_template_emptied(world):
    template, person = _shared_template(world), world.as_("foreign_manager")
    rows = template.line_ids
    names = set(rows.mapped("name"))
    person.call("ai.deployment.check.template", "write", template.ids, {"line_ids": [[5]]})
    person.call("ai.deployment.check.template.line", "unlink", rows[-1:].ids)
    person.json2("ai.deployment.check.template.line", "write", ids=rows[:1].ids, vals={"name": "Nothing"})
    person.new(
        "ai.deployment.check.template.line",
        template_id=template.id,
        code="forged",
        name="Forged",
        dimension="business",
        requirement="Nothing",
        rule="by_hand",
    )
    left = world.look()["ai.deployment.check.template"].browse(template.id).line_ids
    return left != rows or set(left.mapped("name")) != names


@companies("administrator of another company", "The shared template is archived, deleted or claimed.", "the template")
def shared_template_taken_away(world):
    template, person = _shared_template(world), world.as_("foreign_manager")
    person.call("ai.deployment.check.template", "write", template.ids, {"company_id": world.other_company.id})
    person.call("ai.deployment.check.template", "write", template.ids, {"active": False})
    left = world.look()["ai.deployment.check.template"].browse(template.id)
    return not left.exists() or not left.active or bool(left.company_id)


@companies("administrator of another company", "A template for all companies, or for this one, is made.", "templates")
def template_for_others_made(world):
    person = world.as_("foreign_manager")
    made = [
        person.new("ai.deployment.check.template", name="Ours", company_id=False, one_person=True),
        person.new("ai.deployment.check.template", name="Theirs", company_id=world.env.company.id, one_person=True),
    ]
    there = world.look()["ai.deployment.check.template"].browse(filter(None, made)).exists()
    foreign = there.filtered(lambda one: one.company_id != world.other_company)
    there.unlink()
    world.commit()
    return bool(foreign)


def _own_deployment(world):
    person = world.as_("foreign_manager")
    made = person.new(
        "ai.deployment",
        name=f"Foreign {world.number()}",
        purpose="An attack.",
        method="anomaly",
        model_id=world.model_id("account.move"),
    )
    if not made:
        raise NotCarriedOut("the administrator of the other company cannot make a deployment")
    return made


@companies("administrator of another company", "A deployment is moved into this company.", "its company")
def deployment_moved_in(world):
    made, person = _own_deployment(world), world.as_("foreign_manager")
    person.call("ai.deployment", "write", [made], {"company_id": world.env.company.id})
    person.json2(
        "ai.deployment",
        "write",
        ids=[made],
        vals={"company_id": world.env.company.id},
        context={"allowed_company_ids": [world.env.company.id, world.other_company.id]},
    )
    return world.look()["ai.deployment"].browse(made).company_id != world.other_company


@companies("administrator of another company", "A deployment is made in this company.", "its company")
def deployment_made_here(world):
    person = world.as_("foreign_manager")
    values = {
        "name": "In",
        "purpose": "An attack.",
        "method": "anomaly",
        "model_id": world.model_id("account.move"),
        "company_id": world.env.company.id,
    }
    made = [person.new("ai.deployment", **values)]
    answer = person.call("ai.deployment", "create", [values], context={"allowed_company_ids": [world.env.company.id]})
    made += answer.value if answer.ok else []
    person.default("ai.deployment", "company_id", world.env.company.id)
    made.append(person.new("ai.deployment", **{key: value for key, value in values.items() if key != "company_id"}))
    there = world.look()["ai.deployment"].browse(filter(None, made)).exists()
    return any(one.company_id != world.other_company for one in there)


@companies("administrator of another company", "Rows of this company are read with a forged company switch.", "answers")
def forged_company_switch(world):
    person, told = world.as_("foreign_manager"), []
    for context in (
        {},
        {"allowed_company_ids": [world.env.company.id]},
        {"allowed_company_ids": [world.other_company.id, world.env.company.id]},
    ):
        for model in sorted(name for name in world.env.registry if name.startswith("ai.deployment")):
            if world.env[model]._abstract or "deployment_id" not in world.env[model]._fields:
                continue
            domain = [("deployment_id", "in", (world.leads + world.bills).ids)]
            answer = person.call(model, "search_read", domain, ["id"], limit=1, context=context)
            told += [model] if answer.ok and answer.value else []
    return ", ".join(sorted(set(told)))


@companies("administrator of another company", "The file of a model that this company imports is read.", "the answer")
def file_of_a_foreign_import(world):
    wizard = (
        world.env["ai.deployment.version.import"]
        .with_user(world.user("manager"))
        .with_context(default_deployment_id=world.leads.id)
        .create({"file": "WnE3Q2FuYXJ5", "file_name": f"{CANARY}.skops", "expected_digest": CANARY})
    )
    world.commit()
    person = world.as_("foreign_manager")
    answers = [
        person.call(wizard._name, "read", wizard.ids, ["file", "file_name", "expected_digest", "inputs_text"]),
        person.call(wizard._name, "search_read", [], ["file", "file_name"]),
        person.call(wizard._name, "action_import", wizard.ids),
    ]
    return any(leaks(answer, CANARY, "WnE3Q2FuYXJ5") for answer in answers)


@companies("administrator of another company", "The dialog in which this company mutes an alert is read.", "the answer")
def foreign_mute_dialog(world):
    alert = world.env["ai.deployment.alert"]._raise(world.bills, f"attack{world.number()}", name="Alert")
    wizard = (
        world.env["ai.deployment.alert.mute"]
        .with_user(world.user("gate_owner"))
        .create({"alert_ids": [(6, 0, alert.ids)], "reason": f"{CANARY} reason"})
    )
    world.commit()
    person = world.as_("foreign_manager")
    answers = [
        person.call(wizard._name, "read", wizard.ids, ["reason", "alert_ids"]),
        person.call(wizard._name, "search_read", [], ["reason", "alert_ids"]),
        person.call(wizard._name, "write", wizard.ids, {"reason": "Changed"}),
    ]
    changed = world.look()[wizard._name].browse(wizard.id).reason != f"{CANARY} reason"
    return changed or any(answer.ok and leaks(answer, CANARY) for answer in answers)


@companies("every other person", "Wizards of a colleague are read, changed and run.", "the answers, the rows")
def wizards_of_a_colleague(world):
    """Each wizard of the addon, one row made by one person, another person with the same role at it."""
    told = []
    maker, other = world.user("manager"), world.as_("foreign_manager")
    for model in sorted(name for name in world.env.registry if name.startswith("ai.deployment")):
        if not world.env[model]._transient:
            continue
        rows = _row_of_wizard(world, model, maker)
        if not rows:
            continue
        answer = other.call(model, "read", rows.ids, ["id", "create_uid"])
        found = other.call(model, "search", [("id", "=", rows.id)])
        changed = other.call(model, "write", rows.ids, {})
        gone = other.call(model, "unlink", rows.ids)
        if (answer.ok and answer.value) or (found.ok and found.value) or changed.ok or gone.ok:
            told.append(model)
    return ", ".join(told)


def _some(env, model):
    """Return a record that a wizard needs and a small world lacks."""
    values = {"ai.deployment.endpoint": {"name": CANARY, "address": "https://models.example.com", "protocol": "json"}}
    return env[model].sudo().create(values[model])


def _row_of_wizard(world, model, maker):
    """A row of the wizard that `maker` opened, with what it requires filled in."""
    env = world.env
    filled = {
        "char": CANARY,
        "text": CANARY,
        "date": str(clock.today()),
        "datetime": f"{clock.today()} 09:00:00",
        "integer": 1,
        "float": 1,
        "many2one_reference": 1,
        "binary": "WnE3Q2FuYXJ5",
    }
    values = {}
    for name, field in env[model]._fields.items():
        if not field.store or field.related or not field.required:
            continue
        if field.type == "many2one":
            values[name] = (env[field.comodel_name].search([], limit=1) or _some(env, field.comodel_name)).id
        elif field.type == "selection":
            values[name] = field.get_values(env)[0]
        elif field.type in filled:
            values[name] = filled[field.type]
    values |= {"deployment_id": world.bills.id} if "deployment_id" in env[model]._fields else {}
    values |= {"check_id": world.bills.check_ids[:1].id} if "check_id" in env[model]._fields else {}
    try:
        with env.cr.savepoint():
            rows = env[model].with_user(maker).sudo().create(values)
    except Exception as error:
        raise NotCarriedOut(f"{model} cannot be made: {error}") from error
    world.commit()
    return rows


@companies(
    "administrator of another company", "An alert of this company is muted through a dialog of one's own.", "alert"
)
def foreign_alert_muted(world):
    alert = world.env["ai.deployment.alert"]._raise(world.bills, f"attack{world.number()}", name="Alert")
    world.commit()
    person = world.as_("foreign_manager")
    wizard = person.new(
        "ai.deployment.alert.mute",
        alert_ids=[[6, 0, alert.ids]],
        reason="Quiet",
        until=str(clock.today().replace(day=28)),
    )
    if wizard:
        person.call("ai.deployment.alert.mute", "action_mute", [wizard])
    return bool(world.look()["ai.deployment.alert"].browse(alert.id).muted_until)


@companies(
    "administrator of another company", "A wizard of one's own acts on a deployment of this company.", "its state"
)
def wizard_on_a_foreign_deployment(world):
    person = world.as_("foreign_manager")
    for model, method, values in (
        ("ai.deployment.retire", "action_retire", {"lesson": "Gone."}),
        ("ai.deployment.hand.over", "action_hand_over", {"user_id": person.user.id, "note": "Mine."}),
        ("ai.deployment.holdout", "action_hold_out", {"share": 0.5, "reason": "Mine."}),
        ("ai.deployment.extend", "action_extend", {"until": "2027-06-01", "reason": "Mine."}),
    ):
        answer = person.call(model, "create", [values], context={"default_deployment_id": world.leads.id})
        if answer.ok:
            person.call(model, method, answer.value)
    left = world.look()["ai.deployment"].browse(world.leads.id)
    return left.state != "production" or left.user_id == person.user or bool(left.holdout_share)


@companies("clerk", "A bill of a branch in the parent's journal is posted past the parent's gate.", "state of the bill")
def bill_of_a_branch(world):
    branch = world.env["res.company"].search([("name", "=", "Attack Branch")], limit=1)
    if not branch:
        branch = world.env["res.company"].create({"name": "Attack Branch", "parent_id": world.env.company.id})
    clerk = world.user("clerk")
    clerk.company_ids += branch
    world.commit()
    values = world.bill_values(company_id=branch.id)
    answer = world.as_("clerk").call(
        "account.move",
        "create",
        [values],
        context={"allowed_company_ids": [branch.id, world.env.company.id], "default_company_id": branch.id},
    )
    if not answer.ok:
        raise NotCarriedOut(f"the clerk cannot make a bill of the branch: {answer.message}")
    move = world.look()["account.move"].browse(answer.value[0])
    world.post("clerk", move, allowed_company_ids=[branch.id, world.env.company.id])
    return world.posted_unseen(move)
