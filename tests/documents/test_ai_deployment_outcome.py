"""When and how a record ended: written once, whatever is clicked later; one definition for all that asks."""

import random
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.hooks import post_init_hook
from odoo.addons.ai_deployment.models.governance.measurement import Measurement
from odoo.addons.ai_deployment.models.tools import batch_insert as bulk
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

DAY = timedelta(days=1)
CREATED = NOW - 100 * DAY


@tagged("post_install", "-at_install")
class TestOutcome(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.horizon_days = 60
        cls.won_stages = cls.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        cls.won_stages |= cls.env["crm.stage"].create({"name": "Paid", "is_won": True, "sequence": 999})
        cls.open_stage = cls.env["crm.stage"].search([("is_won", "=", False)], limit=1)

    def came(self, count=1, **values):
        """Leads that came 100 days ago."""
        leads = self.make_leads(count, **values)
        self.date(leads, create_date=CREATED, date_last_stage_update=CREATED)
        return leads

    def date(self, leads, **dates):
        """Odoo dates by its own clock: what happened happened on another day."""
        self.env.flush_all()
        for name, moment in dates.items():
            self.env.cr.execute(f"UPDATE crm_lead SET {name} = %s WHERE id = ANY(%s)", [moment, leads.ids])
        leads.invalidate_recordset()

    def win(self, leads, moment):
        with clock.at(moment):
            leads.action_set_won()
        self.date(leads, date_closed=moment, date_last_stage_update=moment)

    def label(self, lead):
        return {row[0]: row[2] for row in self.env["crm.lead"]._ai_training_rows(self.deployment, NOW)}[lead.id]

    def ended(self, lead):
        self.env.flush_all()
        query = lead._as_query()
        return self.env.execute_query(query.select(lead._ai_ended_sql("crm_lead", self.deployment)))[0][0]

    def outcome(self, lead):
        return self.env["ai.deployment.outcome"].search([("res_id", "=", lead.id)])

    def test_archiving_won_leads_keeps_their_day_and_label(self):
        leads = self.came(50)
        self.win(leads, CREATED + 5 * DAY)
        self.assertTrue(self.label(leads[0]))
        leads.action_archive()
        self.env.flush_all()
        self.assertGreater(leads[0].date_closed, NOW, "Odoo dates the end anew")
        self.assertEqual({self.label(lead) for lead in leads}, {True})
        self.assertEqual(self.ended(leads[0]), CREATED + 5 * DAY)

    def test_leads_that_ended_past_the_orm_keep_their_day_when_archived(self):
        lead = self.came()
        self.env.cr.execute(
            "UPDATE crm_lead SET won_status = 'won', stage_id = %s, probability = 100, date_closed = %s,"
            " date_last_stage_update = %s WHERE id = %s",
            [self.won_stages[0].id, CREATED + 5 * DAY, CREATED + 5 * DAY, lead.id],
        )
        lead.invalidate_recordset()
        lead.action_archive()
        self.assertFalse(self.outcome(lead))
        self.assertTrue(self.label(lead))

    def test_a_lead_that_is_set_won_again_or_goes_to_another_won_stage_keeps_its_first_day(self):
        lead = self.came()
        self.win(lead, CREATED + 5 * DAY)
        lead.action_archive()
        lead.action_set_won()
        lead.write({"stage_id": (self.won_stages - lead.stage_id)[0].id})
        lead.action_archive()
        self.env.flush_all()
        self.assertGreater(min(lead.date_closed, lead.date_last_stage_update), NOW, "both were rewritten")
        self.assertEqual(self.ended(lead), CREATED + 5 * DAY)
        self.assertTrue(self.label(lead))

    def test_a_reopened_lead_withdraws_its_outcome_and_has_a_new_day_when_it_is_won_again(self):
        lead = self.came()
        self.win(lead, CREATED + 5 * DAY)
        lead.write({"stage_id": self.open_stage.id, "probability": 20})
        self.assertEqual(self.outcome(lead).status, "open")
        self.assertIsNone(self.ended(lead))
        self.assertFalse(self.label(lead))
        self.win(lead, CREATED + 70 * DAY)
        self.assertEqual(self.ended(lead), CREATED + 70 * DAY)
        self.assertFalse(self.label(lead), "later than the horizon")

    def test_a_lost_lead_that_is_restored_is_open_and_one_that_is_won_then_is_won(self):
        lead = self.came()
        with clock.at(CREATED + DAY):
            lead.action_set_lost()
        self.assertEqual((self.outcome(lead).status, self.outcome(lead).date), ("lost", CREATED + DAY))
        lead.action_restore()
        self.assertEqual(self.outcome(lead).status, "open")
        with clock.at(CREATED + 2 * DAY):
            lead.action_set_lost()
        self.win(lead, CREATED + 3 * DAY)
        self.assertEqual((self.outcome(lead).status, self.outcome(lead).date), ("won", CREATED + 3 * DAY))

    def test_leads_that_go_to_another_salesperson_after_their_end_keep_their_beginning(self):
        won, lost = self.came(), self.came()
        self.date(won + lost, date_open=CREATED)
        self.win(won, CREATED + 5 * DAY)
        with clock.at(CREATED + 5 * DAY):
            lost.action_set_lost()
        self.date(lost, date_closed=CREATED + 5 * DAY)
        deployment = self.make_deployment(is_primary=False, domain=f"[('id', 'in', {(won + lost).ids})]")
        deployment.start_field_id = self.env["ir.model.fields"]._get("crm.lead", "date_open")
        (won + lost).user_id = self.owner
        self.env.flush_all()
        self.assertGreater(min(won.date_open, lost.date_open), NOW, "Odoo dates the assignment anew")
        rows = self.env["crm.lead"]._ai_training_rows(deployment, NOW)
        self.assertEqual(sorted(rows), [(won.id, CREATED, True), (lost.id, CREATED, False)])
        self.assertEqual(
            [row[0] for row in self.env["crm.lead"]._ai_outcomes(deployment).decided_after(NOW)], [5.0, 5.0]
        )

    def test_without_a_closing_date_a_lost_lead_is_in_no_duration(self):
        inactive = self.env["crm.lead"].create(
            {"name": "x", "type": "opportunity", "active": False, "probability": 0, "user_id": False}
        )
        self.date(inactive, create_date=CREATED)
        old = self.came()
        old.action_set_lost()
        self.date(old, date_closed=None)
        known = self.came()
        known.action_set_lost()
        self.date(known, date_closed=CREATED + 20 * DAY)
        for lead in inactive + old:
            self.assertEqual(lead.won_status, "lost")
            self.assertFalse(lead.date_closed)
            self.assertIsNone(self.ended(lead))
            self.assertIs(self.label(lead), False)
        still_open = self.came()
        self.deployment.domain = f"[('id', 'in', {(inactive + old + known + still_open).ids})]"
        self.assertEqual(
            known._ai_outcomes(self.deployment).decided_after(NOW),
            [(None, 100.0), (20.0, 100.0)],
            "the open one counts as open",
        )
        rows = known._ai_outcomes(self.deployment).leak_rows(NOW, 10)
        self.assertEqual([(row.res_id, row.age_days) for row in rows if row.closed], [(known.id, 20.0)])
        with clock.at(NOW):
            found = Measurement(self.deployment.sudo()).measure(CREATED.date(), CREATED.date())[None]
        self.assertEqual((found["days_to_close"].count, found["days_to_close"].mean), (1, 20.0))
        self.assertEqual((found["conversion"].count, found["conversion"].mean), (3, 0.0))

    def test_archiving_changes_neither_value_nor_what_came_true_nor_how_long_it_takes(self):
        leads = self.came(4)
        self.win(leads[:2], CREATED + 5 * DAY)
        self.deployment.domain = f"[('id', 'in', {leads.ids})]"

        def told():
            with clock.at(NOW):
                measured = Measurement(self.deployment.sudo()).measure(CREATED.date(), CREATED.date())[None]
                scored = leads._ai_came_true(self.deployment, dict.fromkeys(leads.ids, CREATED + DAY))
                lasted = leads._ai_outcomes(self.deployment).decided_after(NOW)
                ages = sorted(leads._ai_outcomes(self.deployment).leak_rows(NOW, 10))
                return measured, scored, lasted, ages, leads._ai_outcomes(self.deployment).counts(NOW)

        before = told()
        self.assertEqual(before[4], (2, 2))
        leads[:2].action_archive()
        self.assertEqual(told(), before)

    def test_what_was_merged_follows_its_survivor(self):
        head, tail, third = self.came(3)
        head.stage_id = self.env["crm.stage"].search([("is_won", "=", False)], order="sequence desc", limit=1)
        survivor = (head + tail).merge_opportunity()
        self.assertEqual(survivor, head)
        last = (survivor + third).merge_opportunity()
        gone = {head.id, tail.id, third.id} - {last.id}
        self.win(last, CREATED + 5 * DAY)
        scored = dict.fromkeys([head.id, tail.id, third.id], CREATED + DAY)
        came = last._ai_came_true(self.deployment, scored)
        self.assertEqual(came, dict.fromkeys(scored, True))
        last.write({"stage_id": self.open_stage.id, "probability": 20})
        self.assertEqual(last._ai_came_true(self.deployment, scored), dict.fromkeys(scored, False))
        self.assertNotIn(next(iter(gone)), {row[0] for row in last._ai_training_rows(self.deployment, NOW)})

    def test_a_deleted_lead_leaves_no_outcome(self):
        lead = self.came()
        lead.action_set_lost()
        lead_id = lead.id
        lead.unlink()
        self.assertFalse(self.env["ai.deployment.outcome"].search([("res_id", "=", lead_id)]))

    def test_what_ended_before_the_addon_came_is_kept_at_installation(self):
        lead = self.came()
        self.win(lead, CREATED + 5 * DAY)
        self.env.cr.execute("DELETE FROM ai_deployment_outcome")
        post_init_hook(self.env)
        self.env.invalidate_all()
        self.assertEqual((self.outcome(lead).status, self.outcome(lead).date), ("won", CREATED + 5 * DAY))
        self.assertFalse(self.outcome(self.came()))

    def test_nothing_is_written_where_no_lead_ends(self):
        lead = self.came()
        with patch.object(bulk, "write", side_effect=AssertionError):
            lead.write({"expected_revenue": 7})
            lead.write({"stage_id": self.open_stage.id})
            self.came()

    def test_whatever_is_clicked_the_end_is_the_day_on_which_the_status_became_what_it_is(self):
        """Random clicks on one lead, a day each; Odoo dates all of them by its own clock, far later."""
        clicks = (
            lambda lead: lead.action_set_won(),
            lambda lead: lead.action_set_lost(),
            lambda lead: lead.action_archive(),
            lambda lead: lead.action_unarchive(),
            lambda lead: lead.action_restore(),
            lambda lead: lead.write({"stage_id": self.won_stages[0].id}),
            lambda lead: lead.write({"stage_id": self.won_stages[1].id}),
            lambda lead: lead.write({"stage_id": self.open_stage.id, "probability": 20}),
            lambda lead: lead.write({"active": False}),
        )
        reached = set()
        for seed in range(4):
            rng, lead, status, since = random.Random(seed), self.came(probability=20), "pending", None
            for number in range(25):
                moment, click = CREATED + (number + 1) * DAY, rng.choice(clicks)
                with clock.at(moment), self.subTest(seed=seed, click=number):
                    try:
                        with self.env.cr.savepoint():
                            click(lead)
                            self.env.flush_all()
                    except ValidationError:  # Odoo refuses it
                        lead.invalidate_recordset()
                    if lead.won_status != status:
                        status, since = lead.won_status, moment
                    reached.add(status)
                    known = status != "pending" and lead.date_closed  # without it nobody knows when
                    self.assertEqual(self.ended(lead), since if known else None)
                    self.assertIn(self.outcome(lead).status, [status] if status != "pending" else (False, "open"))
        self.assertEqual(reached, {"pending", "won", "lost"})
