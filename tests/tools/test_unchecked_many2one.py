"""A many2one that PostgreSQL checks no row of: it has no foreign key, and loses one that was there."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.tools.unchecked_many2one import UncheckedMany2one


@tagged("post_install", "-at_install")
class TestUncheckedMany2one(TransactionCase):
    def setUp(self):
        super().setUp()
        self.model = self.env["ai.deployment.requested"]
        self.field = self.model._fields["user_id"]

    def keys(self, model):
        """Names of the columns of `model` that have a foreign key."""
        self.env.cr.execute(
            "SELECT own.attname FROM pg_constraint key JOIN pg_attribute own ON own.attrelid = key.conrelid"
            " AND own.attnum = ANY(key.conkey) WHERE key.contype = 'f' AND key.conrelid = %s::regclass",
            [model._table],
        )
        return {name for (name,) in self.env.cr.fetchall()}

    def test_no_such_field_of_the_addon_has_a_foreign_key(self):
        seen = 0
        for model in self.env.values():
            unchecked = {name for name, field in model._fields.items() if isinstance(field, UncheckedMany2one)}
            if unchecked and model._auto and not model._abstract:
                with self.subTest(model=model._name):
                    self.assertFalse(unchecked & self.keys(model))
                    seen += 1
        self.assertGreater(seen, 2)

    def test_a_key_of_an_earlier_release_goes_and_others_stay(self):
        self.env.flush_all()
        self.env.cr.execute(
            "ALTER TABLE ai_deployment_requested ADD CONSTRAINT earlier FOREIGN KEY (user_id) REFERENCES res_users,"
            " ADD CONSTRAINT other FOREIGN KEY (action_id) REFERENCES ir_act_server"
        )
        self.assertEqual(self.keys(self.model), {"action_id", "user_id"})
        self.field.update_db_foreign_key(self.model, {})
        self.assertEqual(self.keys(self.model), {"action_id"})
        self.field.update_db_foreign_key(self.model, {})  # again is no fault
        self.assertEqual(self.keys(self.model), {"action_id"})
