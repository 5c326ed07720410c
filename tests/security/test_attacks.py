"""What an owner, reviewer or auditor tried over RPC, and must not get."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestAttacks(AiDeploymentCase):
    def own(self, **values):
        """A proof of concept of the owner, made by the owner."""
        return (
            self.env["ai.deployment"]
            .with_user(self.owner)
            .create({"name": "Mine", "purpose": "Mine.", "model_id": self.lead_model.id, **values})
        )

    def other_action(self):
        return self.env["ir.actions.server"].create(
            {"name": "Somebody else's", "model_id": self.lead_model.id, "state": "code", "code": "pass"}
        )

    def test_fields_of_the_system_cannot_be_written(self):
        mine, action = self.own(), self.other_action()
        for values in (
            {"action_server_id": action.id},
            {"champion_id": self.version.id},
            {"res_model": "account.move"},
            {"is_demonstration": True},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                mine.write(values)

    def test_nor_be_slipped_in_as_defaults(self):
        action = self.other_action()
        mine = self.own_with_context(
            default_action_server_id=action.id,
            default_champion_id=self.version.id,
            default_state="production",
            default_is_demonstration=True,
            default_is_primary=False,
            default_viewer_group_ids=[(6, 0, self.env.ref("base.group_user").ids)],
        ).sudo()
        self.assertFalse(mine.action_server_id or mine.champion_id or mine.is_demonstration or mine.viewer_group_ids)
        self.assertEqual((mine.state, mine.is_primary), ("poc", True))

    def own_with_context(self, **context):
        deployments = self.env["ai.deployment"].with_user(self.owner).with_context(**context)
        return deployments.create({"name": "Mine", "purpose": "Mine.", "model_id": self.lead_model.id})

    def test_retiring_deletes_no_action_but_its_own(self):
        action = self.other_action()
        self.deployment.sudo().action_server_id = action
        self.deployment.with_user(self.owner)._retire("It was replaced.")
        self.assertTrue(action.exists())

    def test_inputs_do_not_follow_to_other_records(self):
        mine = self.own(feature_ids=[(0, 0, {"path": "country_id"})])
        bills = self.env["ir.model"]._get("account.move")
        with self.assertRaisesRegex(UserError, "remove them first"):
            mine.write({"model_id": bills.id, "method": "anomaly"})

    def test_who_cannot_read_the_records_does_not_train_on_them(self):
        mine = self.own(feature_ids=[(0, 0, {"path": "country_id"})])
        self.owner.group_ids -= self.env.ref("sales_team.group_sale_salesman_all_leads")
        with self.assertRaises(AccessError), clock.at(NOW):
            mine.action_train()
        self.assertFalse(mine.sudo().version_ids)

    def test_a_filter_asks_only_what_its_author_may_read(self):
        mine = self.own()
        for domain in (
            "[('company_id.bank_journal_ids.name', 'ilike', 'bank')]",
            "[('company_id', 'any', [('bank_journal_ids.name', 'ilike', 'bank')])]",
            "[('user_id.partner_id.credit_limit', '>', 0)]",
            "[('ai_score', '>', 0.5)]",
        ):
            with self.subTest(domain=domain), self.assertRaises(AccessError), self.env.cr.savepoint():
                mine.domain = domain
        mine.domain = "[('country_id.code', '=', 'BE')]"

    def test_a_filter_that_the_database_refuses_is_refused_with_a_sentence(self):
        mine = self.own()
        for domain in ("[('id', '=', 'abc')]", "[('nothing', '=', 1)]", "[(", "nonsense"):
            with (
                self.subTest(domain=domain),
                self.assertRaisesRegex(ValidationError, "not a valid filter"),
                self.env.cr.savepoint(),
            ):
                mine.domain = domain

    def test_inputs_and_triggers_stay_where_they_were_declared(self):
        mine = self.own(feature_ids=[(0, 0, {"path": "country_id"})], trigger_ids=[(0, 0, {"kind": "age"})])
        others = self.make_deployment(user_id=self.other_owner.id, is_primary=False)
        for line in (mine.feature_ids, mine.trigger_ids):
            with self.assertRaises(AccessError):
                line.write({"deployment_id": others.id})

    def test_the_card_hides_what_the_log_hides(self):
        self.deployment.feature_ids.filtered(lambda f: f.key == "country_id").sensitive = True
        self.env.flush_all()
        version = self.version.with_user(self.reviewer)
        self.assertNotIn("Belgium", version.card_html)
        self.assertIn("protected", version.card_html)
        for name in ("artifact", "reference", "feature_specs"):
            with self.assertRaises(AccessError):
                version.read([name])
        self.reviewer.group_ids += self.env.ref("ai_deployment.group_sensitive")
        self.env.invalidate_all()
        self.assertIn("Belgium", version.card_html)

    def test_only_an_administrator_calls_an_input_harmless(self):
        feature = self.deployment.feature_ids[0]
        feature.sensitive = True
        with self.assertRaises(AccessError):
            feature.with_user(self.owner).sensitive = False

    def test_an_owner_does_not_shorten_the_log(self):
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.owner).retention_days = 1

    def test_declarations_that_the_database_would_refuse(self):
        features = self.env["ai.deployment.feature"]
        for values in (
            {"source": "age", "start_path": "name", "end_path": "create_date"},
            {"source": "history", "measure": "ratio", "group_paths": "country_id", "value_path": "name"},
            {"source": "history", "measure": "count", "group_paths": "activity_state"},
            {"source": "path", "path": "ai_score"},
            {"source": "path", "path": "message_ids"},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                features.create({"deployment_id": self.deployment.id, "name": "X", **values})

    def test_a_deployment_without_a_version_is_not_healthy(self):
        self.env.cr.execute("UPDATE ai_deployment SET champion_id = NULL WHERE id = %s", [self.deployment.id])
        self.deployment.invalidate_recordset()
        self.assertEqual(self.deployment.health, "bad")
