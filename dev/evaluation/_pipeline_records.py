"""A made-up pipeline as records of Odoo: leads with messages, tracking and meetings, as they stood on a day."""

from datetime import timedelta

import numpy as np

from odoo.tools import SQL

from ._pipeline import BEGIN, COUNTRIES, PEOPLE, SOURCES


def moment(day):
    return BEGIN + timedelta(days=float(day))


class Records:
    """The leads of a `Pipeline` in the database, copied in SQL from one made through the ORM; nothing is committed."""

    def __init__(self, env, pipeline):
        self.env, self.pipeline = env, pipeline
        env["crm.lead"].with_context(active_test=False).search([]).unlink()
        stages = env["crm.stage"].search([], order="sequence, id")
        self.won_stage = stages.filtered("is_won")[:1].id
        self.stages = [stage.id for stage in stages if not stage.is_won][:3]
        self.sources = env["utm.source"].create([{"name": f"Pipeline {n}"} for n in range(SOURCES)]).ids
        self.countries = env["res.country"].search([], limit=COUNTRIES).ids
        self.people = self._people()
        self.ids = self._leads()
        self._history()
        for table in ("crm_lead", "mail_message", "mail_tracking_value", "calendar_event"):
            env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))

    def _people(self):
        users = self.env["res.users"].with_context(no_reset_password=True)
        group = self.env.ref("sales_team.group_sale_salesman").id
        logins = [f"pipeline_{n}" for n in range(PEOPLE)]
        return users.create(
            [
                {"name": name, "login": name, "email": f"{name}@example.com", "group_ids": [(4, group)]}
                for name in logins
            ]
        )

    def _copies(self, record, count, columns):
        """Insert `count` copies of `record` with other values: {column: (SQL type, list)}; their ids, in order."""
        self.env.flush_all()
        table = SQL.identifier(record._table)
        names = [
            name
            for (name,) in self.env.execute_query(
                SQL("SELECT column_name FROM information_schema.columns WHERE table_name = %s", record._table)
            )
            if name != "id" and name not in columns
        ]
        own = list(columns)
        rows = self.env.execute_query(
            SQL(
                "INSERT INTO %s (%s, %s) SELECT %s, %s FROM %s AS template, unnest(%s) WITH ORDINALITY AS n (%s, place)"
                " WHERE template.id = %s ORDER BY place RETURNING id",
                table,
                SQL(", ").join(map(SQL.identifier, own)),
                SQL(", ").join(map(SQL.identifier, names)),
                SQL(", ").join(SQL.identifier("n", name) for name in own),
                SQL(", ").join(SQL.identifier("template", name) for name in names),
                table,
                SQL(", ").join(SQL("%s::%s[]", values, SQL(kind)) for kind, values in columns.values()),
                SQL(", ").join(map(SQL.identifier, own)),
                record.id,
            )
        )
        self.env.cr.execute(SQL("DELETE FROM %s WHERE id = %s", table, record.id))
        self.env.invalidate_all()
        assert len(rows) == count
        return [row[0] for row in rows]

    def _leads(self):
        made = self.pipeline
        lead = self.env["crm.lead"].create({"name": "Pipeline", "type": "opportunity", "stage_id": self.stages[0]})
        came = [moment(day) for day in made.came]
        return self._copies(
            lead,
            made.count,
            {
                "create_date": ("timestamp", came),
                "date_last_stage_update": ("timestamp", came),
                "source_id": ("int4", [self.sources[n] for n in made.source]),
                "country_id": ("int4", [self.countries[n] for n in made.country]),
                "user_id": ("int4", [self.people[n].id for n in made.person]),
                "expected_revenue": ("numeric", made.first_revenue.tolist()),
            },
        )

    def _history(self):
        events, partners = self.pipeline.events, [person.partner_id.id for person in self.people]
        author = [partners[n] for n in self.pipeline.person]
        note, comment = self.env.ref("mail.mt_note").id, self.env.ref("mail.mt_comment").id
        call = self.env.ref("mail.mail_activity_data_call").id
        rows = [
            *((lead, at, "notification", author[lead], note, call) for lead, at in events.activities),
            *((lead, at, "email", None, comment, None) for lead, at in events.mails),
            *((lead, at, "comment", author[lead], comment, None) for lead, at in events.answers),
        ]
        self._messages(rows)
        tracked = [
            *(
                (lead, at, "stage_id", self.stages[old], self.stages[new], None, None)
                for lead, at, old, new in events.moves
            ),
            *(
                (lead, float(self.pipeline.ended[lead]), "stage_id", self.stages[stage], self.won_stage, None, None)
                for lead, stage in enumerate(self.pipeline.stage.tolist())
                if self.pipeline.won[lead]
            ),
            *((lead, at, "expected_revenue", None, None, old, new) for lead, at, old, new in events.revenues),
        ]
        messages = self._messages([(lead, at, "notification", author[lead], note, None) for lead, at, *_ in tracked])
        fields = {
            name: self.env["ir.model.fields"]._get_ids("crm.lead")[name] for name in ("stage_id", "expected_revenue")
        }
        self.env.cr.execute_values(
            "INSERT INTO mail_tracking_value (mail_message_id, field_id, old_value_integer, new_value_integer,"
            " old_value_float, new_value_float) VALUES %s",
            [
                (message, fields[name], *values)
                for message, (_l, _a, name, *values) in zip(messages, tracked, strict=True)
            ],
        )
        event = self.env["calendar.event"].create(
            {"name": "Demonstration", "start": BEGIN, "stop": BEGIN + timedelta(hours=1)}
        )
        starts = [moment(at) for _lead, at in events.meetings]
        self._copies(
            event,
            len(starts),
            {
                "opportunity_id": ("int4", [self.ids[lead] for lead, _at in events.meetings]),
                "start": ("timestamp", starts),
                "stop": ("timestamp", [start + timedelta(hours=1) for start in starts]),
                "create_date": ("timestamp", [start - timedelta(days=1) for start in starts]),
            },
        )

    def _messages(self, rows):
        message = self.env["mail.message"].create(
            {"model": "crm.lead", "res_id": self.ids[0], "message_type": "comment"}
        )
        leads, days, kinds, authors, subtypes, activities = zip(*rows, strict=True)
        dates = [moment(at) for at in days]
        return self._copies(
            message,
            len(rows),
            {
                "res_id": ("int4", [self.ids[lead] for lead in leads]),
                "date": ("timestamp", dates),
                "create_date": ("timestamp", dates),
                "message_type": ("varchar", list(kinds)),
                "author_id": ("int4", list(authors)),
                "subtype_id": ("int4", list(subtypes)),
                "mail_activity_type_id": ("int4", list(activities)),
            },
        )

    def stand(self, day):
        """Make the leads what they were on `day`; those that had not come yet are archived. Return who was open."""
        made = self.pipeline
        has_come, stage, moved, revenue, closed = made.as_of(day)
        won = closed & made.won
        status = np.where(won, "won", np.where(closed, "lost", "pending"))
        positions = ["Head of purchasing" if has else None for has in closed & (made.position > 0)]
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET stage_id = n.stage, date_last_stage_update = n.moved,"
                " expected_revenue = n.revenue, won_status = n.status, active = n.active,"
                " date_closed = n.ended, function = n.position,"
                " probability = CASE n.status WHEN 'won' THEN 100 WHEN 'lost' THEN 0 ELSE 50 END,"
                " automated_probability = CASE n.status WHEN 'won' THEN 100 WHEN 'lost' THEN 0 ELSE 50 END"
                " FROM unnest(%s::int[], %s::int[], %s::timestamp[], %s::numeric[], %s::varchar[], %s::bool[],"
                " %s::timestamp[], %s::varchar[]) AS n (id, stage, moved, revenue, status, active, ended, position)"
                " WHERE crm_lead.id = n.id",
                self.ids,
                [self.won_stage if is_won else self.stages[n] for n, is_won in zip(stage, won, strict=True)],
                [moment(at) for at in np.where(won, made.ended, moved)],
                revenue.tolist(),
                status.tolist(),
                (has_come & (status != "lost")).tolist(),
                [moment(at) if is_closed else None for at, is_closed in zip(made.ended, closed, strict=True)],
                positions,
            )
        )
        self.env.invalidate_all()
        return np.flatnonzero(has_come & ~closed)

    def reopen(self):
        """Make all leads open ones, in the stage that they are in."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET won_status = 'pending', active = TRUE, date_closed = NULL, probability = 50,"
                " automated_probability = 50, stage_id = CASE WHEN stage_id = %s THEN %s ELSE stage_id END"
                " WHERE id = ANY(%s)",
                self.won_stage,
                self.stages[-1],
                self.ids,
            )
        )
        self.env.invalidate_all()
