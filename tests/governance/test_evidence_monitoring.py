"""The rules about monitoring: jobs, the alert drill, a repeated training, a reader."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import EvidenceCase

FORM = {"name": {}, "suggestion": {}, "state": {}}


@tagged("post_install", "-at_install")
class TestEvidenceMonitoring(EvidenceCase):
    def test_each_row_of_both_templates_has_its_rule(self):
        for code in ("watched", "alert_drill", "retrained", "read"):
            lines = self.env["ai.deployment.check.template.line"].search([("code", "=", code)])
            self.assertGreaterEqual(len(lines), 2)
            self.assertEqual(set(lines.mapped("rule")), {code})

    def cron(self, name):
        return self.env.ref(f"ai_deployment.ir_cron_{name}")

    def test_jobs_that_run_are_met(self):
        now = self.cron("monitor").lastcall
        self.enterContext(clock.at(now))
        found = self.assertMet("watched", "All 5 monitoring jobs run at least once a week")
        self.assertEqual(found.record, self.cron("monitor"))

    def test_a_job_that_is_off_late_failing_rare_new_or_gone_is_named(self):
        self.enterContext(clock.at(self.cron("monitor").lastcall))
        for name, values, sentence in (
            ("monitor", {"active": False}, "“AI Deployment: monitoring” is inactive."),
            (
                "health",
                {"failure_count": 3},
                "“AI Deployment: health checks” (3 times) fails repeatedly.",
            ),
            ("alerts", {"lastcall": NOW - timedelta(days=400)}, "“AI Deployment: daily alerts”"),
            ("checklists", {"interval_type": "months"}, "update checklists” runs less than once a week."),
            ("send", {"lastcall": False, "nextcall": clock.now()}, "“AI Deployment: send messages” has not run yet."),
        ):
            with self.subTest(job=name), self.env.cr.savepoint() as savepoint:
                self.cron(name).write(values)
                self.assertMissing("watched", sentence)
                savepoint.rollback()
        self.cron("monitor").unlink()
        self.assertMissing("watched", "The scheduled action “AI Deployment: monitoring” is missing.")

    def test_a_week_is_often_enough(self):
        self.enterContext(clock.at(self.cron("monitor").lastcall))
        self.cron("monitor").write({"interval_type": "weeks", "interval_number": 1})
        self.assertMet("watched", "run at least once a week")
        self.cron("monitor").write({"interval_type": "days", "interval_number": 8})
        self.assertMissing("watched", "less than once a week")

    def test_a_score_that_is_not_watched_blocks_the_row(self):
        self.enterContext(clock.at(self.cron("monitor").lastcall))
        today = clock.today()
        report = (
            self.env["ai.deployment.report"]
            .sudo()
            .create(
                {
                    "deployment_id": self.deployment.id,
                    "version_id": self.deployment.champion_id.id,
                    "date": clock.now(),
                    "window_start": today - timedelta(days=7),
                    "window_end": today,
                    "verdict": "cannot_judge",
                    "blind_spot": "Too few came in.",
                }
            )
        )
        self.assertMissing("watched", "Monitoring of the score has failed since")
        self.assertMissing("watched", "Too few came in.")
        self.env["ai.deployment.report.line"].sudo().create(
            {"report_id": report.id, "key": "score", "label": "The score", "test": "shape", "verdict": "quiet"}
        )
        self.env.invalidate_all()
        self.assertMet("watched", "run at least once a week")

    def test_only_an_administrator_of_odoo_gets_to_the_jobs(self):
        with self.assertRaisesRegex(UserError, "ask one to check"):
            self.satisfy("watched")
        self.assertEqual(self.satisfy("watched", self.env.ref("base.user_admin"))["res_model"], "ir.cron")

    def test_the_alert_drill_is_met_by_one_that_passed(self):
        self.make_leads()
        self.assertMissing("alert_drill", "There was no such drill yet.")
        self.satisfy("alert_drill")
        self.assertMet("alert_drill", "passed.")
        self.assertEqual(self.check("alert_drill").state, "met")
        with clock.at(NOW + timedelta(days=91)):
            self.assertMissing("alert_drill", "counts for 90 days")
        self.serve(self.deployment, self.card(low=-2.0))
        self.assertMissing("alert_drill", "which no longer serves")

    def again(self, **values):
        return self.keep(self.deployment, self.card(low=-2.0), **{"verdict": "better", "challenge": {}, **values})

    def trained(self, version, state="done", date="2099-01-01 00:00:00"):
        training = self.env["ai.deployment.training"]._ask(self.deployment).sudo()
        training.write({"state": state, "version_id": version.id, "requested_date": date, "end_date": date})
        return training

    def test_a_plan_and_a_training_with_a_verdict_are_met(self):
        self.assertMissing("retrained", "retraining plan is missing")
        self.deployment.retraining_plan = "Every quarter, by Anna, on two years of leads."
        version = self.again(verdict_text="Better on the latest 60 records.")
        self.assertMissing("retrained", "Documented, but no training was carried out")
        self.alter("ai_deployment_version", version, trained_date="2099-01-01")
        training = self.trained(version)
        found = self.assertMet("retrained", "Version 2 was trained on 1,000 records")
        self.assertIn("tested against the version serving then: Better on the latest 60 records.", found.sentence)
        self.assertEqual(found.record, training)

    def test_a_training_that_made_it_worse_does_not_count(self):
        self.deployment.retraining_plan = "Every quarter."
        self.trained(self.again(verdict="worse"))
        self.assertMissing("retrained", "Version 2 was trained")

    def test_what_was_trained_before_shadow_or_failed_does_not_count(self):
        self.deployment.retraining_plan = "Every quarter."
        version = self.again()
        training = self.trained(version, date="2000-01-01 00:00:00")
        self.assertMissing("retrained", "no training was carried out")
        training.write({"requested_date": "2099-01-01 00:00:00", "state": "failed"})
        self.assertMissing("retrained", "no training was carried out")
        training.state = "done"
        self.alter("ai_deployment_version", version, verdict="first")
        self.assertMissing("retrained", "no training was carried out")

    def test_do_it_asks_for_the_plan_first_and_then_trains(self):
        self.assertEqual(self.satisfy("retrained")["res_model"], "ai.deployment")
        self.deployment.retraining_plan = "Every quarter."
        self.assertEqual(self.satisfy("retrained")["res_model"], "ai.deployment.training")

    def test_a_test_alert_is_sent_and_who_opens_it_ends_it_and_has_read(self):
        self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "partner_ids": self.owner.partner_id.ids}
        )
        self.assertMissing("read", "No alert or report of it has been opened yet.")
        message = self.satisfy("read")["params"]["message"]
        self.assertIn(f"was sent to {self.owner.name}", message)
        alert = self.deployment.alert_ids
        self.assertEqual((alert.state, alert.activity_ids.user_id), ("firing", self.owner))
        self.assertEqual(self.env["ai.deployment.message"].search([("alert_id", "=", alert.id)]).state, "pending")
        alert.with_user(self.reviewer).web_read(FORM)
        self.assertMissing("read", "has been opened yet")
        alert.with_user(self.owner).web_read(FORM)
        found = self.assertMet("read", f"{self.owner.name} opened “Test alert for")
        self.assertEqual((alert.state, len(alert.activity_ids)), ("resolved", 0))
        self.assertEqual(found.record, alert)
        with clock.at(NOW + timedelta(days=91)):
            self.assertMissing("read", "counts for 90 days")

    def test_what_the_system_reads_is_no_reading(self):
        alert = self.env["ai.deployment.alert"]._raise(self.deployment, "x", name="X")
        alert.sudo().write({"read_by_id": self.env.ref("base.user_root").id, "read_date": NOW})
        self.assertMissing("read", "has been opened yet")

    def test_only_who_answers_for_it_sends_a_test_alert(self):
        for person in (self.reviewer, self.other_owner, self.seller):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.deployment.with_user(person).action_send_test_alert()
