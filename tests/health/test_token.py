"""The address for a check outside of Odoo: true when every job is dead, silent about everything else."""

import hashlib
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from odoo.addons.ai_deployment.models.health.crons import Crons
from odoo.addons.ai_deployment.models.health.token import has_token
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase
from odoo.addons.ai_deployment.tests.health.common import HealthCase

TOKEN = "ai_deployment.health_token_sha256"


class AddressCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The server answers at its own time.
        cls.now = clock.now()
        cls.jobs_ran(cls.now)
        cls.deployment.write({"live_since": cls.now, "review_date": cls.now.date()})

    def make_address(self):
        wizard = self.env["ai.deployment.health.address"].with_user(self.manager).create({})
        return wizard.action_make()["context"]["default_address"]


@tagged("post_install", "-at_install")
class TestHealthAddress(AddressCase, HttpCase):
    def ask(self, address):
        self.env.flush_all()
        response = self.url_open("/ai_deployment/health/" + address.rpartition("/")[2])
        return response.status_code, response.text

    def test_all_is_well(self):
        self.assertEqual(self.ask(self.make_address()), (200, "ok"))

    def test_a_job_that_was_switched_off_behind_its_back_is_seen_until_it_is_on_again(self):
        address = self.make_address()
        self.env.cr.execute("UPDATE ir_cron SET active = FALSE")
        self.assertEqual(self.ask(address), (503, "not ok"))
        self.env.cr.execute("UPDATE ir_cron SET active = TRUE")
        self.assertEqual(self.ask(address), (200, "ok"))

    def test_jobs_that_all_stand_still_are_seen(self):
        address = self.make_address()
        self.env.cr.execute(
            "UPDATE ir_cron SET lastcall = lastcall - INTERVAL '3 days', nextcall = nextcall - INTERVAL '3 days'"
        )
        self.assertEqual(self.ask(address), (503, "not ok"))

    def test_a_wrong_token_is_not_found(self):
        self.make_address()
        for token in ("wrong", "x" * 5000, "%F0%9F%A6%8A", hashlib.sha256(b"").hexdigest()):
            with self.subTest(token=token[:20]):
                self.assertEqual(self.ask(token), (404, "not found"))

    def test_without_an_address_nothing_is_found(self):
        for token in ("anything", "False", "None"):
            self.assertEqual(self.ask(token), (404, "not found"))

    def test_a_new_address_takes_the_place_of_the_one_before(self):
        before, now = self.make_address(), self.make_address()
        self.assertEqual(self.ask(before), (404, "not found"))
        self.assertEqual(self.ask(now), (200, "ok"))
        self.env["ai.deployment.health.address"].with_user(self.manager).create({}).action_remove()
        self.assertEqual(self.ask(now), (404, "not found"))

    def test_the_answer_names_nobody_and_is_kept_by_nobody(self):
        address = self.make_address()
        self.deployment.action_server_id.unlink()
        self.owner.active = False
        self.env.flush_all()
        response = self.url_open("/ai_deployment/health/" + address.rpartition("/")[2])
        self.assertEqual((response.text, response.headers["Cache-Control"]), ("not ok", "no-store"))
        self.assertTrue(response.headers["Content-Type"].startswith("text/plain"))
        self.assertNotIn("session_id", response.headers.get("Set-Cookie", ""))

    def test_what_cannot_be_looked_at_is_not_well(self):
        address = self.make_address()
        with patch.object(Crons, "troubles", side_effect=ZeroDivisionError):
            self.assertEqual(self.ask(address), (503, "not ok"))

    def test_only_reading_is_done_for_it(self):
        address = self.make_address()
        self.deployment.action_server_id.unlink()
        self.env.flush_all()
        self.env.cr.precommit.run()  # what was done before tells the browsers now, not with the look
        cr, written = self.env.cr, []
        execute = type(cr).execute

        def watch(cursor, query, *args, **kwargs):
            text = query.code if hasattr(query, "code") else str(query)
            if text.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                written.append(text)
            return execute(cursor, query, *args, **kwargs)

        with patch.object(type(cr), "execute", watch):
            self.assertEqual(self.ask(address), (200, "ok"))
        self.assertEqual(written, [])


@tagged("post_install", "-at_install")
class TestHealthAddressWizard(AddressCase):
    def test_only_a_fingerprint_is_kept(self):
        address = self.make_address()
        token = address.rpartition("/")[2]
        self.assertGreaterEqual(len(token), 43)  # 32 random bytes
        self.assertEqual(
            self.env["ir.config_parameter"].sudo().get_param(TOKEN), hashlib.sha256(token.encode()).hexdigest()
        )
        self.env.flush_all()
        self.env.cr.execute("SELECT to_jsonb(wizard)::text FROM ai_deployment_health_address wizard")
        self.assertNotIn(token, str(self.env.cr.fetchall()))
        self.assertEqual(self.make_address().rpartition("/")[0], address.rpartition("/")[0])
        self.assertNotEqual(self.make_address(), address)

    def test_only_an_administrator_makes_or_removes_it(self):
        self.make_address()
        for person in (self.owner, self.deputy, self.reviewer, self.auditor, self.seller):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.env["ai.deployment.health.address"].with_user(person).create({})
            wizard = self.env["ai.deployment.health.address"].create({})
            for action in ("action_make", "action_remove"):
                with self.subTest(person=person.login, action=action), self.assertRaises(AccessError):
                    getattr(wizard.with_user(person), action)()
        self.assertTrue(has_token(self.env))


@tagged("post_install", "-at_install")
class TestHealthCost(HealthCase):
    def cost(self):
        """Statements of one look, in a worker that has looked before: cards and labels are at hand, rows are not."""
        with clock.at(self.deployment.live_since):
            self.env.flush_all()
            self.assertTrue(self.env["ai.deployment"]._is_all_well())
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["ai.deployment"]._is_all_well()
            return self.env.cr.sql_log_count - before

    def test_what_a_look_at_three_deployments_costs(self):
        for number in range(2):
            self.sibling(f"Sibling {number}")
        self.assertLessEqual(self.cost(), 36)

    def test_another_deployment_costs_the_savepoint_that_isolates_it(self):
        one = self.cost()
        for number in range(10):
            self.sibling(f"Sibling {number}")
        self.assertLessEqual(self.cost() - one, 10 * 2 + 1)  # people who are not at hand are read once
