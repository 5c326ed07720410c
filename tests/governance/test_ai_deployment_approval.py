"""A decision is kept as it was signed; the dialog shows what is missing."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.ai_deployment.tests.governance.common import DecisionCase


@tagged("post_install", "-at_install")
class TestDecision(DecisionCase):
    def test_the_evidence_is_frozen_as_it_stood(self):
        row = self.deployment.check_ids[0]
        decision = self.decide()
        frozen = {line["code"]: line for line in decision.evidence}
        self.assertEqual(len(frozen), len(self.deployment.check_ids))
        self.assertEqual(frozen[row.code]["state"], "waived")
        self.assertEqual(frozen[row.code]["waiver_reason"], "A test.")
        row.waiver_reason = "Something else"
        self.assertEqual({line["code"]: line for line in decision.evidence}, frozen)
        self.assertIn("A test.", decision.evidence_html)
        self.assertNotIn("Something else", decision.evidence_html)

    def test_the_state_of_a_row_is_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"].search([("name", "=", "ai_deployment")])._update_translations("de_DE")
        decision = self.decide()
        self.assertIn("Waived", decision.evidence_html)
        german = self.env["ai.deployment.approval"].with_context(lang="de_DE").browse(decision.id)
        states = dict(self.env["ai.deployment.check"].with_context(lang="de_DE")._fields["state"].selection)
        self.assertNotIn(f">{states['waived']}<", german.evidence_html)

    def test_nobody_changes_or_deletes_a_decision(self):
        decision = self.decide()
        for rows in (decision, decision.sudo(), decision.with_user(self.manager), decision.with_user(self.approver)):
            for attack in (lambda rows=rows: rows.write({"outcome": "no_go"}), rows.unlink):
                with self.assertRaises(UserError):
                    attack()
        with self.assertRaises(AccessError):
            decision.with_user(self.manager).copy()

    def test_what_changed_since_the_dialog_was_opened_is_looked_at_first(self):
        def dialog():
            wizard = Form(
                self.env["ai.deployment.approve"]
                .with_user(self.approver)
                .with_context(default_deployment_id=self.deployment.id)
            )
            wizard.outcome, wizard.minutes = "go", "It did well."
            return wizard.save()

        first, second = dialog(), dialog()
        self.assertIn("A test.", first.checklist_html)
        self.assertFalse(first.gap)
        first.action_decide()
        with self.assertRaisesRegex(UserError, "since you opened this"), self.env.cr.savepoint():
            second.action_decide()
        third = dialog()
        self.deployment._assign_champion(self.keep(self.deployment, self.card(high=2.0)), "Promoted")
        with self.assertRaisesRegex(UserError, "since you opened this"), self.env.cr.savepoint():
            third.action_decide()
        self.assertEqual(len(self.deployment.approval_ids), 1)

    def test_the_dialog_says_what_is_missing(self):
        self.deployment.check_ids[0].waived_until = False
        wizard = self.env["ai.deployment.approve"].with_user(self.approver).new({"deployment_id": self.deployment.id})
        self.assertIn("is missing", wizard.gap)

    def test_who_cannot_read_the_deployment_opens_no_dialog_on_it(self):
        wizards = self.env["ai.deployment.approve"].with_user(self.other_owner)
        with self.assertRaises(AccessError):
            wizards.with_context(default_deployment_id=self.deployment.id).default_get(["deployment_id"])

    def test_rows_of_somebodys_own_stand_in_the_frozen_checklist(self):
        self.deployment.check_ids = [Command.create({"name": "The works council agrees", "dimension": "business"})]
        own = self.deployment.check_ids.filtered(lambda check: check.code == "own")
        with self.assertRaisesRegex(UserError, "The works council agrees"), self.env.cr.savepoint():
            self.decide()
        own.with_user(self.owner)._sign("Minutes of 1 March.")
        self.assertIn("Minutes of 1 March.", str(self.decide().evidence))
