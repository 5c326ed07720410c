"""The start date of records, and what is missing before a deployment can learn."""

from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.measurement import Measurement
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.training.common import MomentsCase

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestStartDate(MomentsCase):
    def field(self, name, model="crm.lead"):
        return self.env["ir.model.fields"]._get(model, name)

    def imported(self):
        """128 won and 192 lost leads, entered today as closed, that began over the last two years."""
        leads = self.ended([True] * 128 + [False] * 192, [NOW] * 320, days=0)
        self.env.cr.execute(
            "UPDATE crm_lead SET date_conversion = %s - (id * 7919 %% 500 + 70) * interval '1 day' WHERE id = ANY(%s)",
            [NOW, leads.ids],
        )
        leads.invalidate_recordset()
        return leads

    def test_the_form_says_what_was_imported_and_from_when_it_counts(self):
        leads = self.imported()
        deployment = self.made(leads)
        with clock.at(NOW + timedelta(hours=1)):
            text = deployment.readiness
        self.assertIn("128 wins and 192 leads without a win exist", text)
        self.assertIn("05/01/2026", text, "60 days after today")
        self.assertIn("Start Date", text)
        few = self.made(leads[:10] + leads[-10:])
        with clock.at(NOW + timedelta(hours=1)):
            self.assertIn("About 15 more wins are needed for training: there are 0 so far.", few.readiness)
            self.assertIn("Of younger records, 10 wins and 10 leads without a win count from 05/01/2026", few.readiness)

    def test_who_migrates_does_not_wait(self):
        leads = self.imported()
        deployment = self.made(leads)
        with clock.at(NOW + timedelta(hours=1)):
            with self.assertRaisesRegex(UserError, "128 wins and 192 leads"):
                deployment._train()
            deployment.start_field_id = self.field("date_conversion")
            self.assertFalse(deployment.readiness)
            rows = self.env["crm.lead"]._ai_training_rows(deployment, clock.now())
            self.assertEqual(sum(row[2] for row in rows), 128, "won before they were entered: nobody knows when")
            self.assertEqual(rows[0][1], min(leads.mapped("date_conversion")))
            self.assertFalse(self.env["crm.lead"]._ai_outcomes(deployment).decided_after(clock.now()), "in no duration")
            version = deployment._train()
        self.assertGreater(version.auc, 0.5)

    def test_age_and_horizon_count_from_the_named_date(self):
        lead = self.ended([True], [NOW - 100 * DAY], days=50)
        deployment = self.made(lead)
        self.assertEqual(self.env["crm.lead"]._ai_training_rows(deployment, NOW), [(lead.id, NOW - 100 * DAY, True)])
        self.env.cr.execute("UPDATE crm_lead SET date_open = %s WHERE id = %s", [NOW - 130 * DAY, lead.id])
        deployment.start_field_id = self.field("date_open")
        self.assertEqual(self.env["crm.lead"]._ai_training_rows(deployment, NOW), [(lead.id, NOW - 130 * DAY, False)])
        self.assertEqual(self.env["crm.lead"]._ai_outcomes(deployment).decided_after(NOW), [(80.0, 130.0)])
        scored = {lead.id: NOW - 130 * DAY}
        self.assertEqual(self.env["crm.lead"]._ai_came_true(deployment, scored), {lead.id: False})
        with clock.at(NOW):
            found = Measurement(deployment).measure((NOW - 130 * DAY).date(), (NOW - 130 * DAY).date())[None]
        self.assertEqual((found["conversion"].count, found["revenue"].count), (0, 1), "decided too late to count")
        self.assertEqual(
            Measurement(deployment).measures()["conversion"].basis, "date_open", "another figure than before"
        )

    def test_only_a_date_that_can_be_a_start_is_taken(self):
        deployment = self.make_deployment(is_primary=False)
        for name in ("date_closed", "date_last_stage_update", "write_date", "date_deadline", "country_id", "day_close"):
            with self.subTest(name=name), self.assertRaises(ValidationError), self.env.cr.savepoint():
                deployment.start_field_id = self.field(name)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            deployment.start_field_id = self.field("invoice_date", "account.move")
        for name in ("create_date", "date_open", "date_conversion"):
            deployment.start_field_id = self.field(name)

    def test_what_versions_learned_by_is_not_swapped_below_them(self):
        self.assertTrue(self.deployment.version_ids)
        with self.assertRaisesRegex(UserError, "with another start date"):
            self.deployment.with_user(self.owner).start_field_id = self.field("date_open")
        self.deployment.with_user(self.owner).write({"start_field_id": False, "name": "Another name"})
