"""Kind 4: stored computed fields and fields that the system keeps, written over RPC."""

import datetime
import json
from functools import partial

from drills._attack_world import NotCarriedOut, attack

KIND = "system_fields"
FAR = "2099-01-01"
# Read-only on screen, but a step of life that people take by writing it; `life_cycle` judges each.
WRITTEN_BY_PEOPLE = {"ai.deployment": {"state"}}
COLLEAGUES = {"create_uid", "create_date", "write_uid", "write_date", "id"}
system_fields = partial(attack, KIND)


def _other_value(record, field):
    """A value that differs from what `record` holds."""
    value = record[field.name]
    if field.type == "boolean":
        return not value
    if field.type in ("integer", "many2one_reference"):
        return (value or 0) + 1
    if field.type in ("float", "monetary"):
        return (value or 0) + 0.25
    if field.type == "date":
        return FAR
    if field.type == "datetime":
        return f"{FAR} 00:00:00"
    if field.type == "selection":
        return next((key for key in field.get_values(record.env) if key != value), value)
    if field.type == "json":
        return {"forged": 1}
    if field.type == "many2one":
        others = record.env[field.comodel_name].search([("id", "!=", value.id)], limit=1)
        return others.id
    if field.relational:
        return [[5]] if value else [[6, 0, record.env[field.comodel_name].search([], limit=1).ids]]
    return f"{value or ''} forged"


def _plain(record, field):
    value = record[field.name]
    return json.dumps(value.ids if field.relational else value, default=str)


def _kept_fields(record):
    """Stored fields that no person may write: read-only or computed without being editable."""
    by_people = WRITTEN_BY_PEOPLE.get(record._name, set()) | COLLEAGUES
    for name, field in record._fields.items():
        if field.store and field.readonly and name not in by_people and field.type != "binary":
            yield field


def _written(world, who, record, names=None):
    """Names of the system's fields that `who` could change over RPC or `/json/2`."""
    if not record:
        raise NotCarriedOut("there is no such row")
    person, taken = world.as_(who), []
    for field in list(_kept_fields(record)):
        if names and field.name not in names:
            continue
        before, value = _plain(record, field), _other_value(record, field)
        person.call(record._name, "write", record.ids, {field.name: value})
        person.json2(record._name, "write", ids=record.ids, vals={field.name: value})
        record = world.look()[record._name].browse(record.id)
        if not record.exists() or _plain(record, field) != before:
            taken.append(field.name)
    return ", ".join(taken)


@system_fields("owner", "`shown_until` is written, so that scores come back though the review is overdue.", "the field")
def scores_brought_back(world):
    world.bills.write({"review_date": datetime.date(2020, 1, 1), "grace_days": 0})
    world.commit()
    answer = world.as_("gate_owner").call("ai.deployment", "write", world.bills.ids, {"shown_until": FAR})
    return answer.ok and str(world.look()["ai.deployment"].browse(world.bills.id).shown_until) == FAR


@system_fields("owner", "`has_edge_cases` is written, so that nothing is looked for.", "the field")
def edge_cases_switched_off(world):
    case = world.env["ai.deployment.edge.case"].create(
        {"deployment_id": world.bills.id, "name": "Rent", "domain": "[('ref', '=', 'rent')]"}
    )
    world.commit()
    world.as_("gate_owner").call("ai.deployment", "write", world.bills.ids, {"has_edge_cases": False})
    off = not world.look()["ai.deployment"].browse(world.bills.id).has_edge_cases
    world.env["ai.deployment.edge.case"].browse(case.id).unlink()
    world.commit()
    return off


@system_fields("owner", "Each stored field of a deployment that the system keeps.", "all of these fields")
def deployment_by_its_owner(world):
    return _written(world, "gate_owner", world.bills)


@system_fields("administrator", "Each stored field of a deployment that the system keeps.", "all of these fields")
def deployment_by_the_administrator(world):
    return _written(world, "manager", world.leads)


@system_fields("deputy", "Each stored field of a deployment that the system keeps.", "all of these fields")
def deployment_by_its_deputy(world):
    return _written(world, "gate_deputy", world.bills)


@system_fields("owner", "Evidence, signatures and waivers of a row of the checklist are written.", "the row")
def row_of_the_checklist(world):
    return _written(world, "gate_owner", world.bills.check_ids[-1:])


@system_fields("owner", "What a row of one's own was proved by is written.", "the row")
def own_row_of_the_checklist(world):
    made = world.new_deployment("bill_owner")
    row = world.as_("bill_owner").new("ai.deployment.check", deployment_id=made, name="Mine", dimension="business")
    return _written(world, "bill_owner", world.look()["ai.deployment.check"].browse(row))


@system_fields("owner", "The answer of a review is written.", "the review")
def review_by_the_owner(world):
    _move, review = world.answerable_bill()
    return _written(world, "gate_owner", review)


@system_fields("reviewer", "The answer of one's own review is written past the question.", "the review")
def review_by_the_reviewer(world):
    _move, review = world.answerable_bill()
    return _written(world, "gate_reviewer", review)


@system_fields("owner", "What came of trying a case that must not be decided is written.", "the case")
def edge_case_by_its_owner(world):
    made = world.new_deployment("bill_owner")
    case = world.as_("bill_owner").new(
        "ai.deployment.edge.case", deployment_id=made, name="Rent", domain="[('ref', '=', 'rent')]"
    )
    return _written(world, "bill_owner", world.look()["ai.deployment.edge.case"].browse(case))


@system_fields(
    "owner and administrator",
    "What the system keeps of inputs, channels, triggers, signatures and rules.",
    "all of these fields",
)
def what_hangs_on_a_deployment(world):
    taken = []
    for model in (
        "ai.deployment.feature",
        "ai.deployment.channel",
        "ai.deployment.trigger",
        "ai.deployment.review.rule",
        "ai.deployment.waiver",
        "ai.deployment.signature",
    ):
        row = world.rows(model, ("deployment_id", "=", world.bills.id))[:1]
        for who in ("gate_owner", "manager") if row else ():
            names = _written(world, who, world.look()[model].browse(row.id))
            taken += [f"{model} as {who}: {names}"] if names else []
    return "; ".join(taken)


@system_fields("administrator", "What the log, the decisions and the versions say is written.", "all of these fields")
def records_of_the_work(world):
    world.held_bill()
    taken = []
    for model in (
        "ai.deployment.version",
        "ai.deployment.assignment",
        "ai.deployment.approval",
        "ai.deployment.transition",
        "ai.deployment.gate.event",
        "ai.deployment.alert",
        "ai.deployment.report",
        "ai.deployment.profile",
        "ai.deployment.score",
    ):
        row = world.env[model].search([("deployment_id", "=", world.bills.id)], limit=1)
        names = row and _written(world, "manager", row)
        taken += [f"{model}: {names}"] if names else []
    return "; ".join(taken)


@system_fields("owner", "Lines of a deployment are written, made and removed through itself.", "the lines")
def through_the_lines_of_a_deployment(world):
    world.held_bill()
    world.env["ai.deployment.alert"]._raise(world.bills, f"attack{world.number()}", name="Alert")
    world.commit()
    person, taken = world.as_("gate_owner"), []
    forged = {
        "check_ids": {"state": "met"},
        "approval_ids": {"outcome": "go"},
        "transition_ids": {"to_state": "production"},
        "alert_ids": {"state": "resolved"},
        "assignment_ids": {"end_date": False},
        "report_ids": {"verdict": "quiet"},
        "version_ids": {"verdict": "better"},
        "signature_ids": {"signed_date": "2026-01-01 00:00:00"},
        "drill_ids": {"is_passed": True},
        "value_ids": {"money": 1e6},
        "edge_case_ids": {"is_proved": True},
    }
    for name, values in forged.items():
        before, rows = _lines(world, name, values)
        for command in (*([1, row, values] for row in rows[:1]), [0, 0, values], *([2, row] for row in rows[-1:])):
            person.call("ai.deployment", "write", world.bills.ids, {name: [command]})
            person.call("ai.deployment", "web_save", world.bills.ids, {name: [command]}, {"id": {}})
        taken += [name] if _lines(world, name, values)[0] != before else []
    return ", ".join(taken)


def _lines(world, name, values):
    """What the lines hold in the fields that are forged, and their ids."""
    rows = world.look()["ai.deployment"].browse(world.bills.id)[name]
    return [(row.id, *(str(row[key]) for key in values)) for row in rows], rows.ids


@system_fields("owner", "Deployments are imported in production, with what only administrators set.", "the new ones")
def imported_in_production(world):
    name = f"Imported {world.number()}"
    world.as_("bill_owner").call(
        "ai.deployment",
        "load",
        ["name", "purpose", "model_id/.id", "method", "state", "retention_days", "is_demonstration", "grace_days"],
        [[name, "x", str(world.model_id("account.move")), "anomaly", "production", "1", "True", "90"]],
    )
    made = world.look()["ai.deployment"].search([("name", "=", name)])
    return bool(made) and (made.state != "poc" or made.retention_days == 1 or made.grace_days == 90)


@system_fields(
    "owner", "A live deployment is copied, with its state, its people's signatures and its viewers.", "the copy"
)
def copied_alive(world):
    answer = world.as_("gate_owner").call(
        "ai.deployment", "copy", world.bills.ids, {"state": "production", "gate": "block"}
    )
    if not answer.ok:
        return False
    made = world.look()["ai.deployment"].browse(answer.value)
    return made.state != "poc" or bool(made.viewer_group_ids or made.approval_ids or made.accepted_by_id)
