"""What stands still, what tells nobody, and what all deployments share: each cause is caused, found, and over."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.health import server
from odoo.addons.ai_deployment.models.health.crons import JOBS
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import DAY, HealthCase

HOUR = timedelta(hours=1)


class CheckCase(HealthCase):
    def setUp(self):
        super().setUp()
        self.deployment.idle_days = 0

    def watch(self, moment=NOW):
        self.jobs_ran(moment)
        self.run_job("ir_cron_health", moment)

    def open_causes(self):
        alerts = self.env["ai.deployment.alert"].search([("state", "!=", "resolved")])
        return sorted(alerts.mapped("cause"))


@tagged("post_install", "-at_install")
class TestStandsStill(CheckCase):
    def make_batch(self, count=3):
        with clock.at(NOW):
            return self.env["ai.deployment.batch"]._ask(self.deployment, self.make_leads(count).ids).sudo()

    def test_a_paused_batch_is_a_notice_at_first_and_severe_after_a_day(self):
        batch = self.make_batch()
        self.assertEqual(self.findings(), {})
        batch.action_pause()
        finding = self.findings()["batch_paused"]
        self.assertEqual(finding.severity, "notice")
        self.assertIn(
            "A batch is paused: 3 leads requested since 03/02/2026 are not scored. Paused by", finding.sentence
        )
        self.assertEqual(self.findings(NOW + DAY + HOUR)["batch_paused"].severity, "severe")
        batch.action_cancel()
        self.assertEqual(self.findings(NOW + DAY + HOUR), {})

    def test_a_batch_that_is_not_worked_off_is_severe_after_a_day(self):
        batch = self.make_batch()
        finding = self.findings(NOW + DAY + HOUR)["batch_late"]
        self.assertEqual(finding.severity, "severe")
        batch.action_cancel()
        self.assertEqual(self.findings(NOW + DAY + HOUR), {})

    def test_a_batch_that_paused_itself_and_told_so_is_told_once(self):
        batch = self.make_batch()
        with clock.at(NOW):
            batch._pause("It failed.")
            self.env["ai.deployment.alert"]._raise(self.deployment, "batch", name="Scoring stopped")
        self.watch()
        self.assertEqual(self.open_causes(), ["batch"])
        self.assertIn("batch_paused", self.findings())

    def test_records_that_wait_for_more_than_a_day(self):
        with clock.at(NOW):
            self.env["ai.deployment.request"].sudo()._add(
                self.deployment, clock.today(), self.make_leads(2).ids, [("version_fails", "x")] * 2, {}
            )
        self.assertEqual(self.findings(NOW + DAY), {})
        finding = self.findings(NOW + 2 * DAY)["requests"]
        self.assertRegex(finding.sentence, r"^2 leads have been waiting for a score since 03/02/2026. Most frequent reason: .+\.$")
        self.env["ai.deployment.request"].sudo().search([])._forget()
        self.assertEqual(self.findings(NOW + 2 * DAY), {})

    def test_records_that_wait_for_what_was_told_already_are_told_once(self):
        with clock.at(NOW):
            self.env["ai.deployment.request"].sudo()._add(
                self.deployment, clock.today(), self.make_leads(1).ids, [("version_fails", "x")], {}
            )
            self.env["ai.deployment.alert"]._raise(self.deployment, "fails", name="It fails on every lead")
        self.watch(NOW + 2 * DAY)
        self.assertEqual(self.open_causes(), ["fails"])

    def test_a_wrong_ledger_is_severe_and_told_once(self):
        with clock.at(NOW):
            self.deployment._score(self.make_leads(4))
            self.env["ai.deployment.requested"].sudo().search([]).unlink()
            self.env["ai.deployment.ledger"]._check(self.deployment)
        finding = self.findings()["ledger"]
        self.assertEqual(
            (finding.severity, finding.sentence), ("severe", "4 records were counted twice since 03/02/2026")
        )
        self.watch()
        self.assertEqual(self.open_causes(), ["sum"])

    def test_a_way_that_does_not_get_through_is_severe_and_told_once(self):
        channel = self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "kind": "email", "partner_ids": self.owner.partner_id.ids}
        )
        self.assertEqual(self.findings(), {})
        with clock.at(NOW):
            channel._failed("No server.")
        finding = self.findings()["channel"]
        self.assertEqual(finding.severity, "severe")
        self.assertIn("Messages cannot be delivered since 03/02/2026: “E-mail: ai_owner", finding.sentence)
        self.watch()
        self.assertEqual(self.open_causes(), [channel._cause()])


@tagged("post_install", "-at_install")
class TestPeopleAndCompany(CheckCase):
    def test_an_archived_company(self):
        company = self.env["res.company"].create({"name": "Closed Ltd"})
        self.deployment.sudo().company_id = company
        self.assertNotIn("company", self.findings())
        company.active = False
        finding = self.findings()["company"]
        self.assertEqual(finding.severity, "severe")
        self.assertIn("“Closed Ltd” is archived", finding.sentence)

    def test_reviewers_who_are_all_archived_are_a_notice_while_the_owner_is_there(self):
        self.reviewer.active = False
        finding = self.findings()["reviewers"]
        self.assertEqual(finding.severity, "notice")
        self.assertIn(f"reviews are assigned to {self.owner.name}", finding.sentence)
        self.reviewer.active = True
        self.assertEqual(self.findings(), {})

    def test_open_reviews_with_nobody_left_are_severe(self):
        self.deployment.min_confidence = 1.0
        with clock.at(NOW):
            self.deployment._score(self.make_leads(3))
        (self.reviewer | self.owner | self.deputy).write({"active": False})
        finding = self.findings()["reviewers"]
        self.assertEqual(
            (finding.severity, finding.sentence),
            ("severe", "There is no available reviewer; 3 reviews are open, the oldest since 03/02/2026."),
        )


@tagged("post_install", "-at_install")
class TestTells(CheckCase):
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

    def test_what_concerns_all_is_told_once_to_an_owner_and_the_administrators(self):
        others = [self.sibling(f"Sibling {number}") for number in range(3)]
        for job in ("ir_cron_send", "ir_cron_alerts", "ir_cron_checklists"):
            self.env.ref(f"ai_deployment.{job}").active = False
        self.watch()
        alerts = self.env["ai.deployment.alert"].search([("cause", "=", "health:jobs_off")])
        self.assertEqual((len(alerts), alerts.state), (1, "firing"))
        self.assertLessEqual({self.owner, self.manager}, set(alerts.activity_ids.user_id))
        before = len(alerts.activity_ids)
        self.watch(NOW + HOUR)
        self.assertEqual(len(alerts.activity_ids), before)
        for deployment in (self.deployment, *others):
            self.assertIn("jobs_off", self.findings(deployment=deployment))

    def test_alerts_of_each_deployment_from_before_are_resolved(self):
        other = self.sibling()
        with clock.at(NOW):
            self.env["ai.deployment.alert"]._raise(other, "health:jobs_off", name="Old")
        self.env.ref("ai_deployment.ir_cron_send").active = False
        self.watch()
        self.assertEqual(self.alert("health:jobs_off", other).state, "resolved")
        self.assertEqual(self.alert("health:jobs_off").state, "firing")

    def test_a_message_that_should_have_been_sent(self):
        channel = self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "kind": "email", "partner_ids": self.owner.partner_id.ids}
        )
        with clock.at(NOW):
            channel._queue("It moved", "")
        self.assertNotIn("messages_late", self.findings(NOW + timedelta(minutes=59)))
        finding = self.findings(NOW + HOUR)["messages_late"]
        self.assertEqual(finding.sentence, "Messages are not sent: 1 are pending, the oldest since 03/02/2026.")
        self.env.ref("ai_deployment.ir_cron_send").active = False
        self.assertNotIn("messages_late", self.findings(NOW + HOUR), "the job is told of instead")

    def test_the_mail_queue_matters_where_mail_is_used(self):
        queue = self.env.ref("mail.ir_cron_mail_scheduler_action")
        queue.write({"active": False})
        self.assertNotIn("mail_queue", self.findings())
        self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "kind": "email", "partner_ids": self.owner.partner_id.ids}
        )
        self.assertEqual(self.findings()["mail_queue"].severity, "severe")


@tagged("post_install", "-at_install")
class TestDisks(CheckCase):
    def with_free(self, total, left):
        return patch.object(server, "free_space", return_value=(total, left))

    def test_a_disk_that_is_nearly_full_is_a_notice_and_severe_at_its_end(self):
        gigabyte = 1024**3
        for left, severity in ((10 * gigabyte, None), (gigabyte, "notice"), (gigabyte // 4, "severe")):
            with self.subTest(left=left), self.with_free(100 * gigabyte, left):
                finding = self.findings().get("disk_files")
                self.assertEqual(finding and finding.severity, severity)

    def test_a_small_disk_is_judged_by_its_share(self):
        gigabyte = 1024**3
        with self.with_free(12 * gigabyte, gigabyte):
            self.assertNotIn("disk_files", self.findings())

    def test_a_disk_that_cannot_be_looked_at_is_no_finding(self):
        with patch.object(server.shutil, "disk_usage", side_effect=OSError):
            self.assertEqual(self.findings(), {})

    def test_a_full_disk_of_the_database_is_found_where_it_refused_something(self):
        with clock.at(NOW), patch.object(server, "free_space", return_value=None):
            self.env["ai.deployment.alert"]._raise(self.deployment, "server:disk_full", name="Full")
            self.watch()
        self.assertEqual(self.open_causes(), ["server:disk_full"])
        with patch.object(server, "free_space", return_value=None):
            self.assertEqual(self.findings()["disk_database"].severity, "severe")
