"""Alerts: one per cause, one person told once."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestAlert(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def raise_alert(self, cause="drift:x:shape", **values):
        return self.env["ai.deployment.alert"]._raise(self.deployment, cause, **{"name": "It moved", **values})

    def activities(self, alert, active_test=True):
        return (
            self.env["mail.activity"]
            .with_context(active_test=active_test)
            .search([("res_model", "=", alert._name), ("res_id", "=", alert.id)])
        )

    def test_a_new_alert_tells_the_owner(self):
        alert = self.raise_alert(suggestion="Look at the form.", onset=NOW.date() - timedelta(days=7))
        self.assertEqual((alert.state, alert.level, alert.name), ("firing", "alert", "It moved"))
        self.assertEqual((alert.first_date, alert.last_date), (NOW, NOW))
        self.assertEqual(alert.onset_date, NOW.date() - timedelta(days=7))
        activity = self.activities(alert)
        self.assertEqual((activity.user_id, activity.summary), (self.owner, "It moved"))
        self.assertEqual(activity.date_deadline, NOW.date())
        self.assertIn("Look at the form.", activity.note)

    def test_what_stays_open_is_told_once(self):
        alert = self.raise_alert()
        with clock.at(NOW + timedelta(days=7)):
            again = self.raise_alert(name="It moved further")
        self.assertEqual(again, alert)
        self.assertEqual((alert.name, alert.first_date), ("It moved further", NOW))
        self.assertEqual(alert.last_date, NOW + timedelta(days=7))
        self.assertEqual(alert.reopened_count, 0)
        self.assertEqual(len(self.activities(alert)), 1)

    def test_what_another_transaction_opens_at_this_moment_is_told_by_it(self):
        alert = self.raise_alert()
        alerts = self.env.registry["ai.deployment.alert"]
        # The other's alert stands in the index, and is in no snapshot of this transaction yet.
        with patch.object(alerts, "search", lambda self, *_arguments, **_options: self.browse()):
            with self.assertLogs("odoo.sql_db", "ERROR") as log:
                self.assertFalse(self.raise_alert())
        self.assertEqual(len(self.activities(alert)), 1)
        self.assertEqual(
            log.output, [f"ERROR:odoo.sql_db:An alert of deployment {self.deployment.id}: UniqueViolation 23505"]
        )
        self.assertEqual(self.raise_alert(name="It moved further"), alert)

    def test_each_cause_and_deployment_has_an_alert_of_its_own(self):
        other = self.make_deployment()
        alerts = (
            self.raise_alert()
            | self.raise_alert("version")
            | self.env["ai.deployment.alert"]._raise(other, "version", name="Failing")
        )
        self.assertEqual(len(alerts), 3)
        self.assertEqual(len(self.deployment.alert_ids), 2)
        self.assertEqual(self.deployment.open_alert_count, 2)

    def test_what_is_over_is_resolved_and_asks_nobody_any_more(self):
        alert, other = self.raise_alert(), self.raise_alert("version")
        with clock.at(NOW + timedelta(days=1)):
            self.env["ai.deployment.alert"]._resolve(self.deployment, "drift:x:shape")
        self.assertEqual((alert.state, alert.resolved_date), ("resolved", NOW + timedelta(days=1)))
        self.assertFalse(self.activities(alert))
        self.assertEqual(other.state, "firing")
        self.assertEqual(self.deployment.open_alert_count, 1)

    def test_resolving_what_is_not_open_does_nothing(self):
        self.assertFalse(self.env["ai.deployment.alert"]._resolve(self.deployment, "never raised"))
        alert = self.raise_alert()
        self.env["ai.deployment.alert"]._resolve(self.deployment, alert.cause)
        with clock.at(NOW + timedelta(days=1)):
            self.assertFalse(self.env["ai.deployment.alert"]._resolve(self.deployment, alert.cause))
        self.assertEqual(alert.resolved_date, NOW)

    def test_what_comes_back_opens_the_same_alert_and_tells_again(self):
        alert = self.raise_alert()
        alert.with_user(self.owner).action_acknowledge()
        self.env["ai.deployment.alert"]._resolve(self.deployment, alert.cause)
        later = NOW + timedelta(days=30)
        with clock.at(later):
            again = self.raise_alert(name="Back again")
        self.assertEqual(again, alert)
        self.assertEqual((alert.state, alert.reopened_count, alert.first_date), ("firing", 1, NOW))
        self.assertEqual((alert.last_date, alert.onset_date), (later, later.date()))
        self.assertFalse(alert.acknowledged_by_id or alert.acknowledged_date or alert.resolved_date)
        self.assertEqual(self.activities(alert).mapped("summary"), ["Back again"])

    def test_an_acknowledged_alert_stays_open_and_is_not_told_again(self):
        alert = self.raise_alert()
        alert.with_user(self.deputy).action_acknowledge()
        self.assertEqual(alert.state, "acknowledged")
        self.assertEqual((alert.acknowledged_by_id, alert.acknowledged_date), (self.deputy, NOW))
        self.assertFalse(self.activities(alert))
        self.assertEqual(len(self.activities(alert, active_test=False)), 1)
        self.raise_alert()
        self.assertEqual(alert.state, "acknowledged")
        self.assertFalse(self.activities(alert))
        self.assertEqual(self.deployment.open_alert_count, 1)

    def test_who_acknowledges(self):
        self.deployment.reviewer_ids += self.other_owner
        alert = self.raise_alert()
        for person in (self.reviewer, self.other_owner, self.auditor, self.seller):
            self.env.invalidate_all()
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                alert.with_user(person).action_acknowledge()
        self.assertEqual(alert.state, "firing")
        alert.with_user(self.manager).action_acknowledge()
        self.assertEqual(alert.state, "acknowledged")

    def test_a_notice_interrupts_nobody_until_it_becomes_an_alert(self):
        alert = self.raise_alert(level="notice")
        self.assertFalse(self.activities(alert))
        self.raise_alert(level="notice")
        self.assertFalse(self.activities(alert))
        self.raise_alert(level="alert")
        self.assertEqual(self.activities(alert).user_id, self.owner)
        self.raise_alert(level="alert")
        self.assertEqual(len(self.activities(alert)), 1)

    def test_where_the_owner_is_gone_the_deputy_is_told(self):
        self.owner.active = False
        self.assertEqual(self.activities(self.raise_alert()).user_id, self.deputy)

    def test_an_alert_reaches_a_person_even_where_owner_and_deputy_are_gone(self):
        self.owner.active = False
        self.deputy.active = False
        activity = self.activities(self.raise_alert())
        self.assertTrue(activity.user_id.active)
        self.assertTrue(activity.user_id.has_group("ai_deployment.group_manager"))
