"""Records that wait for their score are tried again."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.scoring.common import BatchCase


@tagged("post_install", "-at_install")
class TestRequest(BatchCase):
    def break_version(self, broken=True):
        self.env.flush_all()
        digest = "x" if broken else self.digest
        self.digest = self.version.digest
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = %s WHERE id = %s", [digest, self.version.id])
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def retry(self, now):
        with self.enter_registry_test_mode(), clock.at(now):
            self.env.ref("ai_deployment.ir_cron_retry").method_direct_trigger()
        self.env.invalidate_all()

    def requests(self):
        return self.env["ai.deployment.request"].search([])

    def test_what_waits_is_kept_until_it_is_scored(self):
        self.break_version()
        leads = self.make_leads(3)
        self.deployment._score(leads, now=NOW)
        requests = self.requests()
        self.assertEqual(requests.mapped("res_id"), leads.ids)
        self.assertEqual(set(requests.mapped("failure_type")), {"artifact_rejected"})
        self.assertEqual(set(requests.mapped("next_date")), {NOW + timedelta(minutes=15)})
        self.assertBalanced(requested=3, waiting=3)
        self.break_version(False)
        self.retry(NOW + timedelta(minutes=10))
        self.assertEqual(len(self.requests()), 3)  # not due yet
        self.retry(NOW + timedelta(days=1))
        self.assertFalse(self.requests())
        self.assertBalanced(requested=3, automatic=3, waiting=0)

    def test_another_version_makes_them_due_at_once(self):
        self.break_version()
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        self.serve(self.deployment, self.card())
        self.assertEqual(self.requests().next_date, NOW)
        self.retry(NOW)
        self.assertEqual(self.score_of(lead).state, "scored")

    def test_a_try_that_fails_again_waits_longer(self):
        self.break_version()
        self.deployment._score(self.make_leads(), now=NOW)
        with clock.at(NOW + timedelta(hours=1)):
            self.requests()._retry()
        request = self.requests()
        self.assertEqual((request.attempts, request.next_date), (2, NOW + timedelta(hours=1, minutes=30)))
        self.assertBalanced(requested=1, waiting=1)

    def test_asked_for_several_times_it_is_settled_as_often(self):
        self.break_version()
        lead = self.make_leads()
        for _time in range(3):
            self.deployment._score(lead, now=NOW)
        self.assertEqual(self.requests().asks, 3)
        with clock.at(NOW + timedelta(hours=1)):
            self.requests()._retry()
        self.assertEqual(self.requests().asks, 3)
        self.assertBalanced(requested=3, waiting=3)
        self.break_version(False)
        self.retry(NOW + timedelta(days=2))
        self.assertBalanced(requested=3, automatic=1, unchanged=2)

    def test_days_are_settled_apart(self):
        self.break_version()
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        self.deployment._score(lead, now=NOW + timedelta(days=1))
        self.break_version(False)
        self.retry(NOW + timedelta(days=3))
        self.assertBalanced(requested=1, automatic=1)
        self.assertBalanced(NOW + timedelta(days=1), requested=1, unchanged=1)

    def test_nothing_waits_for_a_retired_deployment(self):
        self.break_version()
        self.deployment._score(self.make_leads(2), now=NOW)
        self.deployment.state = "retired"
        self.assertFalse(self.requests())
        self.assertBalanced(requested=2, cancelled=2)

    def test_a_record_deleted_while_it_waits_is_cancelled(self):
        self.break_version()
        lead = self.make_leads()
        self.deployment._score(lead, now=NOW)
        lead.unlink()
        self.break_version(False)
        self.retry(NOW + timedelta(days=1))
        self.assertBalanced(requested=1, cancelled=1)

    @mute_logger("odoo.sql_db")
    def test_requests_are_read_by_those_who_may_read_the_record(self):
        self.break_version()
        self.deployment._score(self.make_leads(), now=NOW)
        self.assertEqual(len(self.env["ai.deployment.request"].with_user(self.auditor).search([])), 1)
        with self.assertRaises(AccessError):
            self.env["ai.deployment.request"].with_user(self.seller).search([])


@tagged("post_install", "-at_install")
class TestKilledRequests(BatchCase):
    def test_requests_that_end_their_process_come_in_smaller_groups_until_one_goes_to_a_person(self):
        requests, leads = self.env["ai.deployment.request"], self.make_leads(20)
        failure = ("unexpected", "Killed")
        with clock.at(NOW):
            self.env["ai.deployment.ledger"]._asked(self.deployment, NOW.date(), 20)
            requests._add(self.deployment, NOW.date(), leads.ids, [failure] * 20, {})
        sizes, now = [], NOW
        for _kill in range(5):
            now += timedelta(days=2)
            self.env.flush_all()
            with clock.at(now), self.enter_registry_test_mode(), self.registry.cursor() as cr:
                taken = requests.with_env(self.env(cr=cr))._take(self.deployment.with_env(self.env(cr=cr)))
                sizes.append(len(taken))
                taken._begin()
            self.env.invalidate_all()
            requests.search([("id", "not in", taken.ids)]).unlink()
        self.assertEqual(sizes, [20, 20, 20, 3, 1])
        with clock.at(now + timedelta(days=2)), self.enter_registry_test_mode():
            self.env.ref("ai_deployment.ir_cron_retry").method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(requests.search([]))
        line = self.inferences_of(leads)
        self.assertEqual((line.route, line.failure_type), ("review", "unexpected"))
