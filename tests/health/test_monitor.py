"""The dead-man switch: every cause is caused, found with a sentence, and over once it is mended."""

from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.health.people import Owner
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import DAY, CheckCase, HealthCase


@tagged("post_install", "-at_install")
class TestHealth(HealthCase):
    def test_all_is_well(self):
        self.assertEqual(self.findings(), {})
        with clock.at(NOW):
            self.assertIn("No findings", self.deployment.with_user(self.owner).health_html)
            self.assertTrue(self.env["ai.deployment"]._is_all_well())

    def test_only_deployments_at_work_are_looked_at(self):
        self.deployment.state = "suspended"
        self.assertEqual(self.deployment._health(), {})
        self.assertFalse(self.deployment.health_html)

    # Shown

    def test_the_form_says_what_is_wrong_and_what_to_do(self):
        self.env.ref("ai_deployment.ir_cron_monitor").active = False
        with clock.at(NOW):
            deployment = self.deployment.with_user(self.owner)
            self.assertEqual(deployment.health, "attention")
            self.assertIn("inactive: “AI Deployment: monitoring”", deployment.health_reason)
            self.assertIn("activate them", deployment.health_html)
            self.assertNotIn("Notified since", deployment.health_html)
        self.run_job("ir_cron_health")
        with clock.at(NOW + DAY):
            self.assertIn("Notified since 03/02/2026.", self.deployment.with_user(self.owner).health_html)
        with clock.at(NOW):
            self.assertNotIn("No findings", deployment.health_html)

    def test_what_keeps_it_from_scoring_is_shown_as_broken(self):
        self.deployment.assignment_ids.sudo().end_date = NOW + DAY
        with clock.at(NOW):
            self.assertEqual(self.deployment.health, "bad")

    def test_looking_shows_what_is_now_not_what_an_alert_said(self):
        self.owner.active = False
        self.run_job("ir_cron_health")
        self.deployment.user_id = self.deputy
        self.env.invalidate_all()
        with clock.at(NOW):
            self.assertEqual(self.deployment.health, "good")

    def test_who_sees_no_deployment_sees_no_health(self):
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.seller).read(["health_html"])

    def test_what_the_system_keeps_is_not_written_by_hand(self):
        for name, value in (("live_since", NOW), ("monitor_taken", True), ("health_taken", True)):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self.deployment.with_user(self.owner).write({name: value})

    # Alerts

    def test_the_job_opens_an_alert_for_the_owner_and_resolves_it(self):
        rule = self.make_rule()
        rule.active = False
        self.run_job("ir_cron_health")
        alert = self.alert("health:rule")
        self.assertEqual((alert.state, alert.level, alert.activity_ids.user_id), ("firing", "alert", self.owner))
        self.run_job("ir_cron_health")
        self.assertEqual(len(alert.activity_ids), 1)
        rule.active = True
        self.run_job("ir_cron_health")
        self.assertEqual(alert.state, "resolved")

    def test_it_is_told_by_another_job_that_the_watch_is_off(self):
        self.env.ref("ai_deployment.ir_cron_monitor").active = False
        self.run_job("ir_cron_health")
        self.assertIn("AI Deployment: monitoring", self.alert("health:jobs_off").name)

    def test_alerts_end_when_a_deployment_is_switched_off(self):
        self.make_rule().active = False
        with patch.object(type(self.deployment), "_monitor", side_effect=ZeroDivisionError):
            self.run_job("ir_cron_monitor")
        self.run_job("ir_cron_health")
        alerts = self.alert("health:rule") | self.alert("broken:monitor")
        self.assertEqual(alerts.mapped("state"), ["firing", "firing"])
        self.deployment.state = "suspended"
        self.run_job("ir_cron_health")
        self.assertEqual(alerts.mapped("state"), ["resolved", "resolved"])

    def test_after_a_standstill_of_the_server_the_other_jobs_have_their_turn_first(self):
        later = NOW + 3 * DAY
        job = self.env.ref("ai_deployment.ir_cron_health")
        self.jobs_ran(NOW)
        self.run_job("ir_cron_health", later)
        self.assertFalse(self.alert("health:jobs_late"))
        self.jobs_ran(NOW)
        job.write({"lastcall": later, "nextcall": later})
        self.run_job("ir_cron_health", later + timedelta(hours=1))
        self.assertEqual(self.alert("health:jobs_late").state, "firing")

    # One broken deployment

    def break_artifact(self):
        self.env.cr.execute("UPDATE ai_deployment_version SET artifact = '[]' WHERE id = %s", [self.version.id])
        self.env.registry.clear_cache()
        self.env.invalidate_all()

    def test_a_deployment_with_a_broken_version_does_not_keep_its_sibling_from_being_reported(self):
        other = self.sibling()
        for deployment in (self.deployment, other):
            with clock.at(NOW):
                deployment._score(self.make_leads(60))
        self.break_artifact()
        with self.assertNoLogs("odoo.addons.ai_deployment", "WARNING"):
            self.run_job("ir_cron_monitor", NOW + 7 * DAY)
        self.assertEqual(len(other.report_ids), 1)
        self.assertFalse(self.deployment.report_ids)
        alert = self.alert("broken:monitor")
        self.assertEqual((alert.state, alert.activity_ids.user_id), ("firing", self.owner))
        self.assertIn("“Which leads to call” could not be monitored: ArtifactRejected: The artifact", alert.name)
        self.run_job("ir_cron_health", NOW + 7 * DAY)
        self.assertEqual(self.alert("health:version").state, "firing")
        self.assertFalse(self.alert("health:version", other))

    def test_what_cannot_be_looked_at_is_severe_and_stops_no_other(self):
        other = self.sibling()
        other.user_id = self.other_owner
        self.other_owner.active = False
        real = Owner.find

        def fails(check, deployment, facts):
            if deployment == self.deployment:
                raise ZeroDivisionError("so it is")
            return real(check, deployment, facts)

        with patch.object(Owner, "find", fails), clock.at(NOW):
            found = (self.deployment | other)._health()
            self.assertEqual(
                [finding.sentence for finding in found[self.deployment.id]],
                ["The health check failed: ZeroDivisionError: so it is"],
            )
            self.assertEqual([finding.code for finding in found[other.id]], ["owner"])
            self.run_job("ir_cron_health")
        self.assertIn("ZeroDivisionError: so it is", self.alert("broken:health").name)
        self.assertEqual(self.alert("health:owner", other).state, "firing")
        self.run_job("ir_cron_health")
        self.assertEqual(self.alert("broken:health").state, "resolved")

    def test_a_pass_that_is_interrupted_goes_on_where_it_was(self):
        others = [self.sibling(f"Sibling {number}") for number in range(2)]
        seen, cls = [], type(self.deployment)

        def watch(deployment):
            seen.append(deployment.id)

        jobs = type(self.env["ir.cron"])
        progress = jobs._commit_progress
        with patch.object(cls, "_monitor", watch):
            # After the first deployment the time is over.
            with patch.object(jobs, "_commit_progress", lambda cron, done=0, **kw: 0 if done else progress(cron, **kw)):
                with self.enter_registry_test_mode(), self.env.registry.cursor() as cr:
                    self.env(cr=cr)["ai.deployment"]._cron_monitor()
            self.assertEqual(len(seen), 1)
            self.run_job("ir_cron_monitor")
            self.assertEqual(sorted(seen), sorted(set(seen)), "each once in a pass")
            self.assertLessEqual({self.deployment.id, *(other.id for other in others)}, set(seen))
            self.run_job("ir_cron_monitor")
            self.assertEqual(seen.count(self.deployment.id), 2, "the next pass begins anew")

    def test_a_deployment_that_collides_again_and_again_becomes_an_alert_and_stops_no_other(self):
        other, seen, cls = self.sibling(), [], type(self.deployment)

        def watch(deployment):
            if deployment.id == self.deployment.id:
                raise psycopg2.errors.SerializationFailure("could not serialize")
            seen.append(deployment.id)

        with patch.object(cls, "_monitor", watch):
            self.run_job("ir_cron_monitor")
        self.assertIn(other.id, seen)
        self.assertIn("SerializationFailure: could not serialize", self.alert("broken:monitor").name)


@tagged("post_install", "-at_install")
class TestTells(CheckCase):
    def test_what_concerns_all_is_told_once_to_an_owner_and_the_administrators(self):
        others = [self.sibling(f"Sibling {number}") for number in range(3)]
        for job in ("ir_cron_send", "ir_cron_alerts", "ir_cron_checklists"):
            self.env.ref(f"ai_deployment.{job}").active = False
        self.watch()
        alerts = self.env["ai.deployment.alert"].search([("cause", "=", "health:jobs_off")])
        self.assertEqual((len(alerts), alerts.state), (1, "firing"))
        self.assertLessEqual({self.owner, self.manager}, set(alerts.activity_ids.user_id))
        before = len(alerts.activity_ids)
        self.watch(NOW + timedelta(hours=1))
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
