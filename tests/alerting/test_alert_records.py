"""Changes of the set-up near the onset of an alert."""

from datetime import date, timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.alerting.alert_records import MOST_EVENTS, NEAR, near_events
from odoo.addons.ai_deployment.tests.alerting.common import AlertCase

DAY = date(2020, 6, 3)  # before anything else was made in this database


@tagged("post_install", "-at_install")
class TestAlertRecords(AlertCase):
    def setUp(self):
        super().setUp()
        self.make_stages("Fair in Ghent")
        self.alert.sudo().onset_date = DAY

    def make_stages(self, *names):
        stages = self.env["crm.stage"].create([{"name": name} for name in names])
        self.env.cr.execute("UPDATE crm_stage SET create_date = %s WHERE id IN %s", [DAY, tuple(stages.ids)])
        stages.invalidate_recordset(["create_date"])

    def told_of(self, alert):
        return "Fair in Ghent" in "".join(near_events(alert.sudo()))

    def test_a_new_stage_near_the_onset_is_named(self):
        self.assertTrue(self.told_of(self.alert))
        self.assertIn("Fair in Ghent", self.alert.with_user(self.owner).events)

    def test_what_changed_later_or_earlier_is_not(self):
        for days in (NEAR.days + 1, -NEAR.days - 1):
            self.alert.sudo().onset_date = DAY + timedelta(days=days)
            self.assertFalse(self.told_of(self.alert))

    def test_there_are_few_of_them(self):
        self.make_stages(*(f"Stage {number}" for number in range(MOST_EVENTS + 1)))
        self.assertEqual(len(near_events(self.alert.sudo())), MOST_EVENTS)

    def test_an_alert_that_is_not_about_data_names_none(self):
        alert = self.raise_alert("version")
        alert.sudo().onset_date = DAY
        self.assertEqual(near_events(alert.sudo()), [])
