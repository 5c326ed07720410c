"""Each step of the way to production, in order; nothing is skipped."""

import datetime
import json

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.governance.checklist import DONE
from odoo.addons.ai_deployment.models.onboarding.next_step import STEPS, next_step
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestNextStep(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fresh = cls.env["ai.deployment"].create(
            {
                "name": "Fresh",
                "purpose": "Tells sellers which leads are worth a call.",
                "user_id": cls.owner.id,
                "approver_id": cls.reviewer.id,
                "model_id": cls.lead_model.id,
                "is_primary": False,
                "audit_share": 0.0,
                "review_date": (max(NOW, clock.now()) + datetime.timedelta(days=200)).date(),
                "expiry_date": (max(NOW, clock.now()) + datetime.timedelta(days=90)).date(),
            }
        )

    def step(self, user=None):
        self.env.invalidate_all()
        return next_step(self.fresh.with_user(user or self.owner))

    def press(self, user=None):
        with clock.at(NOW):
            return self.fresh.with_user(user or self.owner).action_next_step()

    def test_the_way(self):
        self.assertEqual(self.step().step, "describe")
        self.press()
        self.assertTrue(self.fresh.has_accepted)
        self.assertEqual(self.step().step, "inputs")
        self.fresh.feature_ids = [(0, 0, {"path": path}) for path in ("expected_revenue", "country_id", "source_id")]
        self.assertEqual((self.step().step, self.step().label), ("train", "Train"))
        training = self.env["ai.deployment.training"].browse(self.press()["res_id"])
        self.assertEqual(self.step().label, "Show Training")
        self.assertEqual(self.press()["res_id"], training.id)
        training.with_user(self.owner).action_cancel()

        version = self.keep(self.fresh, self.card())
        self.assertEqual((self.step().label, self.press()["res_id"]), ("Open Version", version.id))
        self.fresh._assign_champion(version, "test")
        self.assertEqual(self.step().step, "shadow")
        leads = self.make_leads(3)
        self.press()
        self.assertEqual(self.fresh.state, "shadow")
        scored = self.env["ai.deployment.score"].search([("deployment_id", "=", self.fresh.id)])
        self.assertLessEqual(set(leads.ids), set(scored.mapped("res_id")), "the open ones are scored at once")

        step = self.step()
        self.assertEqual((step.step, step.label), ("shadow", "Next Row of the Checklist"))
        self.assertIn(f"of {len(self.fresh.check_ids)} rows", step.sentence)
        missing = self.fresh.sudo().check_ids.filtered(lambda check: check.state not in DONE)
        self.assertGreater(len(missing), 1)
        self.assertIn(f"Next: “{missing[0].name}”.", step.sentence)
        self.assertEqual(step.act.__self__, missing[0], "the button satisfies the row that is named")
        for evidence, told in (("Found so far.", "Found so far."), (None, missing[0].requirement)):
            said = json.dumps({"en_US": evidence}) if evidence else None
            self.env.cr.execute(
                "UPDATE ai_deployment_check SET evidence = %s::jsonb WHERE id = %s", [said, missing[0].id]
            )
            self.assertIn(told, self.step().sentence)
        self.fresh.check_ids.write({"waived_until": datetime.date(2100, 1, 1), "waiver_reason": "A test."})
        self.fresh.check_ids._refresh()
        self.assertEqual((self.step().step, self.step().label), ("approve", ""))
        self.assertIn(self.reviewer.name, self.step().sentence)
        self.assertEqual(self.step(self.reviewer).label, "Decide: Go or No-Go")
        self.assertEqual(self.press(self.reviewer)["res_model"], "ai.deployment.approve")

    def test_the_page_shows_where_it_stands(self):
        page = self.fresh.with_user(self.owner)
        self.assertIn('aria-current="step"', page.stepper_html)
        self.assertEqual(page.stepper_html.count("<li"), len(STEPS))
        self.assertEqual(page.next_step, "Accept Ownership")
        self.assertFalse(self.fresh.with_user(self.reviewer).next_step, "no button that can only fail")

    def test_a_new_one_has_no_steps(self):
        self.assertFalse(self.env["ai.deployment"].new({"name": "x"}).stepper_html)

    def test_strangers_take_no_step(self):
        for user in (self.other_owner, self.auditor, self.seller):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.press(user)

    def test_the_approver_does_not_take_the_owners_steps(self):
        with self.assertRaises(AccessError):
            self.press(self.reviewer)

    def test_what_has_ended_or_rests_has_no_step(self):
        for state in ("production", "suspended", "retired"):
            self.env.flush_all()
            self.env.cr.execute("UPDATE ai_deployment SET state = %s WHERE id = %s", [state, self.fresh.id])
            found = self.step()
            self.assertEqual((found.step, found.label, found.act), ("live", "", None))
            self.assertIn({"production": "live", "suspended": "Suspended", "retired": "Retired"}[state], found.sentence)
            self.assertIs(self.press(), True, "there is nothing to do")

    def test_only_the_owner_accepts_and_others_see_the_step_after_it(self):
        self.fresh.deputy_id = self.deputy
        self.assertEqual((self.step().step, self.step(self.deputy).step), ("describe", "inputs"))

    def test_an_approved_one_goes_live_and_without_an_approver_somebody_has_to_be_named(self):
        self.deployment.sudo().has_accepted = True
        self.deployment.sudo().check_ids._refresh()
        found = next_step(self.deployment.with_user(self.owner))
        self.assertEqual((found.step, found.label), ("live", "Go Live"))
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM ai_deployment_approval WHERE deployment_id = %s", [self.deployment.id])
        self.env.cr.execute("UPDATE ai_deployment SET approver_id = NULL WHERE id = %s", [self.deployment.id])
        self.env.invalidate_all()
        found = next_step(self.deployment.with_user(self.deputy))  # who has nothing to accept
        self.assertEqual((found.step, found.label), ("approve", ""))
        self.assertIn("not named yet", found.sentence)

    def test_a_task_waits_for_a_version_that_is_bound(self):
        task = self.make_deployment(
            method="extract", is_primary=False, answer_field_ids=[(0, 0, {"key": "partner_id"})]
        )
        task.sudo().has_accepted = True
        found = next_step(task.with_user(self.owner))
        self.assertEqual((found.step, found.label, found.act), ("train", "", None))
