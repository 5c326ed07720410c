"""First scores of a version: its first day, and which inferences count."""

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.monitoring.intake import first_day, first_scored_between, first_scores
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, IntakeCase


@tagged("post_install", "-at_install")
class TestIntake(IntakeCase):
    def test_each_record_counts_once_in_the_week_of_its_first_score(self):
        leads = self.intake(0, count=5)
        self.deployment._score(leads, now=NOW + WEEK, again=True)
        start, middle, end = (NOW + week * WEEK for week in range(3))
        for since, until, expected in ((start, middle, leads), (middle, end, leads.browse())):
            days = since.date(), until.date()
            rows = first_scores(self.deployment, self.version, *days, SQL("res_id"))
            self.assertEqual(sorted(res_id for (res_id,) in rows), sorted(expected.ids))
            found = self.env["ai.deployment.inference"].search(first_scored_between(self.deployment, *days))
            self.assertEqual(sorted(found.mapped("res_id")), sorted(expected.ids))

    def test_a_version_that_scored_nothing_has_no_first_day(self):
        self.assertIsNone(first_day(self.version))
        self.intake(0, count=1)
        self.assertEqual(first_day(self.version), NOW.date())
