"""The next review is an activity, and training again is a day in the calendar."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.planning import Planning
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import DAY, PeopleCase


@tagged("post_install", "-at_install")
class TestPlanning(PeopleCase):
    def test_the_next_review_stands_in_the_owners_activities_and_keeps_in_step(self):
        activity = self.review_activity()
        self.assertEqual((activity.user_id, activity.date_deadline), (self.owner, self.deployment.review_date))
        self.deployment.review_date = NOW.date() + 50 * DAY
        self.assertEqual(activity.date_deadline, NOW.date() + 50 * DAY)
        self.deployment.user_id = self.other_owner
        self.assertEqual(activity.user_id, self.other_owner)
        self.other_owner.active = False
        activity = self.review_activity()
        self.assertEqual((activity.user_id, activity.date_deadline), (self.deputy, self.deployment.review_date))
        self.assertTrue(Planning(self.deployment).has_review_activity())
        self.deployment.state = "suspended"
        self.assertEqual(len(self.review_activity()), 1)
        self.deployment._move("retired", "The end")
        self.assertFalse(self.review_activity())

    def test_training_again_is_paid_for_with_a_real_day_in_the_owners_calendar(self):
        self.assertIn("hours of retraining", self.row("budget").evidence)
        for hours, start in ((0, NOW + DAY), (-1, NOW + DAY), (4, NOW), (4, NOW - DAY), (4, False)):
            with self.subTest(hours=hours, start=start), self.assertRaises(UserError):
                Planning(self.deployment.with_user(self.owner)).plan_training(hours, 0, start)
        self.env["ai.deployment.budget"].with_user(self.owner).create(
            {"deployment_id": self.deployment.id, "hours": 8, "cost": 50, "start": NOW + 60 * DAY}
        ).action_plan()
        event = self.deployment.retrain_event_id
        self.assertEqual((event.start, event.partner_ids), (NOW + 60 * DAY, self.owner.partner_id))
        self.assertEqual(self.row("budget").state, "met")
        with clock.at(NOW + 61 * DAY):
            self.assertIn("has passed", self.row("budget").evidence)
        event.partner_ids = self.deputy.partner_id
        self.assertIn("is not an attendee", self.row("budget").evidence)
        event.partner_ids = self.owner.partner_id
        event.unlink()
        self.assertIn("No date for retraining", self.row("budget").evidence)
