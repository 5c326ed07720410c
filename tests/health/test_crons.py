"""Scheduled actions: those that do not run are named, those that ran ahead of the clock are moved back."""

import datetime

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.health.crons import FAILURES, GRACE, JOBS, Crons, trouble_of
from odoo.addons.ai_deployment.models.health.monitor import HealthMonitor
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import CheckCase, HealthCase

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
AHEAD = NOW + 3 * DAY


@tagged("post_install", "-at_install")
class TestJobs(CheckCase):
    def test_every_job_of_ours_is_looked_at(self):
        shipped = self.env["ir.model.data"].search([("module", "=", "ai_deployment"), ("model", "=", "ir.cron")])
        lanes = {data.name for data in shipped if data.name.startswith("ir_cron_worker_")}
        self.assertEqual(set(shipped.mapped("name")) - lanes, {job.xmlid for job in JOBS})
        self.assertTrue(lanes)

    def test_each_job_that_is_switched_off_is_named(self):
        self.deployment.write({"score_nightly": True, "fallback": "constant", "fallback_value": 0.5})
        for job in JOBS:
            cron = self.env.ref(f"ai_deployment.{job.xmlid}")
            cron.active = False
            with self.subTest(job=job.xmlid):
                self.assertIn(f"“{job.name}”", self.findings()["jobs_off"].sentence)
                self.assertEqual(cron.cron_name, job.name)
            cron.active = True

    def trouble(self, **values):
        """What is the matter with the job that sends messages, once it has these values."""
        job = self.env.ref("ai_deployment.ir_cron_send")
        job.write(values)
        job.flush_recordset()
        with clock.at(NOW):
            return trouble_of(job.sudo(), "", self.env)

    def test_a_job_fails_again_and_again_from_the_third_time_on(self):
        self.assertIsNone(self.trouble(failure_count=FAILURES - 1))
        self.assertEqual(self.trouble(failure_count=FAILURES), ("failing", "“AI Deployment: send messages” (3 times)"))

    def test_a_job_is_late_an_hour_after_the_call_that_it_missed(self):
        interval = datetime.timedelta(minutes=self.env.ref("ai_deployment.ir_cron_send").interval_number)
        self.assertEqual(self.env.ref("ai_deployment.ir_cron_send").interval_type, "minutes")
        edge = NOW - 2 * interval - GRACE
        self.assertIsNone(self.trouble(lastcall=edge, nextcall=edge + interval))
        self.assertEqual(self.trouble(lastcall=edge - datetime.timedelta(seconds=1)).kind, "late")
        never = self.trouble(lastcall=False, nextcall=NOW - DAY)
        self.assertEqual(never, ("late", "“AI Deployment: send messages” (never so far)"))

    def test_a_job_that_was_deleted_is_gone_under_its_shipped_name(self):
        self.assertEqual(trouble_of(None, "A job", self.env), ("gone", "“A job”"))
        job = next(job for job in JOBS if job.xmlid == "ir_cron_send")
        self.env["ir.model.data"].search([("module", "=", "ai_deployment"), ("name", "=", job.xmlid)]).unlink()
        self.assertIn(f"“{job.name}”", self.findings()["jobs_gone"].sentence)

    def test_one_lane_is_enough(self):
        lanes = Crons(self.env).lanes
        self.assertGreater(len(lanes), 1)
        lanes[1:].active = False
        self.assertEqual(self.findings(), {})
        lanes.active = False
        self.assertIn(lanes[0].cron_name, self.findings()["jobs_off"].sentence)


@tagged("post_install", "-at_install")
class TestJobsAhead(HealthCase):
    def ahead(self, name):
        found = Crons(self.env)
        return found.by_name[name]

    def test_jobs_that_ran_ahead_are_a_finding_and_planned_anew_by_the_next_that_runs(self):
        self.jobs_ran(AHEAD)
        with clock.at(NOW):
            finding = {f.code: f for f in self.deployment._health()[self.deployment.id]}["jobs_ahead"]
            self.assertIn("“AI Deployment: send messages” (next on 03/05/2026", finding.sentence)
            self.assertEqual(finding.severity, "severe")
            self.assertFalse(self.env["ai.deployment"]._is_all_well())
        self.run_job("ir_cron_retry")
        for job in self.jobs - self.env.ref("ai_deployment.ir_cron_retry"):
            with self.subTest(job=job.cron_name):
                longest = DAY if job.interval_type == "days" else HOUR
                self.assertLessEqual(job.nextcall, NOW + longest)
                self.assertLessEqual(job.lastcall, NOW)
        with clock.at(NOW):
            self.assertEqual(self.deployment._health()[self.deployment.id], [])

    def test_a_job_of_the_night_stays_one(self):
        job = self.env.ref("ai_deployment.ir_cron_nightly")
        job.nextcall = datetime.datetime(2026, 3, 6, 1, 0)
        with clock.at(NOW):
            Crons(self.env).put_back()
        self.assertEqual(job.nextcall, datetime.datetime(2026, 3, 3, 1, 0))

    def test_jobs_that_are_planned_well_are_left_alone(self):
        self.jobs_ran(NOW)
        before = {job: (job.lastcall, job.nextcall) for job in self.jobs}
        with clock.at(NOW):
            self.assertEqual(Crons(self.env).put_back(), 0)
        self.assertEqual(before, {job: (job.lastcall, job.nextcall) for job in self.jobs})

    def test_a_clock_of_another_year(self):
        self.jobs_ran(datetime.datetime(2038, 1, 19, 3, 14))
        with clock.at(NOW):
            Crons(self.env).put_back()
            self.assertEqual(self.deployment._health()[self.deployment.id], [])

    def test_jobs_of_others_are_left_alone(self):
        other = self.env.ref("base.autovacuum_job")
        other.nextcall = AHEAD
        with clock.at(NOW):
            Crons(self.env).put_back()
        self.assertEqual(other.nextcall, AHEAD)

    def test_the_alert_of_what_ran_ahead_is_resolved_when_it_is_over(self):
        self.jobs_ran(AHEAD)
        with clock.at(NOW):
            HealthMonitor(self.deployment.sudo()).watch_instance()
        alert = self.alert("health:jobs_ahead")
        self.assertEqual(alert.state, "firing")
        self.run_job("ir_cron_retry")
        self.jobs_ran(NOW)
        self.run_job("ir_cron_health", NOW)
        self.assertEqual(alert.state, "resolved")
