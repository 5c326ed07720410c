"""The dead-man switch: every cause is caused, found with a sentence, and over once it is mended."""

from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.health.people import Owner
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import DAY, HealthCase


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

    # The version

    def test_no_version_serves(self):
        self.deployment.assignment_ids.sudo().end_date = NOW + DAY
        finding = self.findings()["no_version"]
        self.assertEqual(finding.sentence, "No version serves, so nothing can be scored.")
        self.assertTrue(finding.breaks)
        with clock.at(NOW + DAY):
            self.deployment._assign_champion(self.version, "again")
        self.assertEqual(self.findings(), {})

    def test_a_version_that_was_changed_in_the_database_is_found(self):
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '5') WHERE id = %s",
            [self.version.id],
        )
        self.env.registry.clear_cache()
        finding = self.findings()["version"]
        self.assertIn("The serving version cannot be used: The artifact is rejected", finding.sentence)
        self.assertEqual(finding.severity, "severe")
        self.serve(self.deployment, self.card())
        self.assertEqual(self.findings(), {})

    # People

    def test_an_owner_who_left_is_told_to_the_deputy(self):
        self.owner.active = False
        finding = self.findings()["owner"]
        self.assertEqual(finding.sentence, f"The owner {self.owner.name} is no longer active.")
        self.run_job("ir_cron_health")
        self.assertEqual(self.alert("health:owner").activity_ids.user_id, self.deputy)
        self.deployment.user_id = self.deputy
        self.assertEqual(self.findings(), {})
        self.run_job("ir_cron_health")
        self.assertEqual(self.alert("health:owner").state, "resolved")

    def test_a_review_that_lapsed_is_a_notice_first_and_severe_after_its_days_of_grace(self):
        self.deployment.write({"review_date": NOW.date() - DAY, "idle_days": 0})
        finding = self.findings()["review"]
        self.assertEqual((finding.severity, finding.sentence), ("notice", "The periodic review was due on 03/01/2026."))
        self.assertEqual(self.findings(NOW + 13 * DAY)["review"].severity, "notice")
        self.assertEqual(self.findings(NOW + 14 * DAY)["review"].severity, "severe")
        self.deployment.review_date = NOW.date() + DAY
        self.assertEqual(self.findings(), {})

    # Ways in

    def test_a_menu_entry_that_was_taken_away_is_missed_until_there_is_a_new_one(self):
        self.deployment.action_server_id.unlink_action()
        finding = self.findings()["action"]
        self.assertEqual(finding.sentence, "The Action menu of leads has no entry for scoring.")
        self.deployment.action_server_id.unlink()
        self.assertIn("action", self.findings())
        self.deployment.state = "suspended"
        with clock.at(NOW):
            self.deployment.state = "shadow"
        self.assertEqual(self.findings(), {})

    def make_rule(self, name="Score new leads"):
        action = {
            "name": "Score",
            "model_id": self.lead_model.id,
            "state": "ai_deployment_score",
            "ai_deployment_id": self.deployment.id,
        }
        return self.env["base.automation"].create(
            {
                "name": name,
                "model_id": self.lead_model.id,
                "trigger": "on_create",
                "action_server_ids": [Command.create(action)],
            }
        )

    def test_an_archived_rule_is_named_until_it_is_back(self):
        rule = self.make_rule()
        self.assertEqual(self.findings(), {})
        rule.active = False
        finding = self.findings()["rule"]
        self.assertEqual(
            (finding.severity, finding.sentence),
            ("severe", "Automation rules that score with it are archived: “Score new leads”"),
        )
        rule.active = True
        self.assertEqual(self.findings(), {})

    def test_an_archived_rule_beside_another_way_in_is_a_notice(self):
        self.make_rule("Old rule").active = False
        self.make_rule("New rule")
        finding = self.findings()["rule"]
        self.assertEqual(finding.severity, "notice")
        self.assertNotIn("New rule", finding.sentence)

    # Nothing comes in

    def test_nothing_asked_for_is_told_after_the_days_that_the_owner_set(self):
        with clock.at(NOW + DAY):
            self.deployment._score(self.make_leads())
        self.assertEqual(self.findings(NOW + 15 * DAY), {})
        finding = self.findings(NOW + 16 * DAY)["idle"]
        self.assertEqual(
            (finding.severity, finding.sentence), ("severe", "No leads have been requested since 03/03/2026.")
        )
        for days in (20, 0):
            self.deployment.idle_days = days
            self.assertNotIn("idle", self.findings(NOW + 16 * DAY))

    def test_what_is_scored_ends_the_silence(self):
        self.assertIn("idle", self.findings(NOW + 15 * DAY))
        with clock.at(NOW + 15 * DAY):
            self.deployment._score(self.make_leads())
        self.assertNotIn("idle", self.findings(NOW + 15 * DAY))

    def test_a_deployment_that_was_switched_off_for_long_is_not_silent_at_once(self):
        self.deployment.state = "suspended"
        with clock.at(NOW + 60 * DAY):
            self.deployment.state = "shadow"
        self.assertNotIn("idle", self.findings(NOW + 61 * DAY))

    def test_records_that_are_all_for_somebody_else_are_no_scores(self):
        self.deployment.domain = "[('name', '=', 'nobody is called so')]"
        with clock.at(NOW + 14 * DAY):
            self.deployment._score(self.make_leads(3))
        finding = self.findings(NOW + 15 * DAY)["idle"]
        self.assertEqual(finding.sentence, "Of 3 leads requested in the last 14 days, none belongs to this deployment.")

    # Reports

    def test_a_report_that_does_not_come_is_missed_until_there_is_one(self):
        self.deployment.idle_days = 0
        with clock.at(NOW):
            self.deployment._score(self.make_leads(60))
        self.assertEqual(self.findings(NOW + 14 * DAY), {})
        finding = self.findings(NOW + 15 * DAY)["report"]
        self.assertEqual(finding.sentence, "There is no report yet, though leads have been created since 03/02/2026.")
        with clock.at(NOW + 15 * DAY):
            self.deployment._monitor()
        self.assertEqual(self.findings(NOW + 15 * DAY), {})
        finding = self.findings(NOW + 30 * DAY)["report"]
        self.assertEqual(finding.sentence, "The last report is dated 03/17/2026; one a week is expected.")

    def test_a_version_that_serves_anew_has_time_for_its_report(self):
        self.deployment.idle_days = 0
        with clock.at(NOW):
            self.deployment._score(self.make_leads(60))
        with clock.at(NOW + 20 * DAY):
            self.deployment._assign_champion(self.keep(self.deployment, self.card()), "test")
        with clock.at(NOW + 29 * DAY):
            self.deployment._assign_champion(self.version, "back")
        self.assertEqual(self.findings(NOW + 30 * DAY), {})

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

    def test_a_broken_version_that_scoring_told_of_is_not_told_twice(self):
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        with clock.at(NOW):
            self.deployment._score(self.make_leads())
        self.run_job("ir_cron_health")
        self.assertEqual(self.alert("version").state, "firing")
        self.assertFalse(self.alert("health:version"))

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
