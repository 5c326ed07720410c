"""The jobs that a deployment needs: each way in which one can stand still is told, and over once it is mended."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestJobs(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.deployment.at_work_since = NOW
        self.monitor = self.env.ref("ai_deployment.ir_cron_monitor")
        self.lanes = self.env["ir.cron"].search([("cron_name", "=like", "AI Deployment: lane%")])

    def sentences(self, moment=NOW):
        with clock.at(moment):
            found = self.deployment._health()[self.deployment.id]
        return {f.code: f.sentence for f in found if f.code.startswith("jobs_")}

    def run_all(self, moment):
        self.jobs_ran(moment)

    def test_jobs_that_run_are_not_spoken_of(self):
        self.assertEqual(self.sentences(), {})

    def test_a_job_that_was_switched_off_is_named_until_it_is_on_again(self):
        self.monitor.active = False
        self.assertEqual(
            self.sentences(), {"jobs_off": "Scheduled jobs are switched off: “AI Deployment: watch deployments”"}
        )
        self.monitor.active = True
        self.assertEqual(self.sentences(), {})

    def test_several_jobs_with_the_same_trouble_are_one_finding(self):
        self.monitor.active = self.env.ref("ai_deployment.ir_cron_retry").active = False
        self.assertEqual(list(self.sentences()), ["jobs_off"])
        self.assertIn(
            "“AI Deployment: watch deployments”, “AI Deployment: score what waits”", self.sentences()["jobs_off"]
        )

    def test_a_job_is_late_after_two_intervals_and_an_hour(self):
        last = NOW + timedelta(days=2, hours=1)
        self.run_all(last)
        self.monitor.lastcall = NOW
        self.assertEqual(self.sentences(last), {})
        self.assertRegex(
            self.sentences(last + timedelta(seconds=1))["jobs_late"],
            r"^Scheduled jobs do not run: “AI Deployment: watch deployments” \(last on .*2026.*\)$",
        )
        self.monitor.lastcall = last
        self.assertEqual(self.sentences(last + timedelta(seconds=1)), {})

    def test_the_interval_of_the_job_itself_counts(self):
        moment = NOW + timedelta(days=9)
        self.run_all(moment)
        self.monitor.lastcall = NOW
        self.assertIn("jobs_late", self.sentences(moment))
        self.monitor.write({"interval_number": 1, "interval_type": "weeks"})
        self.assertEqual(self.sentences(moment), {})

    def test_a_job_that_never_ran_is_late_once_its_time_has_passed(self):
        moment = NOW + timedelta(days=1, hours=2)
        self.run_all(NOW)
        self.monitor.write({"lastcall": False, "nextcall": NOW})
        self.assertEqual(self.sentences(NOW + timedelta(hours=1)), {})
        self.run_all(moment)
        self.monitor.write({"lastcall": False, "nextcall": NOW})
        self.assertIn("“AI Deployment: watch deployments” (never so far)", self.sentences(moment)["jobs_late"])

    def test_a_job_that_fails_again_and_again_is_not_late_but_failing(self):
        self.monitor.failure_count = 2
        self.assertEqual(self.sentences(), {})
        self.monitor.failure_count = 3
        self.assertEqual(
            self.sentences(),
            {"jobs_failing": "Scheduled jobs fail again and again: “AI Deployment: watch deployments” (3 times)"},
        )

    def test_a_job_that_was_deleted_is_missing(self):
        self.monitor.unlink()
        self.assertEqual(
            self.sentences(), {"jobs_gone": "Scheduled jobs are missing: “AI Deployment: watch deployments”"}
        )

    def test_one_lane_that_runs_is_enough(self):
        self.lanes[1:].active = False
        self.assertEqual(self.sentences(), {})
        self.lanes[0].active = False
        self.assertIn("“AI Deployment: lane 1”", self.sentences()["jobs_off"])
        self.lanes[2].active = True
        self.assertEqual(self.sentences(), {})

    def test_the_job_of_the_night_matters_only_to_those_who_want_it(self):
        self.env.ref("ai_deployment.ir_cron_nightly").active = False
        self.assertEqual(self.sentences(), {})
        self.deployment.score_nightly = True
        self.assertIn("score every night", self.sentences()["jobs_off"])
