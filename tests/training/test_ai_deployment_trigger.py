"""Rules that ask for retraining: once per version, and only when they hold."""

from datetime import timedelta

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestTrigger(AiDeploymentCase):
    def trigger(self, kind, threshold, **values):
        return self.env["ai.deployment.trigger"].create(
            {"deployment_id": self.deployment.id, "kind": kind, "threshold": threshold, **values}
        )

    def evaluate(self, moment=NOW):
        with clock.at(moment):
            self.env["ai.deployment.trigger"]._evaluate(self.deployment)

    def activities(self):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "ai.deployment"),
                ("res_id", "=", self.deployment.id),
                ("activity_type_id", "=", self.env.ref("ai_deployment.mail_activity_type_retrain").id),
            ]
        )

    def test_an_old_version_asks_once(self):
        trigger = self.trigger("age", 180)
        self.evaluate(NOW + timedelta(days=180))
        self.assertFalse(trigger.fired_date)
        later = NOW + timedelta(days=181)
        self.evaluate(later)
        self.assertEqual((trigger.fired_date, trigger.fired_version_id), (later, self.version))
        self.assertEqual(trigger.fired_reason, "the version is 181 days old")
        activity = self.activities()
        self.assertEqual((activity.user_id, activity.date_deadline), (self.owner, later.date() + timedelta(days=7)))
        self.assertIn("181 days old", activity.summary)
        self.evaluate(NOW + timedelta(days=300))
        self.assertEqual(trigger.fired_date, later)
        self.assertEqual(len(self.activities()), 1)

    def test_the_next_version_may_ask_again(self):
        trigger = self.trigger("age", 180)
        self.evaluate(NOW + timedelta(days=181))
        second = self.serve(self.deployment, self.card())
        self.evaluate(NOW + timedelta(days=182))
        self.assertEqual(trigger.fired_version_id, second)
        self.assertEqual(len(self.activities()), 2)

    def test_chances_that_do_not_come_true_ask(self):
        trigger = self.trigger("calibration", 1)
        alerts = self.env["ai.deployment.alert"]
        alerts._raise(self.deployment, "performance:auc", name="Order")
        self.evaluate()
        self.assertFalse(trigger.fired_date)
        alerts._raise(self.deployment, "performance:slope", name="Too extreme")
        self.evaluate()
        self.assertEqual(trigger.fired_reason, "1 calibration alerts are open")

    def test_a_rule_may_train_a_version_that_does_not_serve(self):
        self.trigger("age", 180, action="train")
        later = NOW + timedelta(days=181)
        leads = self.make_leads(240)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s + (id %% 100) * interval '1 day',"
            " expected_revenue = 500 + id %% 7000,"
            " date_closed = %s + (id %% 100 + 1) * interval '1 day',"
            " won_status = CASE WHEN id %% 3 = 0 THEN 'won' ELSE 'lost' END WHERE id = ANY(%s)",
            [NOW - timedelta(days=60), NOW - timedelta(days=60), leads.ids],
        )
        self.env.invalidate_all()
        self.evaluate(later)
        trained = self.deployment.version_ids - self.version
        self.assertEqual(len(trained), 1)
        self.assertEqual(self.deployment.champion_id, self.version)
        self.assertIn(
            "was trained, as the version is 181 days old. Compared with the serving version:", self.activities().summary
        )
        self.evaluate(later + timedelta(days=1))
        self.assertEqual(self.deployment.version_ids - self.version, trained, "once per serving version")

    def test_a_training_that_is_not_possible_is_told(self):
        self.trigger("age", 180, action="train")
        self.evaluate(NOW + timedelta(days=181))
        self.assertEqual(self.deployment.version_ids, self.version)
        self.assertIn("Automatic training failed:", self.activities().summary)

    def test_open_drift_alerts_ask(self):
        trigger = self.trigger("drift", 2)
        alerts = self.env["ai.deployment.alert"]
        alerts._raise(self.deployment, "drift:a:shape", name="A moved")
        alerts._raise(self.deployment, "version", name="Failing")
        alerts._raise(self.make_deployment(), "drift:a:shape", name="Elsewhere")
        over = alerts._raise(self.deployment, "drift:b:shape", name="B moved")
        alerts._resolve(self.deployment, over.cause)
        self.evaluate()
        self.assertFalse(trigger.fired_date)
        alerts._raise(self.deployment, "drift:c:missing", name="C is empty").with_user(self.owner).action_acknowledge()
        self.evaluate()
        self.assertEqual(trigger.fired_reason, "2 drift alerts are open")

    def test_new_outcomes_ask(self):
        """What could not be learned from yet when the version was trained, at `NOW`, is new once its horizon passed."""
        trigger, horizon = self.trigger("labels", 3), timedelta(days=self.deployment.horizon_days)
        came = [NOW - horizon, NOW - horizon - timedelta(days=9), *(NOW + timedelta(days=day) for day in range(3))]
        self.env.flush_all()
        for lead, moment in zip(self.make_leads(len(came)), came, strict=True):
            self.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = %s", [moment, lead.id])
        self.env.invalidate_all()
        self.evaluate(came[-1] + horizon - timedelta(hours=1))
        self.assertFalse(trigger.fired_date)
        self.evaluate(came[-1] + horizon)
        self.assertEqual(trigger.fired_reason, "3 new outcomes are known")

    def test_fewer_outcomes_than_at_training_are_none_new(self):
        self.assertEqual(self.trigger("labels", 3)._new_outcome_count(self.version), 0)

    def test_an_archived_rule_asks_nothing(self):
        trigger = self.trigger("age", 1, active=False)
        self.evaluate(NOW + timedelta(days=99))
        self.assertFalse(trigger.fired_date)

    def test_without_a_version_nothing_is_asked(self):
        deployment = self.make_deployment()
        trigger = self.env["ai.deployment.trigger"].create({"deployment_id": deployment.id, "threshold": 1})
        with clock.at(NOW + timedelta(days=99)):
            self.env["ai.deployment.trigger"]._evaluate(deployment)
        self.assertFalse(trigger.fired_date)

    def test_where_the_owner_is_gone_the_deputy_is_asked(self):
        self.trigger("age", 1)
        self.owner.active = False
        self.evaluate(NOW + timedelta(days=99))
        self.assertEqual(self.activities().user_id, self.deputy)

    def test_a_copy_of_a_deployment_starts_afresh(self):
        self.trigger("age", 1)
        self.evaluate(NOW + timedelta(days=99))
        trigger = self.deployment.copy().trigger_ids
        self.assertEqual((trigger.kind, trigger.threshold), ("age", 1))
        self.assertFalse(trigger.fired_date or trigger.fired_version_id or trigger.fired_reason)

    @mute_logger("odoo.sql_db")
    def test_one_rule_of_a_kind(self):
        self.trigger("age", 1)
        with self.assertRaises(UniqueViolation):
            self.trigger("age", 2)
        self.trigger("age", 2, active=False)
        with self.assertRaises(CheckViolation):
            self.trigger("drift", 0)
