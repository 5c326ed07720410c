"""Calls as leads in Odoo: they come open, at the first stage, and are closed once their outcome is known."""

import json
from datetime import timedelta

from odoo import Command
from odoo.tools import SQL

from . import _copies
from ._copies import new
from ._lead_file import CATEGORIES, NUMBERS

TAGGED = CATEGORIES  # predictive lead scoring reads no properties, but it reads tags
CLOSED_AFTER = timedelta(hours=6)


class Leads:
    """Loads calls; `ids` holds the lead of each, by its number in the file."""

    def __init__(self, env, calls, closed_after=CLOSED_AFTER):
        self.env = env
        self.closed_after = closed_after
        self.ids = {}
        self.medium = self._named("utm.medium", {call.contact for call in calls})
        self.source = self._named("utm.source", {call.outcome_before for call in calls})
        self.tag = self._named("crm.tag", {tag for call in calls for tag in _tags(call)})
        self.reason = env["crm.lost.reason"].create({"name": "Did not subscribe"})
        self.won_stage = env["crm.stage"].search([("is_won", "=", True)], limit=1)
        self.team = env["crm.team"].create(
            {
                "name": "Telephone sales",
                "lead_properties_definition": [
                    *({"name": name, "string": name, "type": "integer"} for name in NUMBERS),
                    *({"name": name, "string": name, "type": "char"} for name in CATEGORIES),
                ],
            }
        )
        self.template = env["crm.lead"].create(
            {"name": "Template", "type": "opportunity", "team_id": self.team.id, "user_id": False}
        )
        self.template.tag_ids = [Command.clear()]
        env.flush_all()

    def _named(self, model, names):
        names = sorted(names)
        records = self.env[model].create([{"name": name} for name in names])
        return dict(zip(names, records.ids, strict=True))

    def open(self, calls, marked=frozenset()):
        """Leads as they come in; numbers in `marked` get a mark in `referred`, to tell two halves apart."""
        env = self.env
        first = env.execute_query(SQL("SELECT nextval('crm_lead_id_seq')"))[0][0]
        ids = range(first, first + len(calls))
        env.cr.execute("SELECT setval('crm_lead_id_seq', %s)", [ids[-1]])
        self.ids.update(zip((call.number for call in calls), ids, strict=True))
        columns = {
            "id": "int4",
            "name": "varchar",
            "created": "timestamp",
            "medium_id": "int4",
            "source_id": "int4",
            "function": "varchar",
            "lead_properties": "jsonb",
            "referred": "varchar",
        }
        rows = [
            (
                lead_id,
                f"Call {call.number + 1}",
                call.created,
                self.medium[call.contact],
                self.source[call.outcome_before],
                call.job,
                json.dumps({name: value for name, value in call.properties.items() if value is not None}),
                "held out" if call.number in marked else None,
            )
            for lead_id, call in zip(ids, calls, strict=True)
        ]
        _copies.stage(env, "new_leads", columns, rows)
        same = ("id", "name", "medium_id", "source_id", "function", "lead_properties", "referred")
        dated = ("create_date", "write_date", "date_last_stage_update")
        overrides = {name: new(name) for name in same} | {name: new("created") for name in dated}
        _copies.copy(env, self.template, "new_leads", overrides)
        tags = [(lead_id, self.tag[tag]) for lead_id, call in zip(ids, calls, strict=True) for tag in _tags(call)]
        _copies.stage(env, "new_tags", {"lead_id": "int4", "tag_id": "int4"}, tags)
        env.cr.execute("INSERT INTO crm_tag_rel (lead_id, tag_id) SELECT lead_id, tag_id FROM new_tags")
        return self.records(calls)

    def close(self, calls):
        """The outcome becomes known; the rows look as `action_set_won` and `action_set_lost` leave them."""
        self.env.flush_all()
        for won in (True, False):
            values = {
                "probability": 100 if won else 0,
                "automated_probability": 100 if won else 0,
                "won_status": "won" if won else "lost",
                "active": won,
                **({"stage_id": self.won_stage.id} if won else {"lost_reason_id": self.reason.id}),
            }
            closed = SQL("create_date + %s", self.closed_after)
            assigned = [SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()]
            dated = ("date_closed", "write_date", *(("date_last_stage_update",) if won else ()))
            assigned += [SQL("%s = %s", SQL.identifier(name), closed) for name in dated]
            ids = [self.ids[call.number] for call in calls if call.won == won]
            self.env.cr.execute(SQL("UPDATE crm_lead SET %s WHERE id = ANY(%s)", SQL(", ").join(assigned), ids))
        self.env.invalidate_all()

    def records(self, calls):
        return self.env["crm.lead"].browse(self.ids[call.number] for call in calls)


def _tags(call):
    return [f"{name}: {call.properties[name]}" for name in TAGGED if call.properties[name] is not None]
