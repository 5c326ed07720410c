"""Lines about a business record, on the log of scores: what each says of its record. Who may read: tests/security."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import spec


@tagged("post_install", "-at_install")
class TestDocumentMixin(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine = cls.make_leads(name="Mine", user_id=cls.reviewer.id)
        cls.archived = cls.make_leads(name="Archived", active=False)
        cls.gone = cls.make_leads(name="Gone")
        cls.gone_id = cls.gone.id
        cls.deployment._score(cls.mine + cls.archived + cls.gone, now=NOW)
        cls.lines = cls.env["ai.deployment.inference"].search([("deployment_id", "=", cls.deployment.id)], order="id")
        cls.gone.unlink()
        cls.env.flush_all()
        cls.env.invalidate_all()

    def line_of(self, res_id):
        return self.lines.filtered(lambda line: line.res_id == res_id)

    def search(self, operator, value, records=None):
        records = self.lines if records is None else records
        return records.search([("id", "in", self.lines.ids), ("has_record", operator, value)], order="id")

    def test_a_line_bears_the_name_of_its_record(self):
        self.assertEqual(self.line_of(self.mine.id).res_name, "Mine")
        self.assertEqual(self.line_of(self.archived.id).res_name, "Archived")
        self.assertEqual(self.line_of(self.gone_id).res_name, f"Lead {self.gone_id} (deleted)")

    def test_a_name_is_not_told_to_who_may_not_read_the_record(self):
        name = self.line_of(self.mine.id).with_user(self.auditor).res_name
        self.assertEqual(name, f"Lead {self.mine.id}")

    def test_whether_there_is_a_record_can_be_read_and_searched(self):
        there, gone = self.line_of(self.mine.id) | self.line_of(self.archived.id), self.line_of(self.gone_id)
        self.assertEqual(self.lines.filtered("has_record"), there)
        for found, expected in (
            (self.search("=", True), there),
            (self.search("!=", False), there),
            (self.search("=", False), gone),
            (self.search("!=", True), gone),
            (self.search("in", [True, False]), there | gone),
        ):
            self.assertEqual(set(found.ids), set(expected.ids))

    def test_lines_of_deleted_records_do_not_count_for_who_reads_them_all(self):
        auditor = self.lines.with_user(self.auditor)
        mine = [("id", "in", self.lines.ids)]
        self.assertEqual(auditor.search_count(mine), 3)
        self.assertEqual(auditor.search_count([*mine, *auditor._counting_domain()]), 2)
        owner = self.lines.with_user(self.owner)
        self.assertTrue(owner._counting_domain().is_true(), "an owner finds no others anyway")
        self.assertEqual(owner.search_count(mine), 2)

    def test_the_record_itself_and_the_button_to_it(self):
        line = self.line_of(self.mine.id)
        self.assertEqual(line._document(), self.mine)
        self.assertFalse(self.line_of(self.gone_id)._document())
        action = line.action_open_document()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", self.mine.id))
        with self.assertRaises(ValueError):
            self.lines._document()

    def test_who_has_no_part_in_the_deployment_reads_no_line(self):
        line = self.line_of(self.mine.id).with_user(self.other_owner)
        self.assertFalse(line.search([("id", "in", self.lines.ids)]))
        with self.assertRaises(AccessError):
            line.read(["res_id"])
        self.assertNotIn(self.deployment, line._visible_deployments())
        self.assertIn(self.deployment, line.with_user(self.deputy)._visible_deployments())

    def test_inputs_behind_a_hidden_record_are_hidden_on_its_line_alone(self):
        known, hidden = self.env["res.partner"].create([{"name": "Known"}, {"name": "Hidden"}])
        self.mine.partner_id, self.archived.partner_id = known, hidden
        self.env["ir.rule"].create(
            {
                "name": "Not this partner",
                "model_id": self.env["ir.model"]._get("res.partner").id,
                "domain_force": f"[('id', '!=', {hidden.id})]",
            }
        )
        self.env.flush_all()
        specs = {path: spec(key=path, path=path) for path in ("expected_revenue", "partner_id.name")}
        with patch.object(self.env.registry["ai.deployment.version"], "_specs", lambda version: specs):
            found = self.lines.with_user(self.reviewer)._keys_hidden_on_records()
        self.assertEqual(found, {self.line_of(self.archived.id).id: {"partner_id.name"}})
