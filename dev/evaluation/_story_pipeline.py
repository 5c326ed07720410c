"""The leads of the demonstration as they stood on a day: those of `dev/story`, with its own course of each as tracking.

The story moves its leads in SQL and keeps no trace of it, as an imported history does. Here the moves of its plan are
written as Odoo would have tracked them; it knows of no messages, activities or meetings.
"""

from datetime import date, timedelta

import numpy as np

from odoo.tools import SQL

from story import SEED
from story.lead_plan import plan_leads
from story.leads import Leads
from story.people import hire
from story.workdays import Workdays

from ._pipeline import BEGIN

END = date(2026, 6, 30)  # of the story, so that it is the same each time
MINUTES = 600  # of the day at which its sellers move a lead


def days_of(moment):
    return (moment - BEGIN) / timedelta(days=1)


class StoryLeads:
    """The leads in the database, nothing committed; as `Pipeline` and `Records` together. `days` are its working days.

    :param every: only each so manieth lead
    """

    def __init__(self, env, every=1):
        self.env, self.days = env, Workdays(END)
        env["crm.lead"].with_context(active_test=False).search([]).unlink()
        hire(env)
        plan = plan_leads(SEED, self.days)[::every]
        leads = Leads(env, self.days, plan, SEED)
        leads._prepare()
        leads._create(range(len(plan)))
        self.plan, self.ids = plan, leads.ids()
        self.stages = env["crm.stage"].search([], order="sequence, id").ids
        self.came = np.array([self._at(lead.day, lead.minutes) for lead in plan])
        ends = [np.inf if lead.close_day is None else self._at(lead.close_day, lead.minutes) for lead in plan]
        self.ended, self.won = np.array(ends), np.array([lead.won for lead in plan])
        self.moves = self._moves()
        self._track()
        for table in ("crm_lead", "mail_message", "mail_tracking_value"):
            env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))

    def _at(self, day, minutes):
        return days_of(self.days.at(day, minutes))

    def _moves(self):
        """(lead, moment, stage before, stage after) of each, in order of time for a lead."""
        moves = []
        for number, lead in enumerate(self.plan):
            steps = [self._at(day, MINUTES) for day in lead.steps if day < self.days.count]
            done = [at for at in steps if at < self.ended[number]]
            moves += [(number, at, place, place + 1) for place, at in enumerate(done)]
            if lead.won and np.isfinite(self.ended[number]):
                moves.append((number, self.ended[number], len(done), len(self.stages) - 1))
        return moves

    def _track(self):
        message = self.env["mail.message"].create({"model": "crm.lead", "res_id": self.ids[0], "body": ""})
        message.flush_recordset()
        moments = [BEGIN + timedelta(days=at) for _lead, at, *_stages in self.moves]
        rows = self.env.execute_query(
            SQL(
                "INSERT INTO mail_message (model, res_id, date, create_date, message_type, subtype_id)"
                " SELECT 'crm.lead', n.lead, n.moment, n.moment, 'notification', %s"
                " FROM unnest(%s::int[], %s::timestamp[]) WITH ORDINALITY AS n (lead, moment, place)"
                " ORDER BY place RETURNING id",
                self.env.ref("mail.mt_note").id,
                [self.ids[lead] for lead, *_rest in self.moves],
                moments,
            )
        )
        field = self.env["ir.model.fields"]._get("crm.lead", "stage_id").id
        self.env.cr.execute_values(
            "INSERT INTO mail_tracking_value (mail_message_id, field_id, old_value_integer, new_value_integer)"
            " VALUES %s",
            [
                (row[0], field, self.stages[old], self.stages[new])
                for row, (_lead, _at, old, new) in zip(rows, self.moves, strict=True)
            ],
        )

    def won_within(self, day, horizon):
        return self.won & (self.ended >= day) & (self.ended <= day + horizon)

    def stand(self, day):
        """Make the leads what they were on `day`; those that had not come yet are archived. Return who was open."""
        stage, moved = np.zeros(len(self.ids), int), self.came.copy()
        for lead, at, _old, new in self.moves:
            if at < day:
                stage[lead], moved[lead] = new, at
        has_come, closed = self.came < day, self.ended < day
        status = np.where(closed, np.where(self.won, "won", "lost"), "pending")
        ends = [BEGIN + timedelta(days=at) if at < day else None for at in self.ended]
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET stage_id = n.stage, date_last_stage_update = n.moved, won_status = n.status,"
                " active = n.active, date_closed = n.ended,"
                " probability = CASE n.status WHEN 'won' THEN 100 WHEN 'lost' THEN 0 ELSE 50 END,"
                " automated_probability = CASE n.status WHEN 'won' THEN 100 WHEN 'lost' THEN 0 ELSE 50 END"
                " FROM unnest(%s::int[], %s::int[], %s::timestamp[], %s::varchar[], %s::bool[], %s::timestamp[])"
                " AS n (id, stage, moved, status, active, ended) WHERE crm_lead.id = n.id",
                self.ids,
                [self.stages[place] for place in stage],
                [BEGIN + timedelta(days=at) for at in moved],
                status.tolist(),
                (has_come & (status != "lost")).tolist(),
                ends,
            )
        )
        self.env.invalidate_all()
        return np.flatnonzero(has_come & ~closed)
