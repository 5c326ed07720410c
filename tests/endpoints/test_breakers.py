"""The breaker in the row of its endpoint: what all workers see."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.errors import EndpointUnreachable
from odoo.addons.ai_deployment.models.endpoints import breakers
from odoo.addons.ai_deployment.models.scoring import remote_asking
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.endpoints.common import RemoteCase


@tagged("post_install", "-at_install")
class TestBreakers(RemoteCase):
    def test_its_state_is_stored_and_blocks_the_deployments_that_it_serves(self):
        with clock.at(NOW):
            breakers.note(self.env, self.endpoint.id, [False] * 4)
            self.assertEqual(breakers.blocked(self.env), {})
            state = breakers.note(self.env, self.endpoint.id, [False])
            self.assertTrue(state.is_open)
            self.assertEqual(breakers.read(self.env, self.endpoint.id), state)
            self.assertEqual(breakers.blocked(self.env), {self.deployment.id: 60.0})
        with clock.at(NOW + timedelta(seconds=59)):
            self.assertEqual(breakers.blocked(self.env), {self.deployment.id: 1.0})
        with clock.at(NOW + timedelta(seconds=61)):
            self.assertEqual(breakers.blocked(self.env), {})
            breakers.note(self.env, self.endpoint.id, (), begins=True)
            self.assertEqual(breakers.blocked(self.env), {self.deployment.id: 60.0})  # while the probe is under way

    def test_what_cannot_be_called_as_it_is_set_up_is_tried_ever_more_rarely(self):
        with clock.at(NOW):
            waits = [breakers.trip(self.env, self.endpoint.id).waits(breakers.seconds()) for _ in range(5)]
        self.assertEqual(waits, [60, 120, 240, 480, 900])

    def test_a_paused_endpoint_blocks_and_one_that_is_gone_says_nothing(self):
        self.endpoint.is_paused = True
        self.env.flush_all()
        self.assertIn(self.deployment.id, breakers.blocked(self.env))
        self.assertFalse(breakers.note(self.env, 0, [False] * 9).is_open and breakers.read(self.env, 0).is_open)

    def test_one_alert_however_often_and_it_is_resolved(self):
        with clock.at(NOW):
            state = breakers.note(self.env, self.endpoint.id, [False] * 5)
            for _ in range(3):
                breakers.follow(self.deployment, self.endpoint, state, EndpointUnreachable("It is down."))
            alert = self.env["ai.deployment.alert"].search([("cause", "=", "endpoint")])
            self.assertEqual((len(alert), alert.state), (1, "firing"))
            self.assertIn("It is down.", alert.name)
            self.endpoint.with_user(self.manager).write({"is_paused": False})
        self.assertEqual(alert.state, "resolved")
        self.assertEqual(self.endpoint.status, "ready")

    def test_the_workers_come_back_a_second_after_the_wait(self):
        jobs = self.env.ref("ai_deployment.ir_cron_worker_1") | self.env.ref("ai_deployment.ir_cron_retry")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "in", jobs.ids)])
        with clock.at(NOW):
            state = breakers.note(self.env, self.endpoint.id, [False] * 5)
            breakers.follow(self.deployment, self.endpoint, state, EndpointUnreachable("It is down."))
        new = self.env["ir.cron.trigger"].search([("cron_id", "in", jobs.ids)]) - triggers
        self.assertEqual((new.cron_id, set(new.mapped("call_at"))), (jobs, {NOW + timedelta(seconds=61)}))

    def test_what_a_person_has_to_change_blocks_for_an_hour(self):
        self.assertEqual(breakers.blocked(self.env), {})
        for values in ({"is_paused": True}, {"is_paused": False, "active": False}):
            self.endpoint.write(values)
            self.env.flush_all()
            self.assertEqual(breakers.blocked(self.env), {self.deployment.id: 3600.0})
            self.assertEqual(breakers.blocked(self.env, role="challenger"), {})

    def test_without_a_failure_the_alert_names_the_endpoint_alone(self):
        breakers.tell(self.deployment, self.endpoint, None)
        alert = self.env["ai.deployment.alert"].search([("cause", "=", "endpoint")])
        self.assertEqual(alert.name, "“Lead service” cannot be used: ")

    def test_only_one_worker_probes(self):
        with clock.at(NOW):
            self.assertEqual(breakers.claim(self.env, self.endpoint.id)[1], True)  # closed: whoever comes
            breakers.note(self.env, self.endpoint.id, [False] * 5)
            self.assertEqual(breakers.claim(self.env, self.endpoint.id)[1], False)
        with clock.at(NOW + timedelta(seconds=61)):
            self.assertEqual(breakers.claim(self.env, self.endpoint.id)[1], True)
            state, may = breakers.claim(self.env, self.endpoint.id)
            self.assertEqual((may, round(state.waits(breakers.seconds()))), (False, 60))

    def test_a_worker_that_comes_second_to_a_probe_asks_nothing(self):
        with clock.at(NOW):
            breakers.note(self.env, self.endpoint.id, [False] * 5)
        leads = self.make_leads(6, expected_revenue=50_000)
        self.ask(leads)
        begin = remote_asking.RemoteAsking._begin

        def overtaken(asking):
            state = begin(asking)
            breakers.note(asking.env, asking.endpoint.id, (), begins=True)  # another worker's probe
            return state

        with patch.object(remote_asking.RemoteAsking, "_begin", overtaken):
            self.work(NOW + timedelta(seconds=61))
        self.assertFalse(self.server.calls)
        self.assertFalse(self.inferences_of(leads))
