"""Facts that checks rest on: what counts, from which moment on, and that they are read for all at once."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.alerting.alert_kinds import DISK_FULL, SUM, Cause
from odoo.addons.ai_deployment.models.health.facts import LATE, Asked, Facts, Waiting
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.health.common import DAY, HealthCase


@tagged("post_install", "-at_install")
class TestFacts(HealthCase):
    def facts(self, deployments=None):
        self.env.flush_all()
        return Facts((deployments or self.deployment).sudo())

    def test_a_deployment_that_nobody_asked_has_empty_facts(self):
        with clock.at(NOW):
            facts = self.facts()
            self.assertEqual(facts.asked, {self.deployment.id: Asked()})
            self.assertEqual((facts.batches, facts.requests, facts.alerts), ({}, {}, {}))
            self.assertEqual(facts.open_reviews(self.deployment), (0, None))
            self.assertEqual((facts.late_messages, facts.first_days, facts.reported), (None, {}, {}))
            self.assertFalse(facts.uses_mail)

    def test_days_lately_end_today_and_days_to_come_are_counted_apart(self):
        self.deployment.idle_days = 14
        for day, count in ((-15, 1), (-14, 2), (0, 4), (1, 8), (3, 16)):
            with clock.at(NOW + day * DAY):
                self.env["ai.deployment.ledger"]._asked(self.deployment, clock.today(), count)
        with clock.at(NOW):
            [asked] = self.facts().asked.values()
        self.assertEqual(asked, Asked(NOW.date(), 2 + 4, 0, 8 + 16, (NOW + 3 * DAY).date()))

    def test_records_wait_for_long_after_a_full_day_and_each_counts_once(self):
        requests = self.env["ai.deployment.request"].sudo()
        leads = self.make_leads(3)
        with clock.at(NOW):
            requests._add(self.deployment, clock.today(), leads.ids, [("version_fails", "x")] * 3, {})
        with clock.at(NOW + DAY):
            self.assertEqual(self.facts().requests, {})
        with clock.at(NOW + 2 * DAY):
            waiting = self.facts().requests
        self.assertEqual(waiting, {self.deployment.id: Waiting(3, NOW.date(), "version_fails")})

    def test_a_message_is_late_an_hour_after_it_was_due(self):
        channel = self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "kind": "email", "partner_ids": self.owner.partner_id.ids}
        )
        with clock.at(NOW):
            channel._queue("It moved", "")
        for moment, late in ((NOW + LATE - timedelta(seconds=1), None), (NOW + LATE, (1, NOW))):
            with self.subTest(moment=moment), clock.at(moment):
                self.assertEqual(self.facts().late_messages, late)
        self.assertTrue(self.facts().uses_mail)
        channel.active = False
        self.assertFalse(self.facts().uses_mail)

    def test_open_alerts_of_ledger_and_server_are_read_and_resolved_ones_are_not(self):
        alerts = self.env["ai.deployment.alert"]
        with clock.at(NOW):
            for cause in (str(Cause(SUM)), "server:disk_full", "fails"):
                alerts._raise(self.deployment, cause, name=f"About {cause}")
            facts = self.facts()
            self.assertEqual(set(facts.alerts[self.deployment.id]), {Cause(SUM), DISK_FULL})
            self.assertEqual(facts.alert_of_any(DISK_FULL).name, "About server:disk_full")
            alerts._resolve(self.deployment, "server:disk_full")
            self.assertIsNone(self.facts().alert_of_any(DISK_FULL))

    def test_more_deployments_cost_no_more_statements(self):
        names = ("asked", "batches", "requests", "alerts", "first_days", "reported", "late_messages", "uses_mail")
        others = [self.sibling(f"Sibling {number}") for number in range(3)]

        def cost(deployments):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            facts = Facts(deployments.sudo())
            for name in names:
                getattr(facts, name)
            return self.env.cr.sql_log_count - before

        with clock.at(NOW):
            cost(self.deployment)  # fills what is kept per process
            self.assertEqual(cost(self.deployment.union(*others)), cost(self.deployment))
