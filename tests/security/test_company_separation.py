"""Several companies: who administers one changes nothing of another, and nothing that all of them share."""

import base64

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import (
    NOW,
    QUIET,
    AiDeploymentCase,
    approve,
)

STAND_INS = {
    "char": "x",
    "text": "x",
    "date": NOW.date(),
    "datetime": NOW,
    "float": 1.0,
    "integer": 1,
    "binary": b"eA==",
    "many2one_reference": 1,
}
# Models without rows that belong to one company.
# Nobody reads them.
WITHOUT_COMPANY = {
    "ai.deployment.day.count",
    "ai.deployment.edit",
    "ai.deployment.line.state",
    "ai.deployment.outcome",
}


@tagged("post_install", "-at_install")
class TestCompanySeparation(AiDeploymentCase):
    """`Bea` administers company B alone; the deployment of the other tests is one of company A."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.bea = new_test_user(
            cls.env,
            "ai_bea",
            "ai_deployment.group_manager,sales_team.group_sale_salesman_all_leads",
            email="ai_bea@example.com",
            company_id=cls.company_b.id,
            company_ids=cls.company_b.ids,
            context=QUIET,
        )
        cls.everywhere = new_test_user(
            cls.env,
            "ai_everywhere",
            "ai_deployment.group_manager",
            email="ai_everywhere@example.com",
            company_ids=cls.env["res.company"].search([]).ids,
            context=QUIET,
        )
        cls.shared = cls.env.ref("ai_deployment.check_template_standard", raise_if_not_found=False) or cls.env[
            "ai.deployment.check.template"
        ].search([("company_id", "=", False)], limit=1)
        cls.theirs = (
            cls.env["ai.deployment"]
            .with_user(cls.bea)
            .create({"name": "Of B", "purpose": "Tells sellers of B whom to call.", "model_id": cls.lead_model.id})
        )
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    # What all companies share

    def test_the_shared_checklist_is_changed_by_who_has_all_companies(self):
        self.assertTrue(self.shared and self.shared.line_ids)
        row, own = self.shared.line_ids[0], self.shared.copy({"company_id": self.company_b.id})
        more = {"dimension": "business", "code": "new", "name": "New", "requirement": "X"}
        changes = {
            "one person": lambda template: template.write({"one_person": True}),
            "name": lambda template: template.write({"name": "Other"}),
            "archive": lambda template: template.action_archive(),
            "taken over": lambda template: template.write({"company_id": self.company_b.id}),
            "emptied": lambda template: template.write({"line_ids": [Command.clear()]}),
            "row": lambda template: row.with_env(template.env).write({"rule": "by_hand"}),
            "row deleted": lambda template: row.with_env(template.env).unlink(),
            "row added": lambda template: template.write({"line_ids": [Command.create(more)]}),
            "row created": lambda template: row.with_env(template.env).create({**more, "template_id": template.id}),
            "row moved here": lambda template: own.line_ids[0]
            .with_env(template.env)
            .write({"template_id": template.id, "code": "moved"}),
            "deleted": lambda template: template.unlink(),
            "own one shared": lambda template: own.with_env(template.env).write({"company_id": False}),
            "new shared one": lambda template: template.create({"name": "Everybody's"}),
            "translated": lambda template: row.with_env(template.env).update_field_translations(
                "name", {"en_US": "Other"}
            ),
        }
        for name, change in changes.items():
            with self.subTest(change=name), self.assertRaises(AccessError), self.env.cr.savepoint():
                change(self.shared.with_user(self.bea))
        own.with_user(self.bea).one_person = True
        own.line_ids[0].with_user(self.bea).name = "Ours"
        self.assertTrue(self.shared.with_user(self.bea).has_access("read"))
        self.shared.with_user(self.everywhere).name = "For all"

    def test_the_address_for_a_check_outside_is_made_by_who_has_all_companies(self):
        wizards = self.env["ai.deployment.health.address"]
        for action in ("action_make", "action_remove"):
            with self.assertRaises(AccessError):
                getattr(wizards.with_user(self.bea).create({}), action)()
            self.assertTrue(getattr(wizards.with_user(self.everywhere).create({}), action)())

    # The new place is checked

    def test_nothing_is_moved_into_another_company(self):
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.bea).company_id = self.env.company
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.bea).with_context(
                allowed_company_ids=[self.company_b.id, self.env.company.id]
            ).company_id = self.env.company
        self.assertEqual(self.theirs.company_id, self.company_b)
        both = new_test_user(
            self.env,
            "ai_both",
            "ai_deployment.group_manager",
            email="ai_both@example.com",
            company_id=self.company_b.id,
            company_ids=(self.company_b + self.env.company).ids,
            context=QUIET,
        )
        here = {"allowed_company_ids": (self.company_b + self.env.company).ids}
        self.theirs.with_user(both).with_context(**here).company_id = self.env.company
        self.assertEqual(self.theirs.company_id, self.env.company)

    def test_no_row_is_moved_into_a_deployment_of_another_company(self):
        rows = {
            "ai.deployment.feature": {"path": "medium_id", "name": "Medium"},
            "ai.deployment.trigger": {},
            "ai.deployment.channel": {"partner_ids": [Command.set(self.bea.partner_id.ids)]},
            "ai.deployment.review.answer": {"name": "Reason"},
            "ai.deployment.answer.field": {"key": "medium_id"},
            "ai.deployment.edge.case": {"name": "Words", "kind": "words", "words": "x"},
            "ai.deployment.signature": {"role": "it", "user_id": self.reviewer.id},
        }
        for model, values in rows.items():
            with self.subTest(model=model):
                row = self.env[model].with_user(self.bea).create({"deployment_id": self.theirs.id, **values})
                with self.assertRaises(UserError):  # an `AccessError` is one as well
                    row.deployment_id = self.deployment
                self.assertEqual(row.deployment_id, self.theirs)
                with self.assertRaises(AccessError):
                    self.env[model].with_user(self.bea).create({"deployment_id": self.deployment.id, **values})

    # Dialogs are their own

    def transient_models(self):
        return sorted(
            name
            for name, model in self.env.registry.items()
            if name.startswith("ai.deployment") and model._transient and not model._abstract
        )

    def test_every_dialog_is_seen_by_who_opened_it_alone(self):
        """Over all dialogs of the addon: the rule is there, for everybody, and it works."""
        values = {
            "deployment_id": self.deployment.id,
            "check_id": self.deployment.check_ids[:1].id,
            "alert_ids": [Command.set(self.env["ai.deployment.alert"]._raise(self.deployment, "x", name="X").ids)],
            "user_id": self.owner.id,
            "version_id": self.version.id,
            "wizard_id": self.env["ai.deployment.suggest"].sudo().create({"deployment_id": self.deployment.id}).id,
            "move_id": self.env["account.move"].create({"move_type": "entry"}).id,
            "endpoint_id": self.env["ai.deployment.endpoint"]
            .create({"name": "Endpoint", "address": "https://models.example.com"})
            .id,
        }
        self.assertGreaterEqual(len(self.transient_models()), 16)
        for name in self.transient_models():
            with self.subTest(model=name):
                model = self.env[name].sudo()
                rules = self.env["ir.rule"].sudo().search([("model_id.model", "=", name), ("groups", "=", False)])
                own = rules.filtered(lambda rule: "create_uid" in (rule.domain_force or ""))
                self.assertTrue(own and own.perm_read and own.perm_write and own.perm_unlink)
                given = {
                    field: values.get(field, STAND_INS.get(self.env[name]._fields[field].type))
                    for field in model._fields
                    if model._fields[field].required or field in values
                }
                for field in given:
                    if self.env[name]._fields[field].type == "selection":
                        given[field] = self.env[name]._fields[field].get_values(self.env)[0]
                given = {field: value for field, value in given.items() if value is not None}
                row = model.with_user(self.manager).sudo().create(given).sudo(False)
                self.assertEqual(row.create_uid, self.manager)
                for person in (self.bea, self.everywhere):
                    self.assertFalse(row.with_user(person).has_access("read"))
                    if model.with_user(person).sudo(False).has_access("read"):
                        self.assertNotIn(row, model.with_user(person).sudo(False).search([]))

    def test_files_channels_and_mute_dialogs_of_another_company_are_unreadable(self):
        alert = self.env["ai.deployment.alert"]._raise(self.deployment, "x", name="Secret of A")
        mute = (
            self.env["ai.deployment.alert.mute"]
            .with_user(self.owner)
            .create({"alert_ids": [Command.set(alert.ids)], "reason": "Secret of A"})
        )
        imported = (
            self.env["ai.deployment.version.import"]
            .with_user(self.manager)
            .create(
                {"deployment_id": self.deployment.id, "file": base64.b64encode(b"model of A"), "file_name": "a.skops"}
            )
        )
        channel = self.env["ai.deployment.channel"].create(
            {"deployment_id": self.deployment.id, "partner_ids": [Command.set(self.owner.partner_id.ids)]}
        )
        version = self.keep(self.deployment, self.card(), pipeline_file=base64.b64encode(b"model of A"))
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "ai.deployment.version"),
                    ("res_id", "=", version.id),
                    ("res_field", "=", "pipeline_file"),
                ]
            )
        )
        for row, names in (
            (mute, ["reason", "alert_ids"]),
            (imported, ["file", "file_name"]),
            (channel, ["name", "partner_ids"]),
            (version, ["pipeline_file"]),
            (alert, ["name"]),
            (attachment, ["datas"]),
        ):
            with self.subTest(model=row._name):
                self.assertTrue(row)
                with self.assertRaises(AccessError):
                    row.with_user(self.bea).read(names)
                self.assertFalse(row.with_user(self.bea).search([("id", "in", row.ids)]))
        with self.assertRaises(AccessError):
            mute.with_user(self.bea).action_mute()

    def test_every_model_has_a_rule_of_its_company(self):
        for name, model in sorted(self.env.registry.items()):
            if not name.startswith("ai.deployment") or model._abstract or model._transient or name in WITHOUT_COMPANY:
                continue
            with self.subTest(model=name):
                rules = self.env["ir.rule"].sudo().search([("model_id.model", "=", name), ("groups", "=", False)])
                self.assertTrue(
                    any(
                        "company_id" in (rule.domain_force or "") and rule.perm_read and rule.perm_write
                        for rule in rules
                    )
                )

    def test_the_deployment_of_another_company_is_out_of_reach(self):
        approve(self.theirs)
        for person, other in ((self.bea, self.deployment), (self.manager, self.theirs)):
            own = other.with_user(person)
            self.assertFalse(own.has_access("read"))
            for call in ("suspend", "action_suspend", "action_extend", "action_hand_over", "action_look_at_checklist"):
                with self.subTest(person=person.login, call=call), self.assertRaises(AccessError):
                    getattr(own, call)()
