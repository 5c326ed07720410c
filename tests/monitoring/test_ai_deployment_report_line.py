"""The records behind a line are listed for those who may read them."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.features.common import GermanLabels
from odoo.addons.ai_deployment.tests.monitoring.common import WeeksCase


@tagged("post_install", "-at_install")
class TestReportLine(GermanLabels, WeeksCase):
    def test_a_row_is_named_in_the_language_of_the_reader(self):
        self.come_in(self.leads(100), 0)
        self.look(0)
        lines = self.env["ai.deployment.report.line"].search([("deployment_id", "=", self.deployment.id)])
        english = {line.key: line.with_context(lang="en_US").label_text for line in lines}
        german = {line.key: self.german(line).label_text for line in lines}
        self.assertEqual((english["country_id"], german["country_id"]), ("Country", "Land"))
        self.assertEqual((english["score"], german["score"]), ("The score", "Der Score"))

    def test_nobody_sees_records_or_values_that_are_not_theirs(self):
        self.come_in(self.leads(100), 0)
        self.look(0)
        self.come_in(self.leads(100, country_id=self.usa.id, user_id=self.other_seller.id), 1)
        self.look(1)
        alert = self.alerts("quality:country_id:constant")
        with self.assertRaises(AccessError):
            alert.with_user(self.manager).action_open_records()  # reads no leads
        self.deployment.feature_ids.filtered(lambda feature: feature.path == "country_id").sensitive = True
        with self.assertRaisesRegex(AccessError, "protected"):
            alert.with_user(self.owner).action_open_records()

    def test_an_alert_without_records_says_so(self):
        alert = self.env["ai.deployment.alert"]._raise(self.deployment, "other", name="x")
        self.assertFalse(alert.has_records)
        with self.assertRaises(UserError):
            alert.action_open_records()
