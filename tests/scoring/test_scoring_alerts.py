"""One alert per cause of scoring that cannot be done."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.deployment import events
from odoo.addons.ai_deployment.models.scoring import scoring_alerts
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestScoringAlerts(AiDeploymentCase):
    def test_a_cause_is_told_once_however_often_it_comes(self):
        for _time in range(2):
            scoring_alerts.alert_too_slow(self.deployment)
            scoring_alerts.alert_version_fails(self.deployment, "so it is")
            scoring_alerts.alert_filter_broken(self.deployment, "so it is")
            scoring_alerts.alert_version_broken(self.deployment, "so it is")
        alerts = self.deployment.alert_ids
        self.assertEqual(sorted(alerts.mapped("cause")), ["fails", "filter", "slow", "version"])
        self.assertEqual(set(alerts.mapped("state")), {"firing"})
        self.assertTrue(all("“" in alert.name for alert in alerts))

    def test_a_broken_version_is_an_event_that_others_follow(self):
        with patch.object(events, "follow") as follow:
            scoring_alerts.alert_version_broken(self.deployment, "damaged")
        follow.assert_called_once_with(self.deployment, events.VERSION_BROKEN)
