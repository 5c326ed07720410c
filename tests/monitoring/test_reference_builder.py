"""A reference is adopted by an owner, once there is enough."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring import reference_builder
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, WeeksCase


@tagged("post_install", "-at_install")
class TestReferenceBuilder(WeeksCase):
    def weeks(self, count, rows=60, **values):
        for week in range(count):
            self.come_in(self.leads(rows, **values), week)
            self.look(week)

    def adopt(self, week, user=None):
        with clock.at(NOW + week * WEEK + timedelta(days=3)):
            return self.deployment.with_user(user or self.owner).action_adopt_reference()

    def test_too_few_weeks_or_records_are_refused_in_a_sentence(self):
        self.weeks(5)
        with self.assertRaisesRegex(UserError, "needs 1000 records of 8 weeks"):
            self.adopt(5)

    def test_only_who_answers_for_it_adopts(self):
        with self.assertRaises(AccessError):
            self.adopt(5, self.reviewer)

    def test_an_owner_adopts_what_has_become_ordinary(self):
        self.patch(reference_builder, "MIN_ROWS", 400)
        self.weeks(10, country_id=self.usa.id)
        self.assertTrue(self.alerts("quality:country_id:constant"))
        notice = self.alerts("reference")
        self.assertEqual(notice.level, "notice")
        self.assertIn("540 leads of 9 weeks have been scored", notice.name)
        self.assertIn("provisional", self.deployment.reference_text)
        self.adopt(10)
        self.assertEqual(notice.state, "resolved")
        reference = self.env["ai.deployment.reference"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual((reference.row_count, reference.adopted_by_id), (540, self.owner))
        self.env.invalidate_all()
        self.assertIn("540 records from", self.deployment.reference_text)
        self.come_in(self.leads(60, country_id=self.usa.id), 10)
        report = self.look(10)
        self.assertFalse(report.is_provisional)
        self.assertEqual(report.reference_count, 540)
        self.assertFalse(report.line_ids.filtered(lambda line: line.key == "country_id" and line.exceeded))
        with self.assertRaises(UserError):
            reference.write({"row_count": 1})

    def test_another_version_is_compared_with_what_it_learned_from(self):
        self.patch(reference_builder, "MIN_ROWS", 400)
        self.weeks(10)
        self.adopt(10)
        self.assertFalse(self.env["ai.deployment.reference"]._of(self.version)[2])
        self.serve(self.deployment, self.card(low=-2.0))
        self.assertTrue(self.env["ai.deployment.reference"]._of(self.deployment.champion_id)[2])
