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
        self.assertEqual(len(self.activities()), 1, "what was asked about the version before is taken back")

    def test_chances_that_do_not_come_true_ask(self):
        trigger = self.trigger("calibration", 1)
        alerts = self.env["ai.deployment.alert"]
        alerts._raise(self.deployment, "performance:auc", name="Order")
        self.evaluate()
        self.assertFalse(trigger.fired_date)
        alerts._raise(self.deployment, "performance:slope", name="Too extreme")
        self.evaluate()
        self.assertEqual(trigger.fired_reason, "1 calibration alert is open")

    def trainings(self):
        return self.env["ai.deployment.training"].search([("deployment_id", "=", self.deployment.id)])

    def test_a_rule_may_start_a_training(self):
        self.trigger("age", 180, action="train")
        later = NOW + timedelta(days=181)
        self.evaluate(later)
        training = self.trainings()
        self.assertEqual((training.state, training.is_automatic), ("waiting", True))
        self.assertEqual(training.reason, "the version is 181 days old")
        self.assertIn("A training was started, as the version is 181 days old.", self.activities().summary)
        self.assertEqual(self.deployment.version_ids, self.version, "nothing is trained where it is watched")
        self.evaluate(later + timedelta(days=1))
        self.assertEqual(self.trainings(), training, "once per serving version")

    def test_a_schedule_asks_again(self):
        self.trigger("schedule", 7, action="train")
        started = []
        for day in range(1, 22):
            self.evaluate(NOW + timedelta(days=day))
            for training in self.trainings().filtered(lambda one: one.state == "waiting").sudo():
                training.state = "done"
                started.append(day)
        self.assertEqual(started, [7, 14, 21])
        self.deployment.trigger_ids.threshold = 1
        self.evaluate(NOW + timedelta(days=30))
        self.assertEqual(self.deployment.trigger_ids.fired_reason, "it is scheduled every day")

    def test_one_that_fires_every_week_keeps_to_its_budget(self):
        self.deployment.trainings_per_month = 2
        self.trigger("schedule", 7, action="train")
        for week in range(1, 5):
            self.evaluate(NOW + timedelta(days=7 * week))
            self.trainings().sudo().filtered(lambda one: one.state == "waiting").state = "failed"
        self.assertEqual(len(self.trainings()), 2)
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "training:budget")])
        self.assertEqual((alert.state, alert.level), ("firing", "notice"))
        self.assertIn("2 of 2 allowed", alert.name)
        self.evaluate(NOW + timedelta(days=7 * 6))
        self.assertEqual(len(self.trainings()), 3, "the first ones are more than 30 days ago")
        self.assertEqual(alert.state, "resolved")

    def test_what_a_person_started_does_not_count(self):
        self.deployment.trainings_per_month = 1
        with clock.at(NOW + timedelta(days=5)):
            self.env["ai.deployment.training"]._ask(self.deployment).sudo().state = "done"
        self.trigger("schedule", 7, action="train")
        self.evaluate(NOW + timedelta(days=7))
        self.assertEqual(len(self.trainings()), 2)

    def test_the_preview_is_shown(self):
        trigger = self.trigger("schedule", 7)
        with clock.at(NOW + timedelta(days=50)):
            self.assertIn("(3 more before)", trigger.preview_text)
            trigger.threshold = 300
            self.assertEqual(trigger.preview_text, "not in the last year")

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
