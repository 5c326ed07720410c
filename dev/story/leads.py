"""Leads in the database: the history in batches, then day by day what comes, moves on, is won and is lost."""

import json
from datetime import timedelta

from odoo.tools import SQL

from . import names
from .lead_plan import (
    LANGUAGES,
    LOST_REASONS,
    NEW_SOURCE,
    PRODUCTS,
    PROPERTIES,
    SOURCES,
    is_of_branch,
    properties_of,
    seller_of,
)
from .people import (
    SELLERS,
    TEAMS,
    branch_of,
    user,
)

QUIET = {"tracking_disable": True, "mail_create_nosubscribe": True, "mail_create_nolog": True, "mail_notrack": True}
BATCH = 500


IMPORTED = "harrow_creek.imported_ids"


class Leads:
    def __init__(self, env, days, plan, seed):
        self.env, self.days, self.plan, self.seed = env, days, plan, seed
        self._known = None

    def ids(self):
        """Ids of the leads that came so far, in the order of the plan: they are created in that order."""
        query = SQL(
            "SELECT id FROM crm_lead WHERE id <> ALL(%s) ORDER BY id LIMIT %s", self.imported_ids(), len(self.plan)
        )
        return [row[0] for row in self.env.execute_query(query)]

    def imported_ids(self):
        """Ids of the old leads."""
        return json.loads(self.env["ir.config_parameter"].sudo().get_param(IMPORTED, "[]"))

    def _records(self, numbers):
        ids = self.ids()
        return self.env["crm.lead"].with_context(**QUIET).browse(ids[number] for number in numbers)

    # History

    def create_history(self):
        """All leads that came before the training, with the outcomes known by then."""
        self._prepare()
        past = [number for number, lead in enumerate(self.plan) if lead.day < self.days.training]
        for start in range(0, len(past), BATCH):
            self._create(past[start : start + BATCH])
        self._set_stages(self.days.training)
        self._set_outcomes(self.days.training)

    def import_old(self, old):
        """The leads `old` of the system before, in one call and so at one moment, in the order of the file."""
        leads = self.env["crm.lead"].with_context(**QUIET).create([self._values(lead) for lead in old])
        leads.flush_recordset()
        moment = self.days.at(old[0].day, old[0].minutes)
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %(moment)s, date_open = %(moment)s, date_last_stage_update = %(moment)s,"
            " write_date = %(moment)s, day_open = 0 WHERE id = ANY(%(ids)s)",
            {"moment": moment, "ids": leads.ids},
        )
        self.env["ir.config_parameter"].sudo().set_param(IMPORTED, json.dumps(leads.ids))
        self._close(list(zip(leads.ids, old, strict=True)))

    def _prepare(self):
        """Languages, sources, tags, lost reasons; Odoo's own scoring with every field it can read, from day one."""
        for code in set(LANGUAGES.values()):
            self.env["res.lang"]._activate_lang(code)
        self._find_or_create("utm.source", [*SOURCES])
        self._find_or_create("crm.tag", [*PRODUCTS])
        self._find_or_create("crm.lost.reason", LOST_REASONS)
        supported = self.env["crm.lead.scoring.frequency.field"].search([]).mapped("field_id.name")
        self.env["crm.team"].search([]).lead_properties_definition = [
            {
                "name": name,
                "string": label,
                "type": kind,
                **({"selection": [[_code(option), option] for option in options]} if kind == "selection" else {}),
                **({"tags": [[_code(tag), tag, place] for place, tag in enumerate(options)]} if kind == "tags" else {}),
            }
            for name, label, kind, options in PROPERTIES
        ]
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("crm.pls_fields", ",".join(supported))
        parameters.set_param("crm.pls_start_date", str(self.days.date(0)))

    def _find_or_create(self, model, wanted):
        there = set(self.env[model].with_context(active_test=False).search([]).mapped("name"))
        self.env[model].create([{"name": name} for name in wanted if name not in there])
        self._known = None

    def _set_stages(self, until):
        stages = self._known_ids()["stages"]
        moved = []
        for id_, lead in zip(self.ids(), self.plan, strict=False):
            done = [step for step in lead.steps if step < until]
            if done:
                moved.append((id_, stages[len(done)], self.days.at(done[-1], 600)))
        self.env.cr.execute_values(
            "UPDATE crm_lead SET stage_id = new.stage, date_last_stage_update = new.moment"
            " FROM (VALUES %s) AS new (id, stage, moment) WHERE crm_lead.id = new.id",
            moved,
        )
        self.env["crm.lead"].invalidate_model()

    def _set_outcomes(self, until):
        """Won and lost as Odoo leaves them: stage, probability, dates, archived with a reason."""
        self._close(
            [
                (id_, lead)
                for id_, lead in zip(self.ids(), self.plan, strict=False)
                if lead.close_day is not None and lead.close_day < until
            ]
        )

    def _close(self, leads):
        """The pairs (id, lead) as Odoo leaves them; those without a day of their end stay open."""
        known = self._known_ids()
        closed = [
            (id_, lead.won, self.days.at(lead.close_day, lead.minutes), known["reasons"][lead.lost_reason])
            for id_, lead in leads
            if lead.close_day is not None
        ]
        self.env.cr.execute_values(
            f"""
            UPDATE crm_lead SET
                won_status = CASE WHEN new.won THEN 'won' ELSE 'lost' END,
                stage_id = CASE WHEN new.won THEN {known["stages"][-1]} ELSE stage_id END,
                probability = CASE WHEN new.won THEN 100 ELSE 0 END,
                automated_probability = CASE WHEN new.won THEN 100 ELSE 0 END,
                prorated_revenue = CASE WHEN new.won THEN expected_revenue ELSE 0 END,
                active = new.won,
                lost_reason_id = CASE WHEN new.won THEN NULL ELSE new.reason END,
                date_closed = new.moment,
                date_last_stage_update = CASE WHEN new.won THEN new.moment ELSE date_last_stage_update END,
                day_close = EXTRACT(day FROM new.moment - create_date)
            FROM (VALUES %s) AS new (id, won, moment, reason) WHERE crm_lead.id = new.id
            """,
            closed,
        )
        self.env["crm.lead"].invalidate_model()

    # One day

    def come(self, day):
        """The leads that come on a day, created as a form or an import would."""
        numbers = [number for number, lead in enumerate(self.plan) if lead.day == day]
        if day == self.days.change:
            self._find_or_create("utm.source", [NEW_SOURCE])
        return self._create(numbers)

    def move_on(self, day):
        """Sellers move open leads to their next stage."""
        stages = self._known_ids()["stages"]
        for reached in (1, 2):
            leads = self._records(
                number
                for number, lead in enumerate(self.plan)
                if len(lead.steps) >= reached and lead.steps[reached - 1] == day and lead.day < day != lead.close_day
            ).filtered(lambda lead: lead.won_status == "pending")
            leads.write({"stage_id": stages[reached]})
            self._date(leads, "date_last_stage_update", self.days.at(day, 600))

    def end(self, day):
        """Sellers mark as won and lost what ends on a day."""
        ending = [number for number, lead in enumerate(self.plan) if lead.close_day == day]
        won = self._records(number for number in ending if self.plan[number].won)
        won.action_set_won()
        self._date(won, "date_last_stage_update", self.days.at(day, 960))
        lost = won.browse()
        for reason, id_ in self._known_ids()["reasons"].items():
            leads = self._records(
                number for number in ending if not self.plan[number].won and self.plan[number].lost_reason == reason
            )
            if leads:
                leads.action_set_lost(lost_reason_id=id_)
                lost += leads
        self._date(won + lost, "date_closed", self.days.at(day, 960))

    def name_source(self, lead):
        """What a seller does about a lead without a source: ask where they heard of the firm."""
        lead.source_id = self._known_ids()["sources"]["Website form"]

    def still_open(self):
        """Leads that came so far and have not ended."""
        return self.env["crm.lead"].search([("won_status", "=", "pending"), ("type", "=", "opportunity")])

    # Creating

    def _create(self, numbers):
        leads = (
            self.env["crm.lead"].with_context(**QUIET).create([self._values(self.plan[number]) for number in numbers])
        )
        leads.flush_recordset()
        moments = [self.days.at(self.plan[number].day, self.plan[number].minutes) for number in numbers]
        self.env.cr.execute_values(
            "UPDATE crm_lead SET create_date = new.moment, date_open = new.moment, date_last_stage_update = new.moment,"
            " write_date = new.moment, day_open = 0"
            " FROM (VALUES %s) AS new (id, moment) WHERE crm_lead.id = new.id",
            list(zip(leads.ids, moments, strict=True)),
        )
        leads.invalidate_recordset()
        return leads

    def _values(self, lead):
        facts, known = lead.facts, self._known_ids()
        country, deadline = facts["shown_country"], facts["deadline"]
        tags = {facts["product"], facts["second_product"]} - {None}
        values = {
            "type": "opportunity",
            "name": facts["title"],
            "partner_name": facts["company"],
            "contact_name": facts["contact"],
            "email_from": facts["email"],
            "phone": facts["phone"],
            "city": names.CITIES[facts["country"]][facts["city"]],
            "country_id": known["countries"].get(country),
            "lang_id": known["languages"][LANGUAGES[facts["country"]]],
            "source_id": known["sources"].get(facts["source"]),
            "medium_id": known["mediums"][facts["medium"]],
            "tag_ids": [(6, 0, [known["tags"][tag] for tag in sorted(tags)])],
            "expected_revenue": facts["revenue"],
            "priority": facts["priority"],
            "team_id": known["teams"][facts["team"]],
            "user_id": known["sellers"][seller_of(facts, self.seed)],
            "company_id": known["branch"] if is_of_branch(facts, self.seed) else self.env.company.id,
            "lead_properties": {
                name: [_code(tag) for tag in value] if isinstance(value, list) else _code(value)
                for name, value in properties_of(facts, self.seed).items()
            },
            "date_deadline": deadline and self.days.date(lead.day) + timedelta(days=deadline),
        }
        if country == "US" and facts["shown_state"]:
            values["state_id"] = known["states"][names.US_STATES[facts["city"]]]
        return values

    def _known_ids(self):
        if self._known is None:
            env = self.env(context={**self.env.context, "active_test": False, "lang": "en_US"})

            def by(model, key, domain=()):
                return {record[key]: record.id for record in env[model].search(list(domain))}

            self._known = {
                "countries": by("res.country", "code", [("code", "in", list(names.CITIES))]),
                "states": by(
                    "res.country.state", "code", [("country_id.code", "=", "US"), ("code", "in", names.US_STATES)]
                ),
                "languages": by("res.lang", "code"),
                "sources": by("utm.source", "name"),
                "mediums": by("utm.medium", "name"),
                "tags": by("crm.tag", "name"),
                "reasons": {name: id_ for name, id_ in by("crm.lost.reason", "name").items() if name in LOST_REASONS},
                "branch": branch_of(env).id,
                "teams": by("crm.team", "name", [("name", "in", list(TEAMS))]),
                "sellers": {login: user(env, login).id for login in SELLERS},
                "stages": env["crm.stage"].search([], order="sequence, id").ids,
            }
        return self._known

    def _date(self, leads, column, moment):
        """Odoo dates what happens by its own clock; the story happened on another day."""
        if leads:
            leads.flush_recordset()
            self.env.cr.execute(
                SQL("UPDATE crm_lead SET %s = %s WHERE id = ANY(%s)", SQL.identifier(column), moment, list(leads.ids))
            )
            leads.invalidate_recordset()


def _code(option):
    """How an option of a property is stored; a number as it is."""
    return option.lower().replace(" ", "_") if isinstance(option, str) else option
