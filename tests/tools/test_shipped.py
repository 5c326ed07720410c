"""Each record that the addon ships is deleted or archived: leads are created and bills posted all the same.

Every page is opened after each at night, and by day after one of each kind.
"""

import psycopg2.errors

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.gate.common import GateCase

# What somebody may delete in Settings; views, actions and rights come back with an update of the addon and are Odoo's.
DELETED = {
    "ir.cron",
    "mail.activity.type",
    "mail.template",
    "res.groups",
    "res.groups.privilege",
    "ir.module.category",
    "ai.deployment.check.template",
    "ai.deployment.check.template.line",
    "ir.config_parameter",
    "ir.ui.menu",
}
NOT_ALONE = {"ir.ui.menu", "ai.deployment.check.template.line"}  # alike, so all of the model at once


@tagged("post_install", "-at_install")
class TestShipped(GateCase):
    OPENS_ALL = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Every lead goes to a person, when it is created and when it changes.
        cls.deployment.write({"min_confidence": 1.0, "score_on_create": True, "score_on_change": True})
        cls.bill, cls.held = cls.make_bill(1), cls.make_bill()
        shipped = cls.env["ir.model.data"].search([("module", "=", "ai_deployment"), ("model", "in", list(DELETED))])
        cls.groups = []
        for model, data in shipped.grouped("model").items():
            if model in NOT_ALONE:
                cls.groups.append((model, data.mapped("res_id")))
            else:
                cls.groups += [(model, [res_id]) for res_id in data.mapped("res_id")]
        cls.first_of_kind = {model: (model, ids) for model, ids in reversed(cls.groups)}.values()

    def business(self):
        """What goes on whatever is missing of ours."""
        with clock.at(NOW):
            lead = self.env["crm.lead"].with_user(self.seller).create({"name": "New", "expected_revenue": 5000})
            self.commit()
            lead.write({"expected_revenue": 70000})
            self.commit()
            self.bill.with_user(self.ann).action_post()
            with self.stopped():
                self.held.with_user(self.ann)._post()
        self.assertEqual((self.bill.state, self.held.state), ("posted", "draft"))

    def pages(self):
        """Every list and form of ours opens, for those who may."""
        actions = self.env["ir.actions.act_window"].search([("res_model", "=like", "ai.deployment%")])
        for model in set(actions.mapped("res_model")):
            records = self.env[model].with_user(self.env.ref("base.user_admin"))
            if records.has_access("read") and not records._transient:
                records.get_views([(False, "list"), (False, "form")])
                records.search([], limit=1).read()
        self.deployment._health()

    def tried(self, model, ids, how):
        savepoint = self.env.cr.savepoint()
        try:
            try:
                with mute_logger("odoo.sql_db"):
                    how(self.env[model].browse(ids))
                    self.env.flush_all()
            except psycopg2.errors.ForeignKeyViolation:
                return False  # Odoo keeps what something refers to
            self.business()
            if self.OPENS_ALL or (model, ids) in self.first_of_kind:
                self.pages()
            return True
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def test_nothing_of_ours_stops_their_work_when_it_is_gone(self):
        gone = 0
        for model, ids in self.groups:
            with self.subTest(model=model, name=self.env[model].browse(ids[0]).display_name, how="deleted"):
                gone += self.tried(model, ids, lambda records: records.unlink())
        self.assertGreater(gone, 20)

    def test_nothing_of_ours_stops_their_work_when_it_is_archived(self):
        for model, ids in self.groups:
            if "active" in self.env[model]._fields and model != "ir.ui.menu":
                with self.subTest(model=model, name=self.env[model].browse(ids[0]).display_name, how="archived"):
                    self.tried(model, ids, lambda records: records.write({"active": False}))


@tagged("post_install", "-at_install", "ai_nightly")
class TestShippedAndAllPages(TestShipped):
    OPENS_ALL = True
