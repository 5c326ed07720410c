"""The server action: from the Action menu, in an automation rule, and where there is nothing to score with."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestServerAction(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.action = cls.deployment.action_server_id

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def run_as(self, user, records, action=None):
        context = {"active_model": records._name, "active_ids": records.ids, "active_id": records[:1].id}
        return (action or self.action).with_user(user).with_context(**context).run()

    def assertSaid(self, result, sentence, kind="success"):
        self.assertEqual((result["type"], result["tag"]), ("ir.actions.client", "display_notification"))
        self.assertEqual((result["params"]["type"], result["params"]["message"]), (kind, sentence))

    # Action menu

    def test_a_seller_scores_leads_from_the_action_menu(self):
        leads = self.make_leads(3)
        bindings = self.env["ir.actions.actions"].with_user(self.seller).get_bindings("crm.lead")
        self.assertIn(self.action.id, [entry["id"] for entry in bindings["action"]])
        result = self.run_as(self.seller, leads)
        self.assertSaid(result, "3 scored.")
        self.assertEqual(len(self.inferences_of(leads)), 3)
        self.assertEqual(self.inferences_of(leads).user_id, self.seller)

    def test_a_single_record_without_active_ids(self):
        lead = self.make_leads()
        self.action.with_user(self.seller).with_context(active_model="crm.lead", active_id=lead.id).run()
        self.assertEqual(len(self.inferences_of(lead)), 1)

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_a_seller_scores_no_lead_of_another_seller(self):
        leads = self.make_leads() + self.make_leads(user_id=self.other_seller.id)
        with self.assertRaises(AccessError):
            self.run_as(self.seller, leads)
        self.assertFalse(self.inferences_of(leads))

    def test_an_action_for_a_group_scores_no_record_that_is_hidden_from_its_user(self):
        """Where an action names groups, Odoo asks for membership only, not for rights on the records."""
        action = self.make_action(group_ids=[Command.set(self.viewer_group.ids)])
        mine, theirs = self.make_leads(), self.make_leads(user_id=self.other_seller.id)
        result = self.run_as(self.seller, mine + theirs, action)
        self.assertSaid(result, "1 scored. 1 cannot be scored by this deployment.")
        self.assertFalse(self.inferences_of(theirs))

    @mute_logger("odoo.addons.base.models.ir_actions")
    def test_who_may_not_read_leads_scores_none(self):
        leads = self.make_leads()
        for person in (self.accountant, self.manager, self.auditor):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.run_as(person, leads)
        self.assertFalse(self.inferences_of(leads))

    def test_the_outcome_is_said_in_sentences(self):
        self.deployment.domain = "[('expected_revenue', '!=', 7)]"
        leads = self.make_leads(2)
        self.run_as(self.seller, leads)
        outside = self.make_leads(expected_revenue=7)
        self.deployment.min_confidence = 1.0
        unsure = self.make_leads(2, expected_revenue=20000)
        self.assertSaid(
            self.run_as(self.seller, leads + outside + unsure),
            "2 scored. 2 unchanged since their last score. 2 of them sent to human review. 1 cannot be scored "
            "by this deployment.",
        )

    def test_waiting_is_said(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        result = self.run_as(self.seller, self.make_leads())
        self.assertSaid(result, "0 scored. 1 could not be scored: they wait and are retried.")

    def test_a_deployment_that_is_switched_off_says_so(self):
        action = self.action.copy({"binding_model_id": False})
        self.deployment.state = "suspended"
        leads = self.make_leads()
        result = self.run_as(self.seller, leads, action)
        self.assertSaid(result, "“Which leads to call” is suspended: nothing was scored.", kind="warning")
        self.assertFalse(self.inferences_of(leads))

    # Declaring an action

    def make_action(self, **values):
        return self.env["ir.actions.server"].create(
            {
                "name": "Score",
                "model_id": self.lead_model.id,
                "state": "ai_deployment_score",
                "ai_deployment_id": self.deployment.id,
                **values,
            }
        )

    def test_without_a_deployment_there_is_a_warning(self):
        action = self.make_action(ai_deployment_id=False)
        self.assertIn("Choose the deployment to score with.", action.warning)
        self.assertFalse(self.make_action().warning)

    def test_a_deployment_of_other_records_is_not_kept(self):
        action = self.make_action()
        self.assertEqual(action.ai_deployment_id, self.deployment)
        action.model_id = self.env["ir.model"]._get("account.move")
        self.assertFalse(action.ai_deployment_id)
        action = self.make_action()
        action.state = "code"
        self.assertFalse(action.ai_deployment_id)

    def test_an_action_on_other_records_is_refused(self):
        partners = self.env["ir.model"]._get("res.partner")
        with self.assertRaises(UserError), mute_logger("odoo.addons.base.models.ir_actions"):
            self.run_as(self.env.user, self.env.user.partner_id, self.make_action(model_id=partners.id))

    def test_the_form_names_the_action(self):
        form = Form(self.env["ir.actions.server"])
        form.model_id = self.lead_model
        form.state = "ai_deployment_score"
        form.ai_deployment_id = self.deployment
        self.assertEqual(form.save().name, "Score with Which leads to call")

    # Automation rules

    def make_rule(self, **values):
        return self.env["base.automation"].create(
            {
                "name": "Score new leads",
                "model_id": self.lead_model.id,
                "trigger": "on_create",
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "Score",
                            "model_id": self.lead_model.id,
                            "state": "ai_deployment_score",
                            "ai_deployment_id": self.deployment.id,
                        }
                    )
                ],
                **values,
            }
        )

    def create_lead(self, user):
        lead = self.env["crm.lead"].with_user(user).create({"name": "New", "expected_revenue": 5000})
        self.env.flush_all()
        return lead.with_user(self.env.user)

    def test_a_rule_scores_a_new_lead_once(self):
        self.make_rule()
        lead = self.create_lead(self.seller)
        self.assertEqual(len(self.inferences_of(lead)), 1)
        self.assertEqual(self.inferences_of(lead).user_id, self.seller)
        self.assertEqual(self.score_of(lead).state, "scored")

    def test_each_lead_of_a_batch_is_scored(self):
        self.make_rule()
        leads = self.make_leads(3)
        self.env.flush_all()
        self.assertEqual(len(self.inferences_of(leads)), 3)

    def test_a_switched_off_deployment_stops_nobody_from_creating_a_lead(self):
        self.make_rule()
        for state in ("suspended", "retired"):
            self.deployment.state = state
            lead = self.create_lead(self.seller)
            with self.subTest(state=state):
                self.assertTrue(lead.exists())
                self.assertFalse(self.inferences_of(lead))

    def test_a_damaged_version_stops_nobody_from_creating_a_lead(self):
        self.make_rule()
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        lead = self.create_lead(self.seller)
        self.assertEqual(self.score_of(lead).state, "waiting")
